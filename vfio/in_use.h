/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFIO_IN_USE_H
#define VFIO_IN_USE_H

/*
 * What the host itself uses a PCI function for: a disk that is mounted, swap, part of another one, or
 * claimed in any other way; a network card that is up with an address or a route, or is part of a
 * bridge, bond or VLAN; the screen of the host's console; virtual functions of it.
 */

#include "vmm/base/types.h"

/* Is the function in use? Then @why has one line for the user ("/dev/nvme0n1p2 is mounted: ..."). */
bool vfio_in_use(const char *bdf, char *why, size_t size);

#endif
