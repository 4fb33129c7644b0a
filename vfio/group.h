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
 * vfio_group_open - open /dev/vfio/@id and put it into @c
 * @who: host address for messages
 * Return 0, or -errno after one logged line; then nothing stays open.
 */
int vfio_group_open(struct vfio_group *g, struct vfio_container *c, int id, const char *who);

/* Leaves the container; every device descriptor of the group must be closed (-EBUSY else, said). */
void vfio_group_close(struct vfio_group *g);

/* A driver with which a group is viable: none, VFIO's own, and those that leave the device alone.
 */
bool vfio_group_harmless(const char *driver);

/**
 * vfio_group_viable - will the group be ours alone?
 * @taken: true for a function that will have left its driver by then; NULL: none will
 * Return 0; -EBUSY after one logged line: the host drives one of its functions.
 */
int vfio_group_viable(int id, const char *who, bool (*taken)(void *ctx, const char *bdf), void *ctx);

#endif
