/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_DDW_H
#define SPHAPR_DDW_H

/*
 * The DMA windows of one PE (one virtual PHB has one PE): the default 32-bit window that the tree
 * names, and dynamic ones that the guest makes by RTAS.
 *
 * States, and the call that enters each:
 *   DEFAULT   the default window alone            reset; remove of the dynamic one in BOTH
 *   BOTH      default and a dynamic window        create in DEFAULT
 *   NONE      no window                           remove of the default in DEFAULT
 *   REPLACED  one dynamic window, no default      create in NONE; remove of the default in BOTH
 *   TWO       two dynamic windows, no default     create in REPLACED
 * Removing the last dynamic window of REPLACED brings the default back (LoPAR), with the same
 * LIOBN, place and size. Every window is empty when it appears. A PE whose host has one window at a
 * time (caps.max_windows) knows DEFAULT, NONE and REPLACED only; one with a single dynamic window
 * (caps.one_dynamic) does not know TWO. When the host refuses to give the
 * default back, the PE stays in NONE; the next reset tries again.
 *
 * Where a window lands is the host's decision: the slot, not the size, has a bus address (on
 * PowerNV slot 0 is at 0, slot 1 at 1 << 59). So:
 *
 *  - A dynamic window made after the default was removed lands at 0, and ends at 2 GiB at the
 *    latest: above are the bus addresses of the PHB's 32-bit BARs, and a bridge does not pass a
 *    device's request for those on to memory. Linux maps RAM one to one without leaving them out.
 *  - In limited addressing mode (LoPAR 2.13: for devices of 33 to 63 address bits) the dynamic
 *    window lands at 4 GiB, whichever slot is free: the host makes one table of 4K pages at 0 that
 *    both windows lie in. There is one dynamic window then; the states are those above. Entered
 *    by a fourth argument of ibm,reset-pe-dma-window, left by every other reset.
 *    Linux has queried before it enters, so pages and size are offered alike in both modes. The
 *    default window goes for a moment: refused while a page is mapped in it, which another
 *    function may be using. A device with just as many address bits as RAM has does not reach the
 *    window's end; nobody tells how many it has.
 *
 * To empty a window or take it away lasts as long as its table is large, seconds for one over TiB of
 * RAM. On behalf of a guest (@busy is set) the host does it without the machine lock: the window is
 * found by nobody from before until after that, and the PE's other calls wait, see ddw_wait_idle().
 *
 * Source: LoPAR 2.8 "ibm,query-pe-dma-window", "ibm,create-pe-dma-window",
 * "ibm,remove-pe-dma-window", "Extensions to Dynamic DMA Windows".
 */

#include "sphapr/platform.h"
#include "sphapr/window.h"
#include "vmm/base/gmem.h"

#define DDW_MAX_WINDOWS 2
#define DDW_LIOBN_FLAG 0x80000000ull /* in each LIOBN */
#define DDW_LIOBN_PHB_SHIFT 8 /* of the PHB's number; what is below it tells windows of one PE apart */
#define DDW_LOW_END (2 * GiB) /* bus addresses from here to 4 GiB are the PHB's 32-bit BARs */
#define DDW_HIGH_START (4 * GiB)

struct pe_dma {
	const struct dma_backend_ops *ops; /* NULL: this PE does no DMA through windows */
	void *ctx;
	struct dma_caps caps;
	uint32_t liobn_base; /* the default window's LIOBN */
	bool ddw;            /* dynamic windows are offered to the guest */
	bool has_default;    /* it is windows[0] then */
	bool limited;        /* limited addressing mode */
	bool soiled;         /* in it a window went and its pages did not: no other is made there */
	struct dma_window windows[DDW_MAX_WINDOWS];
	bool live[DDW_MAX_WINDOWS]; /* found by its LIOBN; one that is being closed is not */
	const struct spapr_platform *busy; /* a guest's call acts on the windows, and gives the lock
					      up by this; NULL: none does */
	uint32_t warnings; /* said so far */
};

