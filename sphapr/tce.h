/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_TCE_H
#define SPHAPR_TCE_H

/*
 * TCE updates in user space: what KVM does not serve. A request is held against the window and all
 * of guest RAM before anything changes, then applied in contiguous runs: neighbours in bus address,
 * guest address and permission become one backend call.
 *
 * Return codes are hypercall statuses: H_PARAMETER for what the guest got wrong,
 * H_NOT_ENOUGH_RESOURCES when the host has no memory, H_HARDWARE for other host failures. After a
 * host failure the window is as it was before the call.
 */

#include "sphapr/ddw.h"

struct spapr;

/* The window that @liobn names, and its PE; NULL: none. */
struct dma_window *tce_find_window(struct spapr *sp, uint64_t liobn, struct pe_dma **pe);

/* Enter @n values from @tces at @ioba on; a value without permission bits unmaps. */
long tce_put(struct pe_dma *pe, struct dma_window *w, const struct gmem *mem, ioba_t ioba,
	     const uint64_t *tces, uint64_t n);

/* Enter @n times the same @tce, which has no permission bits (an unmap). */
long tce_stuff(struct pe_dma *pe, struct dma_window *w, ioba_t ioba, uint64_t tce, uint64_t n);

long tce_get(const struct dma_window *w, ioba_t ioba, uint64_t *tce);

/* For emulated devices: where a bus address leads. 0 and *@gpa, *@len clipped to contiguous pages;
 * -EFAULT: not mapped, or not with @perm. */
int tce_translate(const struct dma_window *w, ioba_t ioba, uint64_t perm, gpa_t *gpa, uint64_t *len);

#endif
