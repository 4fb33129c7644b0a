/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFIO_SHARE_H
#define VFIO_SHARE_H

/* Who may open a group's device node, which the kernel makes for root alone. */

#include "vmm/base/types.h"

/**
 * vfio_group_share - members of a group of users may open /dev/vfio/@id
 * @gid: that group, by number
 * The node is there once vfio-pci has a function of the IOMMU group, and goes away with the last one,
 * so there is nothing to undo. udev gives each new node to root: it is waited for first.
 * Return 0 or -errno, logged.
 */
int vfio_group_share(int id, uint32_t gid);

#endif
