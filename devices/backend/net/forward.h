/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_BACKEND_NET_FORWARD_H
#define DEVICES_BACKEND_NET_FORWARD_H

/* A port of the host that leads into the guest: "tcp:127.0.0.1:2222-:22", "tcp:[::1]:2222-:22". */

#include "vmm/base/types.h"

#include <netinet/in.h>

/* As the socket calls take it. */
union net_endpoint {
	struct sockaddr any;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
};

/* Both sides speak the same version of IP. */
struct net_forward {
	bool udp;
	union net_endpoint host;  /* the address 0: all of this version */
	union net_endpoint guest; /* the address 0: the guest's first one */
};

/*
 * Return 0 or -EINVAL. An address may be left out, a port may not. IPv6 addresses stand in
 * brackets; a side without an address is of the other's version, and both without are IPv4.
 */
int net_forward_parse(const char *text, struct net_forward *f);

/* Do both want the same port of the host? IPv6 takes none of IPv4's. */
bool net_forward_collides(const struct net_forward *a, const struct net_forward *b);

#endif
