/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The states are in ddw.h. windows[0] is the place of the default window while that exists; a dynamic
 * window takes the first free place. The default comes back only when both places are free.
 */
#include "sphapr/ddw.h"

#include "sphapr/ddw_query.h"
#include "sphapr/ddw_slow.h"
#include "sphapr/tce_runs.h"
#include "vmm/base/event.h"

#include <errno.h>

#define DEFAULT_PAGE_SHIFT 12 /* LoPAR: the default window has 4K pages */

static bool overlap(ioba_t a, uint64_t a_size, ioba_t b, uint64_t b_size)
{
	return a <= b ? b - a < a_size : a - b < b_size;
}

static uint64_t window_size(const struct dma_window *w)
{
	return w->npages << w->page_shift;
}

/* Is the host's choice a range of whole pages, clear of the other windows and of the 32-bit BARs? */
static bool place_is_ok(const struct pe *pe, const struct dma_window *w)
{
	uint64_t size = window_size(w);

	if (!IS_ALIGNED(w->start, 1ULL << w->page_shift) || size - 1 > UINT64_MAX - w->start)
		return false;
	for (int i = 0; i < DDW_MAX_WINDOWS; i++)
		if (pe->live[i] &&
		    overlap(w->start, size, pe->windows[i].start, window_size(&pe->windows[i])))
			return false;
	if (w->liobn == pe->liobn_base)
		return w->start == pe->caps.default_start;
	return !overlap(w->start, size, DDW_LOW_END, DDW_HIGH_START - DDW_LOW_END);
}

static void close_window(struct pe *pe, int place)
{
	struct dma_window *w = &pe->windows[place], gone = *w;
	int r;

	pe->live[place] = false;
	event_emit(EVENT_WINDOW_REMOVED, { (uint64_t)pe->caps.group }, { w->liobn }, { w->start });
	r = ddw_remove_window(pe, w);
	if (r != 0)
		pe_warn(pe, &gone, "what is mapped in it stays", r);
	pe->soiled |= r != 0;
	*w = (struct dma_window){ 0 };
}

/* Empties the default window, which no call finds meanwhile. */
static int empty_default(struct pe *pe)
{
	int r;

	pe->live[0] = false;
	r = ddw_empty_window(pe, &pe->windows[0]);
	pe->live[0] = true;
	return r;
}

/* 0; -errno: logged, and the place is still free. */
static int open_window(struct pe *pe, int place, struct dma_window wish)
{
	struct dma_window *w = &pe->windows[place];
	int r;

	*w = wish;
	r = pe->soiled ? -EIO : ddw_open_window(pe, w);
	if (r != 0) {
		*w = (struct dma_window){ 0 };
		pe_warn_refused(pe, &wish, r);
		return r < 0 ? r : -EIO;
	}
	if (!place_is_ok(pe, w)) {
		pe_warn(pe, w, "the host puts this window where it cannot be", -EADDRINUSE);
		close_window(pe, place);
		return -EADDRINUSE;
	}
	pe->live[place] = true;
	event_emit(EVENT_WINDOW_CREATED, { (uint64_t)pe->caps.group }, { w->liobn }, { w->start },
		   { window_size(w) }, { w->page_shift }, { .s = w->in_kernel ? "kernel" : "vmm" });
	return 0;
}

static int open_default(struct pe *pe)
{
	int r = open_window(pe, 0,
			    (struct dma_window){
				    .liobn = pe->liobn_base,
				    .page_shift = DEFAULT_PAGE_SHIFT,
				    .start = pe->caps.default_start,
				    .npages = pe->caps.default_size >> DEFAULT_PAGE_SHIFT,
			    });

	pe->has_default = r == 0;
	return r;
}

/*
 * Removes every window. The next ones lie in one table of @size bytes; @size 0, which does not fail,
 * gives each a table of its own. Returns 0 or -errno.
 */
static int start_over(struct pe *pe, uint64_t size)
{
	int r = 0;

	for (int i = 0; i < DDW_MAX_WINDOWS; i++)
		if (pe->live[i])
			close_window(pe, i);
	pe->has_default = false;
	if (pe->dma->frame)
		r = ddw_frame(pe, size);
	pe->limited = r == 0 && size > 0;
	pe->soiled = false;
	return r > 0 ? -EIO : r;
}

