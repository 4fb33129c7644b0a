/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_TCE_RUNS_H
#define SPHAPR_TCE_RUNS_H

/*
 * The inner half of tce.c: a list of TCEs against RAM, and its way into a window as few backend
 * calls. A run is a stretch of entries that one call can serve: neighbours whose guest addresses
 * go on in one bank with the same permission, or neighbours that unmap.
 *
 * What holds between calls: a page that the backend has mapped has a TCE with permission in tces[].
 * So a stretch of tces[] without permissions needs no unmap call. (With tce = "kernel" a guest whose
 * CPUs race each other for one entry, one of them in KVM's H_PUT_TCE, can break this for that entry:
 * until it is written again its device reaches a page of the guest's own RAM.)
 */

#include "sphapr/ddw.h"

/* Does every value with permission name RAM: a page of @w's size and alignment, in one bank? */
bool tce_list_is_ram(const struct dma_window *w, const struct gmem *mem, const uint64_t *tces,
		     uint64_t n);

/*
 * Enters @n <= TCE_BULK_MAX values that have passed the check above, from entry @first on; all of
 * them are in the window. 0; -errno: the backend failed, and the former contents are back. What
 * the backend refuses to take back is logged and unmapped, in tces[] as well.
 */
int tce_apply(struct pe *pe, struct dma_window *w, const struct gmem *mem, uint64_t first,
	      const uint64_t *tces, uint64_t n);

/* The same two for one value, in fewer instructions: single calls come by the thousand. */
bool tce_is_ram(const struct dma_window *w, const struct gmem *mem, uint64_t tce);
int tce_apply_one(struct pe *pe, struct dma_window *w, const struct gmem *mem, uint64_t index,
		  uint64_t tce);

/* Is no page mapped in it? */
bool tce_window_is_empty(const struct dma_window *w);

/*
 * Empties the whole window. 0; -errno: what the window maps is not known. The host takes as long as
 * the window is large.
 */
int tce_clear_window(struct pe *pe, struct dma_window *w);

#endif
