/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_BACKEND_NET_SLIRP_CALLS_H
#define DEVICES_BACKEND_NET_SLIRP_CALLS_H

/* What libslirp and its loop need of the kernel once they serve, and not a call more. */

#include "vmm/base/callfilter.h"

extern const struct call_rule slirp_calls[];
extern const size_t slirp_ncalls;

/*
 * libslirp reads /etc/resolv.conf when a guest first asks for a name, but the process may open no file
 * then. So descriptor 0 becomes that file, as it is now, and stands for whatever is opened later.
 * 0, also when there is no such file; or -errno.
 */
int slirp_keep_name_servers(void);

#endif
