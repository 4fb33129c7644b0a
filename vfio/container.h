/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFIO_CONTAINER_H
#define VFIO_CONTAINER_H

/*
 * A VFIO container with the SPAPR TCE v2 driver: memory registration, windows, TCE updates.
 *
 * Life: opened -> a group joins (group.h) -> vfio_container_start() makes it v2 -> memory registered,
 * windows made, pages mapped. When its last group leaves, the kernel forgets all of it. One group
 * a container here: detaching one of several would clear the others' TCEs.
 *
 * Source: linux/vfio.h; Documentation/driver-api/vfio.rst "PPC64 sPAPR implementation note".
 */

#include "vmm/base/finding.h"
#include "vmm/base/types.h"

#define VFIO_CONTAINER_MAX_REGIONS 8

struct vfio_eeh_pe_err;

struct vfio_region_reg {
	void *host;
	uint64_t size; /* bytes */
};

struct vfio_container {
	int fd; /* -1: not open */
	bool started;
	struct vfio_region_reg regs[VFIO_CONTAINER_MAX_REGIONS];
	int nregs;
	/* GET_INFO */
	uint64_t dma32_start, dma32_size; /* bytes */
	uint64_t pgsizes;                 /* mask of bytes */
	uint32_t max_windows, levels;
};

/* 0; or -errno; the reason of either is in @f, and nothing is logged. */
int vfio_container_open(struct vfio_container *c, struct finding *f);

/* Has this host what vfio_container_open() needs? The same answers, and nothing stays open. */
int vfio_container_probe(struct finding *f);

/*
 * To be called after a group joined: SET_IOMMU(v2), GET_INFO, the pending default window cancelled.
 * @who: a function of the group, for messages. 0; -errno with its reason in @f.
 */
int vfio_container_start(struct vfio_container *c, const char *who, struct finding *f);

/* Closes the descriptor. The kernel drops what is still registered with the last group. */
void vfio_container_close(struct vfio_container *c);

/* Pin [host, host + size) for DMA: multiples of the host page. 0 or -errno, silently. */
int vfio_container_register(struct vfio_container *c, void *host, uint64_t size);

/* Undoes all registrations, in reverse. 0; -EBUSY some memory is still mapped by a TCE. */
int vfio_container_unregister_all(struct vfio_container *c);

/**
 * vfio_container_window_create - make a DMA window
 * @page_shift: log2 of the IOMMU page in bytes; one bit of pgsizes
 * @size:       in BYTES, a power of two
 * @start:      out, first IOBA; the host chooses it
 * @levels:     out, of its table
 * Return 0; -EINVAL shift or size not offered; -ENOSPC no window left; else -errno of the ioctl.
 * vfio_container_window_remove() undoes it, while a group is still attached.
 */
int vfio_container_window_create(struct vfio_container *c, uint32_t page_shift, uint64_t size,
				 ioba_t *start, uint32_t *levels);
int vfio_container_window_remove(struct vfio_container *c, ioba_t start);

/* What the errno of vfio_container_window_create() means: on bare metal most are statuses of OPAL. */
void vfio_container_create_why(const struct vfio_container *c, int err, char *text, size_t size);

/*
 * The caller has judged [@ioba, @ioba + @size) by the window: the kernel looks at the start only.
 * 0 or -errno, silently.
 */
int vfio_container_map(struct vfio_container *c, ioba_t ioba, void *host, uint64_t size,
		       bool write);
int vfio_container_unmap(struct vfio_container *c, ioba_t ioba, uint64_t size);

/* VFIO_EEH_PE_OP; >= 0 or -errno. */
int vfio_container_eeh(struct vfio_container *c, uint32_t op);
/* VFIO_EEH_PE_INJECT_ERR; 0, -ENOENT: the host cannot, -errno. */
int vfio_container_inject(struct vfio_container *c, const struct vfio_eeh_pe_err *err);
bool vfio_container_has_eeh(const struct vfio_container *c);

#endif
