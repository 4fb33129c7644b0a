/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_BACKEND_NET_SLIRP_FILTER_H
#define DEVICES_BACKEND_NET_SLIRP_FILTER_H

/*
 * The host's own services, those that listen on a loopback address only, are none of the guest's
 * business unless the configuration says so. libslirp itself refuses only what goes to 10.0.2.2. A
 * guest may as well write 127.0.0.1, or one of the other names that the host's kernel has for its
 * loopback, and libslirp would connect there.
 */

#include "vmm/base/types.h"

/* Is the frame for an address that the host's kernel would take for itself by definition? */
bool slirp_frame_is_for_loopback(const uint8_t *frame, size_t len);

#endif
