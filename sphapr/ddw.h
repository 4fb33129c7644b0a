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
 * (caps.one_dynamic) does not know TWO. When the host refuses to give the default back, the PE stays
 * in NONE; the next reset tries again.
 *
 * Where a window lands is the host's decision: the slot, not the size, has a bus address (on
 * PowerNV slot 0 is at 0, slot 1 at 1 << 59). So:
 *
 *  - A dynamic window made after the default was removed lands at 0, and ends at 2 GiB at the
 *    latest: above are the bus addresses of the PHB's 32-bit BARs, and a bridge does not pass a
 *    device's request for those on to memory. Linux maps RAM one to one without leaving them out.
 *  - In limited addressing mode (LoPAR 2.13: for devices of 33 to 63 address bits) the dynamic
 *    window lands at 4 GiB, whichever slot is free: the host makes one table of 4K pages at 0 that
 *    both windows lie in. There is one dynamic window then; the states are those above. A fourth
 *    argument of ibm,reset-pe-dma-window enters the mode, every other reset leaves it.
 *    Linux has queried before that call, so both modes offer the same pages and size. To enter, the
 *    default window goes for a moment; the call is refused while a page is mapped there, which
 *    another function may be using. A device with just as many address bits as RAM has does not
 *    reach the window's end; nothing says how many a device has.
 *
 * To empty or remove a window takes as long as its table is large, seconds for TiB of RAM. For a
 * guest (dma_busy is set) the host does so without the machine lock: no LIOBN finds the window from
 * before until after that, and other calls about the PE wait, see ddw_wait_idle().
 *
 * Source: LoPAR 2.8 "ibm,query-pe-dma-window", "ibm,create-pe-dma-window",
 * "ibm,remove-pe-dma-window", "Extensions to Dynamic DMA Windows".
 */

#include "sphapr/pe.h"
#include "vmm/base/gmem.h"

#define DDW_LIOBN_FLAG 0x80000000ull /* in each LIOBN */
#define DDW_LIOBN_PHB_SHIFT 8 /* of the PHB's number; the bits below tell its PE's windows apart */
#define DDW_LOW_END (2 * GiB) /* bus addresses from here to 4 GiB are the PHB's 32-bit BARs */
#define DDW_HIGH_START (4 * GiB)

struct ddw_query {
	uint32_t windows;   /* how many more can be made */
	uint64_t largest;   /* pages of the largest size in the mask; a power of two, or 0 */
	uint32_t page_mask; /* PAPR's: bit 0 4K, 1 64K, 2 16M, ..., 8 2M */
	uint32_t migration;
};

/* Names of the calls, by which the tree finds their tokens. */
#define DDW_QUERY "ibm,query-pe-dma-window"
#define DDW_CREATE "ibm,create-pe-dma-window"
#define DDW_REMOVE "ibm,remove-pe-dma-window"
#define DDW_RESET "ibm,reset-pe-dma-window"

/**
 * pe_dma_init - begin a PE, with its default window
 * @ops, @ctx: the backend, borrowed; NULL: the PE never has a window, and @caps is not looked at
 * @caps:      the backend's answer, copied
 * @ddw:       dynamic windows are offered
 * Return 0; -EINVAL senseless caps; or -errno of the backend, with nothing left.
 * pe_eeh_init() comes afterwards, where there is error recovery. pe_dma_close() undoes both.
 */
int pe_dma_init(struct pe *pe, const struct dma_backend_ops *ops, void *ctx,
		const struct dma_caps *caps, uint32_t phb_index, bool ddw);

/* Removes windows and error recovery. Tolerates a PE that is zeroed, or closed already. */
void pe_dma_close(struct pe *pe);

/*
 * Returns when no other vCPU's call acts on the windows; gives the lock up meanwhile. To be called
 * before a look at the windows, or at the host's tables behind them: Linux looks for a table
 * without a lock while VFIO_IOMMU_SPAPR_TCE_REMOVE frees one.
 */
void ddw_wait_idle(const struct pe *pe, const struct spapr_platform *plat);

/* The window @liobn names; NULL: none. The pointer is good until the window goes. */
struct dma_window *pe_dma_find(struct pe *pe, uint32_t liobn);

/* What pe_dma_create() accepts: no larger window than covers all RAM; none without ddw. */
void pe_dma_query(const struct pe *pe, const struct gmem *mem, struct ddw_query *q);

/*
 * 0 and the window; -EINVAL: not offered, or no more windows (RTAS -3); any other -errno: the host
 * refused (RTAS -1), which has been logged, and nothing has changed.
 */
int pe_dma_create(struct pe *pe, const struct gmem *mem, uint32_t page_shift, uint32_t window_shift,
		  struct dma_window **out);

/* 0; -ENOENT no such window. */
int pe_dma_remove(struct pe *pe, uint32_t liobn);

/*
 * Removes the dynamic windows and brings the default back, empty: for the guest's reset call and a
 * reboot. 0; -errno: the PE has no window now.
 */
int pe_dma_reset(struct pe *pe);

/*
 * Resets, and puts dynamic windows at low addresses until the next reset. 0; -EINVAL: not offered
 * (RTAS -3); -EBUSY: pages are mapped in the default window, and nothing has changed; any other
 * -errno: the PE is as after a reset. The last two are logged.
 */
int pe_dma_limit(struct pe *pe, const struct gmem *mem);

#endif
