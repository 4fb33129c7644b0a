/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_WINDOW_H
#define SPHAPR_WINDOW_H

/*
 * A DMA window: a range of bus addresses of a PE with one TCE table, named by a LIOBN.
 *
 * tces[] holds what the guest put, in host order, and is the single truth: KVM's own table through
 * its mapping when KVM has one, else memory of ours. What the device really reaches is the backend's
 * matter: vfio/window.c for a host device; a backend without map/unmap for emulated devices, which
 * translate through tces[] themselves (tce_user.h).
 *
 * tces[] may change under us: KVM's H_PUT_TCE runs without the machine lock. Read an entry once.
 */

#include "vmm/base/types.h"

#define TCE_READ 0x1ULL  /* the device may read */
#define TCE_WRITE 0x2ULL /* the device may write */
#define TCE_PERM (TCE_READ | TCE_WRITE)
#define TCE_BULK_MAX 512u /* entries of one H_PUT_TCE_INDIRECT or H_STUFF_TCE */

struct dma_window {
	uint32_t liobn;
	uint32_t page_shift; /* log2 of the guest's IOMMU page */
	ioba_t start;        /* bus address of the first page; a multiple of the page */
	uint64_t npages;     /* pages of 1 << page_shift; a power of two */
	uint64_t *tces;      /* npages entries; the backend's */
	void *priv;          /* the backend's */
	uint32_t levels;     /* of the host's table; 0: there is none; the backend's */
	bool in_kernel;      /* KVM serves H_PUT_TCE for it; the backend's */
	bool kvm_reads;      /* KVM serves H_GET_TCE for it; the backend's */
	bool is_counted;     /* by spapr_count_mapped(), so many: */
	uint64_t mapped;     /* pages */
};

/* What the host can do for one PE. */
struct dma_caps {
	uint64_t page_sizes;   /* mask of bytes: bit 12 = 4 KiB. Already limited by RAM's backing */
	uint32_t max_windows;  /* 1 or 2 at a time, the default included */
	bool one_dynamic;      /* one dynamic window at most, even when the default is gone */
	uint64_t max_pages;    /* largest table the host can build, in entries */
	ioba_t default_start;  /* where a window lands while nothing else is there */
	uint64_t default_size; /* bytes; power of two */
	ioba_t second_start; /* where a window lands while default_start is taken: a guess, 0 = none;
				  open() gives the real start, which the guest is told */
	bool limited;        /* all windows can lie in one table, at low addresses: frame() */
	int64_t group;       /* of the host, whose devices these are; -1: none of the host's */
};

struct dma_backend_ops {
	/*
	 * The host makes and clears the window's table, in as much time as the table is large, so no
	 * machine lock is needed: w->page_shift, npages and start are wishes, of which start may be
	 * changed to what the host dictates. 0: open() comes next. -errno: nothing is left behind.
	 * NULL: the host has no table.
	 */
	int (*make)(void *ctx, struct dma_window *w);
	/*
	 * Make the window real for the guest, after make(); without make() start is a wish here.
	 * Sets tces (all zero) and priv. 0 or -errno, with nothing of make() left behind either.
	 */
	int (*open)(void *ctx, struct dma_window *w);
	/*
	 * Called before close(), when nobody knows the window's LIOBN any more: a table of KVM's,
	 * which answers the window's calls without us, goes, and tces with it. The machine lock is
	 * held, and may be given up; close() does not need the lock. NULL: there is nothing to do.
	 */
	void (*detach)(void *ctx, struct dma_window *w);
	/* Removes the window, with all that is mapped in it. After detach(). */
	void (*close)(void *ctx, struct dma_window *w);
	/*
	 * map and unmap: both, or neither (NULL). @ioba and @size (not 0) are inside the window,
	 * multiples of its page; @gpa is RAM of one bank; @perm is TCE_READ or TCE_READ |
	 * TCE_WRITE. Replaces what was there. 0 or -errno: then each page of the range is as it
	 * was, or empty.
	 */
	int (*map)(void *ctx, struct dma_window *w, ioba_t ioba, gpa_t gpa, uint64_t size,
		   uint64_t perm);
	/* Pages that are not mapped are no error. */
	int (*unmap)(void *ctx, struct dma_window *w, ioba_t ioba, uint64_t size);
	/*
	 * Called while no window is open: the next ones lie in one table of the host of @size bytes,
	 * with 4K pages, from default_start on; open() takes their start as it is, and close() wants
	 * them empty. @size 0, which cannot fail: each has a table of its own, as at first. 0 or
	 * -errno. NULL: this backend gives each window the start it wishes for, at any time.
	 */
	int (*frame)(void *ctx, uint64_t size);
	/* What errno of a failed open() means on this host, for the log. NULL: what it says. */
	void (*why)(void *ctx, int err, char *text, size_t size);
};

#endif