struct ddw_query {
	uint32_t windows;   /* how many more can be made */
	uint64_t largest;   /* pages of the largest size in the mask; a power of two, or 0 */
	uint32_t page_mask; /* PAPR's: bit 0 4K, 1 64K, 2 16M, ..., 8 2M */
	uint32_t migration;
};

/*
 * The default window comes into being. 0; -EINVAL senseless caps; or -errno of the backend, with
 * nothing left. @caps are the backend's answer, copied; @ops and @ctx are borrowed. Without @ops
 * (NULL, and @caps is not looked at) there is no window ever.
 */
int pe_dma_init(struct pe_dma *pe, const struct dma_backend_ops *ops, void *ctx,
		const struct dma_caps *caps, uint32_t phb_index, bool ddw);

/* Tolerates one that never was initialised (zeroed), or was closed. */
void pe_dma_close(struct pe_dma *pe);

/*
 * Until no call of another vCPU acts on the windows: before one looks at them, or at the host's tables
 * behind them (Linux looks for a table without a lock while VFIO_IOMMU_SPAPR_TCE_REMOVE frees one).
 * The lock is given up meanwhile.
 */
void ddw_wait_idle(const struct pe_dma *pe, const struct spapr_platform *plat);

/* The window @liobn names; NULL: none. The pointer is good until the window goes. */
struct dma_window *pe_dma_find(struct pe_dma *pe, uint32_t liobn);

/*
 * What create will accept. The largest window is what covers the highest RAM address: no larger
 * one is promised. Nothing at all without ddw.
 */
void pe_dma_query(const struct pe_dma *pe, const struct gmem *mem, struct ddw_query *q);

/*
 * 0 and the window; -EINVAL: not offered, or no more windows (RTAS -3); any other -errno: the host
 * refused (RTAS -1), which has been logged, and nothing has changed.
 */
int pe_dma_create(struct pe_dma *pe, const struct gmem *mem, uint32_t page_shift,
		  uint32_t window_shift, struct dma_window **out);

/* 0; -ENOENT no such window. */
int pe_dma_remove(struct pe_dma *pe, uint32_t liobn);

/*
 * Dynamic windows gone, the default back and empty: the guest's reset call, a partition reboot, DR
 * isolate. 0, or -errno: there is no window now.
 */
int pe_dma_reset(struct pe_dma *pe);

/*
 * As reset, and dynamic windows have low addresses until the next reset. 0; -EINVAL not offered
 * (RTAS -3); any other -errno: logged, and the PE is as after a reset, or as before when it is
 * -EBUSY: pages are mapped in the default window.
 */
int pe_dma_limit(struct pe_dma *pe, const struct gmem *mem);

/* A warning about @w, of which there are only so many for one PE: guests can cause them. */
void pe_dma_warn(struct pe_dma *pe, const struct dma_window *w, const char *what, int err);

/* Why the host refused a window, for the log: the backend's words, or those for -@err. */
void pe_dma_why(const struct pe_dma *pe, int err, char *text, size_t size);

/*
 * Values of the tree's properties, in host order; the number of cells, 0 = leave the property out.
 *   ibm,dma-window       LIOBN, start hi, lo, size hi, lo (the default window's, removed or not)
 *   ibm,ddw-applicable   tokens of query, create, remove
 *   ibm,ddw-extensions   how many follow; token of reset; 1 = query has 6 outputs; 1 = limited
 *                        addressing, left out where there is none
 */
#define DDW_FDT_MAX_CELLS 5
size_t ddw_fdt_dma_window(const struct pe_dma *pe, uint32_t *cells);
size_t ddw_fdt_applicable(const struct pe_dma *pe, uint32_t *cells);
size_t ddw_fdt_extensions(const struct pe_dma *pe, uint32_t *cells);

#endif
