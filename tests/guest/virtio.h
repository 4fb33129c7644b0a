/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GUEST_VIRTIO_H
#define GUEST_VIRTIO_H

/*
 * A driver for any virtio 1.x device over PCI, as far as abusing one needs it: virtio.c finds the
 * devices and sets up one queue; virtio_abuse.c is the topic. Rings are in machine.scratch.
 */

#include "guest.h"

#define V_QUEUE 16u /* descriptors */

enum {
	V_DESC = 0x0,
	V_AVAIL = 0x2000,
	V_USED = 0x3000,
	V_OTHER = 0x4000, /* the rings of a second queue: so far behind */
	V_TABLE = 0x8000,
	V_DATA = 0x20000,
};

enum { D_NEXT = 1, D_WRITE = 2, D_INDIRECT = 4 };
enum { S_ACK = 1, S_DRIVER = 2, S_DRIVER_OK = 4, S_FEATURES_OK = 8, S_NEEDS_RESET = 0x40 };
enum {
	R_DFSELECT = 0,
	R_DF = 4,
	R_GFSELECT = 8,
	R_GF = 12,
	R_NUMQ = 18,
	R_STATUS = 20,
	R_QSELECT = 22,
	R_QSIZE = 24,
	R_QENABLE = 28,
	R_QNOFF = 30,
	R_QDESC = 32,
	R_QAVAIL = 40,
	R_QUSED = 48
};

struct vdev {
	const struct function *f;
	uint32_t type;                             /* 2: block */
	uint64_t bar, common, isr, config, notify; /* guest addresses */
	uint32_t notify_step;
	uint32_t queue; /* the one that is set up */
	uint16_t avail;
};

/* The @i-th virtio function of the tree, its BAR mapped. */
bool vdev_open(struct vdev *d, unsigned int i);

void vdev_set_master(const struct vdev *d, bool master);

uint64_t vdev_read(const struct vdev *d, uint64_t at, uint32_t size);
void vdev_write(const struct vdev *d, uint64_t at, uint32_t size, uint64_t value);

/* Does the device come back from a reset in time? */
bool vdev_reset(struct vdev *d);
/* From reset to DRIVER_OK with queue @q on empty rings; @indirect: take that feature. */
bool vdev_start(struct vdev *d, uint32_t q, bool indirect);
/* The same with another queue beside it, on rings of its own. */
bool vdev_start_two(struct vdev *d, uint32_t q, uint32_t other);
bool vdev_is_broken(const struct vdev *d);

uint64_t vdev_gpa(uint32_t off); /* of a place in the scratch area */
void vdev_desc(uint32_t table, uint32_t i, uint64_t addr, uint32_t len, uint32_t flags,
	       uint32_t next);
void vdev_offer(struct vdev *d, uint16_t head);
uint16_t vdev_used(void); /* the index that the device shows */
void vdev_notify(const struct vdev *d, uint32_t q);
/*
 * Wait until the device is broken: -1; has used more than @used entries: 1; or a time is over: 0.
 * The time is long if the caller expects one of the first two (@must), as the host may be busy.
 */
int vdev_wait(const struct vdev *d, uint16_t used, bool must);

#endif
