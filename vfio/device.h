/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFIO_DEVICE_H
#define VFIO_DEVICE_H

/* A VFIO PCI device: descriptor, regions with their mappable areas, interrupts, reset. */

#include "vfio/group.h"
#include "vfio/reset.h"
#include "vmm/base/bdf.h"

#define VFIO_MAX_AREAS 8

struct vfio_area {
	uint64_t offset, size; /* inside the region; multiples of the host page */
	void *host;            /* NULL: not mapped */
};

struct vfio_region {
	uint64_t size, offset; /* offset: in the device's descriptor */
	bool readable, writable, mappable;
	bool msix_mappable;                     /* the MSI-X table may be part of a mapping */
	struct vfio_area areas[VFIO_MAX_AREAS]; /* what may be mapped */
	uint32_t nareas;
};

#define VFIO_DEVICE_REGIONS 9 /* VFIO_PCI_NUM_REGIONS */
#define VFIO_DEVICE_IRQS 5    /* VFIO_PCI_NUM_IRQS */

struct vfio_device {
	int fd; /* -1: not open */
	char bdf[BDF_LEN];
	bool can_reset; /* alone */
	bool by_bus;    /* it is reset by its bus */
	enum vfio_reset how;
	struct vfio_group *group; /* borrowed */
	struct vfio_region regions[VFIO_DEVICE_REGIONS];
	uint32_t irq_count[VFIO_DEVICE_IRQS];
};

/*
 * Opens a function of an opened group. 0; or -errno after one logged line, and nothing stays open. The
 * function has been reset; a line says when that was by its bus, or not possible.
 */
int vfio_device_open(struct vfio_device *d, struct vfio_group *g, const char *bdf,
		     enum vfio_reset how);

/* Unmaps first, then closes the descriptor. */
void vfio_device_close(struct vfio_device *d);

/* A reset as it was found possible at the opening. 0; -ENOTSUP: none is possible, or wanted. */
int vfio_device_reset(struct vfio_device *d);

/* Map one area of a region into this process, where KVM can use large pages: vmm/base/guest_map.h. */
int vfio_device_map_area(struct vfio_device *d, int region, uint32_t area);

/* Trapped access: @size 1, 2, 4, 8; little-endian value. A read that fails answers all ones. */
uint64_t vfio_device_read(struct vfio_device *d, int region, uint64_t off, uint32_t size);
void vfio_device_write(struct vfio_device *d, int region, uint64_t off, uint32_t size,
		       uint64_t value);

/*
 * Interrupts of kind @index (VFIO_PCI_*_IRQ_INDEX): @fds of @n vectors trigger eventfds; n = 0
 * disables the kind. 0 or -errno.
 */
int vfio_device_set_irqs(struct vfio_device *d, uint32_t index, const int *fds, uint32_t n);

/* INTx only: unmask now, or whenever @eventfd is signalled. */
int vfio_device_unmask_intx(struct vfio_device *d);
int vfio_device_unmask_intx_on(struct vfio_device *d, int eventfd);

#endif
