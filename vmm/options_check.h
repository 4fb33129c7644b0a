/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_OPTIONS_CHECK_H
#define VMM_OPTIONS_CHECK_H

/*
 * What a type and a range cannot say. The checks of one value stand in the key tables of options.c
 * (conf_key.check); options_check_all() judges values together.
 */

#include "vmm/base/conf.h"
#include "vmm/options.h"

int check_console(struct conf_value *v); /* stdio, pty, none, file:PATH, unix:PATH; resolves PATH */
int check_pci_host(struct conf_value *v); /* dddd:bb:dd.f; made lower case */
int check_mac(struct conf_value *v);      /* six bytes of one station; made lower case */
int check_forward(struct conf_value *v);

/* tcp:127.0.0.1:2222-:22: protocol, host address and port, guest address and port. */
struct forward {
	bool udp;
	uint32_t host_addr; /* IPv4, host byte order; 0: all */
	uint16_t host_port;
	uint32_t guest_addr; /* 0: the guest's first one */
	uint16_t guest_port;
};

/* Return 0 or -EINVAL. An address may be left out, a port may not. */
int forward_parse(const char *text, struct forward *f);

/* Values that do not go together, devices that are there twice. Notes what it finds in @c. */
void options_check_all(struct conf *c, const struct options *opt);

#endif
