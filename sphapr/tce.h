/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_TCE_H
#define SPHAPR_TCE_H

/*
 * TCE updates in user space: what KVM does not serve. A request is held against the window and all
 * of guest RAM before anything changes, then applied in contiguous runs: neighbours in bus address,
 * guest address and permission become one backend call (tce_runs.h).
 *
 * Return codes are hypercall statuses: H_PARAMETER for what the guest got wrong (nothing has
 * changed), H_NOT_ENOUGH_RESOURCES when the host has no memory, H_HARDWARE for other host failures.
 * After a host failure the window is as it was before the call.
 *
 * Bits of a TCE: 0 read, 1 write, the others the guest address. Without both it unmaps, whatever
 * the address. Tables keep the guest's value, also a write-only one, which hardware does not know.
 */

#include "sphapr/ddw.h"

struct spapr;

/* The window of @liobn, and its PE in *@out; NULL: none. Waits for calls that act on the PE. */
struct dma_window *tce_find_window(struct spapr *sp, uint64_t liobn, struct pe **out);

/* Enter @n values from @tces, at most TCE_BULK_MAX, at @ioba on. @tces must be a copy. */
long tce_put(struct pe *pe, struct dma_window *w, const struct gmem *mem, ioba_t ioba,
	     const uint64_t *tces, uint64_t n);

/* Enter one value. */
long tce_put_one(struct pe *pe, struct dma_window *w, const struct gmem *mem, ioba_t ioba,
		 uint64_t tce);

/* Enter @n times the same @tce without permission bits. H_P4: more than TCE_BULK_MAX. */
long tce_stuff(struct pe *pe, struct dma_window *w, const struct gmem *mem, ioba_t ioba,
	       uint64_t tce, uint64_t n);

/* What stands at @ioba: H_SUCCESS and *@tce, or H_PARAMETER. */
long tce_get(const struct dma_window *w, ioba_t ioba, uint64_t *tce);

/*
 * For emulated devices: where the bus address @ioba leads. *@len is how many bytes are wanted (not
 * 0), and becomes how many of them are contiguous in guest addresses. 0 and *@gpa; -EFAULT: not
 * mapped, or not with @perm. The guest address need not be RAM: reach it through gmem.
 */
int tce_translate(const struct dma_window *w, ioba_t ioba, uint64_t perm, gpa_t *gpa,
		  uint64_t *len);

#endif
