/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_BACKEND_NET_SLIRP_CALLS_H
#define DEVICES_BACKEND_NET_SLIRP_CALLS_H

/* The calls that libslirp and its loop may make: slirp_calls.c, and what is done in place of some. */

#include "vmm/base/callfilter.h"

extern const struct call_program slirp_program;
extern const struct call_served slirp_served[];

/*
 * libslirp reads /etc/resolv.conf when a guest first asks for a name, but the process may open no file
 * then. So descriptor 0 becomes that file, as it is now, and stands for whatever is opened later.
 * 0, also when there is no such file; or -errno.
 */
int slirp_keep_name_servers(void);

#endif
