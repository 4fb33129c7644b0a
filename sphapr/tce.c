/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/tce.h"

#include "sphapr/hcall.h"
#include "sphapr/spapr.h"
#include "sphapr/tce_runs.h"

#include <errno.h>

/* A LIOBN holds its PHB's number, the place in phbs[]: no search, as single calls are many. */
struct dma_window *tce_find_window(struct spapr *sp, uint64_t liobn, struct pe **out)
{
	uint64_t i = (liobn & ~DDW_LIOBN_FLAG) >> DDW_LIOBN_PHB_SHIFT;
	struct pe *pe;

	if (i >= SPAPR_MAX_PHBS)
		return NULL;
	pe = &sp->phbs[i].pe;
	if (pe->dma_busy)
		ddw_wait_idle(pe, &sp->plat);
	*out = pe;
	for (i = 0; i < DDW_MAX_WINDOWS; i++)
		if (pe->live[i] && pe->windows[i].liobn == liobn)
			return &pe->windows[i];
	return NULL;
}

/* Is @ioba the start of a page of the window, and are there @n from it on? */
static bool entry_at(const struct dma_window *w, ioba_t ioba, uint64_t n, uint64_t *index)
{
	uint64_t offset = ioba - w->start;

	if (ioba < w->start || !IS_ALIGNED(offset, 1ULL << w->page_shift))
		return false;
	*index = offset >> w->page_shift;
	return *index < w->npages && n <= w->npages - *index;
}

static long host_status(struct pe *pe, const struct dma_window *w, int r)
{
	if (r == 0)
		return H_SUCCESS;
	pe_warn(pe, w, "the host does not take a TCE", r);
	return r == -ENOMEM ? H_NOT_ENOUGH_RESOURCES : H_HARDWARE;
}

long tce_put(struct pe *pe, struct dma_window *w, const struct gmem *mem, ioba_t ioba,
	     const uint64_t *tces, uint64_t n)
{
	uint64_t first;

	if (n > TCE_BULK_MAX || !entry_at(w, ioba, n, &first) || !tce_list_is_ram(w, mem, tces, n))
		return H_PARAMETER;
	return host_status(pe, w, tce_apply(pe, w, mem, first, tces, n));
}

long tce_put_one(struct pe *pe, struct dma_window *w, const struct gmem *mem, ioba_t ioba,
		 uint64_t tce)
{
	uint64_t index;

	if (!entry_at(w, ioba, 1, &index) || !tce_is_ram(w, mem, tce))
		return H_PARAMETER;
	return host_status(pe, w, tce_apply_one(pe, w, mem, index, tce));
}

long tce_stuff(struct pe *pe, struct dma_window *w, const struct gmem *mem, ioba_t ioba,
	       uint64_t tce, uint64_t n)
{
	uint64_t tces[TCE_BULK_MAX], first;

	if (!entry_at(w, ioba, 0, &first))
		return H_PARAMETER;
	if (n > TCE_BULK_MAX)
		return H_P4;
	if (tce & TCE_PERM || !entry_at(w, ioba, n, &first))
		return H_PARAMETER;
	for (uint64_t i = 0; i < n; i++)
		tces[i] = tce;
	return host_status(pe, w, tce_apply(pe, w, mem, first, tces, n));
}

long tce_get(const struct dma_window *w, ioba_t ioba, uint64_t *tce)
{
	uint64_t index;

	if (!entry_at(w, ioba, 1, &index))
		return H_PARAMETER;
	*tce = __atomic_load_n(&w->tces[index], __ATOMIC_RELAXED);
	return H_SUCCESS;
}

int tce_translate(const struct dma_window *w, ioba_t ioba, uint64_t perm, gpa_t *gpa, uint64_t *len)
{
	uint64_t page = 1ULL << w->page_shift, in_page = ioba & (page - 1);
	uint64_t index, got = 0, next = 0;

	if (!entry_at(w, ioba - in_page, 1, &index))
		return -EFAULT;
	for (; got < *len && index < w->npages; index++) {
		uint64_t tce = __atomic_load_n(&w->tces[index], __ATOMIC_RELAXED);
		gpa_t to = tce & ~TCE_PERM & ~(page - 1);

		if (!(tce & TCE_PERM) || (tce & perm) != perm || (got > 0 && to != next))
			break;
		if (got == 0)
			*gpa = to + in_page;
		got += got == 0 ? page - in_page : page;
		next = to + page;
	}
	if (got == 0)
		return -EFAULT;
	if (got < *len)
		*len = got;
	return 0;
}
