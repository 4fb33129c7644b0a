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
 * @who: a function of the group, for messages
 * Return 0; or -errno with its reason in @f, and nothing stays open. Nothing is logged.
 */
int vfio_group_open(struct vfio_group *g, struct vfio_container *c, int id, const char *who,
		    struct finding *f);

/* Leaves the container; every device descriptor of the group must be closed (-EBUSY else, logged). */
void vfio_group_close(struct vfio_group *g);

/* A descriptor of /dev/vfio/@id, the caller's; or -errno with its reason in @f. */
int vfio_group_open_node(int id, const char *who, struct finding *f);

/*
 * May function @bdf keep its driver while the group is ours? 0; -EBUSY the host drives it. @f has the
 * driver, or the reason.
 */
int vfio_group_member(int id, const char *who, const char *bdf, struct finding *f);

#endif
