/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFIO_GROUP_H
#define VFIO_GROUP_H

/* A VFIO group: viability, and membership in its container. One opener at a time. */

#include "vfio/container.h"

struct vfio_group {
	int fd; /* -1: not open */
	int id;
	bool attached;
	struct vfio_container *container; /* borrowed */
};

/**
 * group_open - open /dev/vfio/@id and put it into @c
 * @who: host address for messages
 * Return 0, or -errno after one logged line; then nothing stays open.
 */
int group_open(struct vfio_group *g, struct vfio_container *c, int id, const char *who);

/* Leaves the container; every device descriptor of the group must be closed (-EBUSY else, said). */
void group_close(struct vfio_group *g);

/* Name of a function of the group that the host still drives, into @bdf; false: there is none. */
bool group_find_host_driven(int id, char *bdf, size_t size, char *driver, size_t driver_size);

#endif
