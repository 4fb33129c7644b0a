/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_NET_FORWARD_H
#define DEVICES_NET_FORWARD_H

/* A port of the host that leads into the guest: "tcp:127.0.0.1:2222-:22". */

#include "vmm/base/types.h"

struct net_forward {
	bool udp;
	uint32_t host_addr; /* IPv4, host byte order; 0: all */
	uint16_t host_port;
	uint32_t guest_addr; /* 0: the guest's first one */
	uint16_t guest_port;
};

/* Return 0 or -EINVAL. An address may be left out, a port may not. */
int net_forward_parse(const char *text, struct net_forward *f);

/* Do both want the same port of the host? */
bool net_forward_collides(const struct net_forward *a, const struct net_forward *b);

#endif
