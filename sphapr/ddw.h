/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_DDW_H
#define SPHAPR_DDW_H

/*
 * The DMA windows of one PE (one virtual PHB has one PE): the default 32-bit window that the tree
 * names, and dynamic ones that the guest makes by RTAS.
 *
 * States, and the call that enters each:
 *   DEFAULT   the default window alone            reset; remove of the dynamic one
 *   BOTH      default and a dynamic window        create in DEFAULT
 *   NONE      no window                           remove of the default in DEFAULT
 *   REPLACED  one dynamic window, no default      create in NONE; remove of the default in BOTH
 *   TWO       two dynamic windows, no default     create in REPLACED
 * Removing the last dynamic window of REPLACED brings the default back (LoPAR), with the same
 * LIOBN, place and size. Every window is empty when it appears.
 *
 * Source: LoPAR 2.8 "ibm,query-pe-dma-window", "ibm,create-pe-dma-window",
 * "ibm,remove-pe-dma-window", "ibm,reset-pe-dma-window".
 */

#include "sphapr/window.h"
#include "vmm/base/gmem.h"

#define DDW_MAX_WINDOWS 2

struct pe_dma {
	const struct dma_backend_ops *ops; /* NULL: this PE does no DMA through windows */
	void *ctx;
	struct dma_caps caps;
	uint32_t liobn_base; /* 0x80000000 | PHB << 8; the default window's LIOBN */
	bool ddw;            /* dynamic windows are offered to the guest */
	bool has_default;
	struct dma_window windows[DDW_MAX_WINDOWS];
	bool live[DDW_MAX_WINDOWS];
};

struct ddw_query {
	uint32_t windows;      /* how many more can be made */
	uint64_t largest;      /* pages of the largest size in the mask */
	uint32_t page_mask;    /* PAPR's: bit 0 4K, 1 64K, 2 16M, ..., 8 2M */
	uint32_t migration;
};

/* The default window comes into being. 0 or -errno. @caps are the backend's answer, copied. */
int pe_dma_init(struct pe_dma *pe, const struct dma_backend_ops *ops, void *ctx,
		const struct dma_caps *caps, uint32_t phb_index, bool ddw);
void pe_dma_close(struct pe_dma *pe);

struct dma_window *pe_dma_find(struct pe_dma *pe, uint32_t liobn);

/* Largest useful window is what covers @top, the highest RAM address: no larger one is promised. */
void pe_dma_query(const struct pe_dma *pe, const struct gmem *mem, struct ddw_query *q);

/* 0 and the window; -EINVAL not offered (RTAS -3); -ENOSPC, or the backend's -errno (RTAS -1). */
int pe_dma_create(struct pe_dma *pe, const struct gmem *mem, uint32_t page_shift,
		  uint32_t window_shift, struct dma_window **out);

/* 0; -ENOENT no such window. */
int pe_dma_remove(struct pe_dma *pe, uint32_t liobn);

/* Dynamic windows gone, the default back and empty. */
int pe_dma_reset(struct pe_dma *pe);

#endif
