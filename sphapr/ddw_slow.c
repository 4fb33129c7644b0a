/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/ddw_slow.h"

#include "sphapr/tce_runs.h"

void ddw_wait_idle(const struct pe *pe, const struct spapr_platform *plat)
{
	while (pe->dma_busy)
		plat->wait(plat->ctx);
}

struct slow_work {
	struct pe *pe;
	struct dma_window *w;
	uint64_t frame; /* bytes */
};

static int slowly(struct pe *pe, int (*fn)(void *), struct slow_work work)
{
	/* A window with nothing but a table in memory is quickly gone. */
	return pe->dma_busy && pe->dma->unmap
		       ? pe->dma_busy->without_lock(pe->dma_busy->ctx, fn, &work)
		       : fn(&work);
}

static int make_window(void *arg)
{
	const struct slow_work *s = arg;

	return s->pe->dma->make(s->pe->dma_ctx, s->w);
}

int ddw_open_window(struct pe *pe, struct dma_window *w)
{
	int r = 0;

	if (pe->dma->make)
		r = slowly(pe, make_window, (struct slow_work){ .pe = pe, .w = w });
	return r == 0 ? pe->dma->open(pe->dma_ctx, w) : r;
}

/* In limited mode the host's table outlives the window, whose part of the table must be empty. */
static int remove_window(void *arg)
{
	const struct slow_work *s = arg;
	const struct dma_backend_ops *ops = s->pe->dma;
	int r = s->pe->limited && ops->unmap ? ops->unmap(s->pe->dma_ctx, s->w, s->w->start,
							  s->w->npages << s->w->page_shift)
					     : 0;

	ops->close(s->pe->dma_ctx, s->w);
	return r;
}

int ddw_remove_window(struct pe *pe, struct dma_window *w)
{
	if (pe->dma->detach)
		pe->dma->detach(pe->dma_ctx, w);
	return slowly(pe, remove_window, (struct slow_work){ .pe = pe, .w = w });
}

static int empty_window(void *arg)
{
	const struct slow_work *s = arg;

	return tce_clear_window(s->pe, s->w);
}

int ddw_empty_window(struct pe *pe, struct dma_window *w)
{
	return slowly(pe, empty_window, (struct slow_work){ .pe = pe, .w = w });
}

static int make_frame(void *arg)
{
	const struct slow_work *s = arg;

	return s->pe->dma->frame(s->pe->dma_ctx, s->frame);
}

int ddw_frame(struct pe *pe, uint64_t size)
{
	return slowly(pe, make_frame, (struct slow_work){ .pe = pe, .frame = size });
}