int pe_dma_init(struct pe *pe, const struct dma_backend_ops *ops, void *ctx,
		const struct dma_caps *caps, uint32_t phb_index, bool ddw)
{
	int r;

	*pe = (struct pe){ .liobn_base =
				   (uint32_t)DDW_LIOBN_FLAG | phb_index << DDW_LIOBN_PHB_SHIFT };
	if (!ops)
		return 0;
	if (caps->max_windows == 0 || !is_power_of_2(caps->default_size) ||
	    caps->default_size < 1 << DEFAULT_PAGE_SHIFT || caps->max_pages == 0)
		return -EINVAL;
	pe->dma = ops;
	pe->dma_ctx = ctx;
	pe->caps = *caps;
	if (pe->caps.max_windows > DDW_MAX_WINDOWS)
		pe->caps.max_windows = DDW_MAX_WINDOWS;
	pe->ddw = ddw;
	pe->warnings = PE_MAX_WARNINGS; /* the caller says what went wrong */
	r = open_default(pe);
	pe->warnings = 0;
	if (r != 0)
		pe_dma_close(pe);
	return r;
}

void pe_dma_close(struct pe *pe)
{
	if (pe->dma)
		start_over(pe, 0);
	*pe = (struct pe){ .liobn_base = pe->liobn_base };
}

static int place_of(const struct pe *pe, uint32_t liobn)
{
	for (int i = 0; i < DDW_MAX_WINDOWS; i++)
		if (pe->live[i] && pe->windows[i].liobn == liobn)
			return i;
	return -1;
}

struct dma_window *pe_dma_find(struct pe *pe, uint32_t liobn)
{
	int place = place_of(pe, liobn);

	return place < 0 ? NULL : &pe->windows[place];
}

int pe_dma_create(struct pe *pe, const struct gmem *mem, uint32_t page_shift, uint32_t window_shift,
		  struct dma_window **out)
{
	struct dma_window wish = { .page_shift = page_shift, .liobn = pe->liobn_base + 1 };
	int place = pe->live[0] ? 1 : 0, r;

	if (ddw_windows_left(pe) == 0 || !ddw_is_offered(pe, mem, page_shift, window_shift))
		return -EINVAL;
	if (place_of(pe, wish.liobn) >= 0)
		wish.liobn++;
	wish.start = ddw_next_start(pe);
	wish.npages = 1ULL << (window_shift - page_shift);
	r = open_window(pe, place, wish);
	pe->created += r == 0;
	pe->refused += r != 0;
	if (r == 0)
		*out = &pe->windows[place];
	return r == -EINVAL ? -EIO : r; /* the host's EINVAL is no fault of the guest */
}

int pe_dma_remove(struct pe *pe, uint32_t liobn)
{
	int place = place_of(pe, liobn);
	bool was_default = liobn == pe->liobn_base;

	if (place < 0)
		return -ENOENT;
	close_window(pe, place);
	if (was_default)
		pe->has_default = false;
	else if (!pe->live[0] && !pe->live[1])
		open_default(pe); /* the window asked for is gone in any case */
	return 0;
}

int pe_dma_reset(struct pe *pe)
{
	if (!pe->dma)
		return 0;
	if (pe->limited) {
		start_over(pe, 0);
		return open_default(pe);
	}
	for (int i = 0; i < DDW_MAX_WINDOWS; i++)
		if (pe->live[i] && !(i == 0 && pe->has_default))
			close_window(pe, i);
	if (pe->has_default) {
		if (empty_default(pe) == 0)
			return 0;
		pe->has_default = false;
		close_window(pe, 0);
	}
	return open_default(pe);
}

int pe_dma_limit(struct pe *pe, const struct gmem *mem)
{
	struct dma_window all = { .liobn = pe->liobn_base, .page_shift = DEFAULT_PAGE_SHIFT };
	uint64_t size = 1ULL << log2_ceil(DDW_HIGH_START + ddw_ram_span(mem));
	int r;

	if (!pe->ddw || !pe->caps.limited)
		return -EINVAL;
	if (pe->has_default && !tce_window_is_empty(&pe->windows[0])) {
		pe_warn(pe, &pe->windows[0],
			"no limited addressing while pages are mapped here: this window is kept",
			-EBUSY);
		return -EBUSY;
	}
	all.npages = size >> DEFAULT_PAGE_SHIFT;
	r = start_over(pe, size);
	if (r < 0)
		pe_warn_refused(pe, &all, r);
	else
		r = open_default(pe);
	if (r == 0)
		return 0;
	start_over(pe, 0);
	open_default(pe);
	return r == -EINVAL ? -EIO : r;
}
