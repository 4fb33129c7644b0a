/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fake/dma.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fake DMA windows: %s\n", what);
	abort();
}

static int record(struct fake_dma *d, struct fake_dma_call call)
{
	call.unlocked = d->unlocked && *d->unlocked;
	d->calls[d->ncalls++ % ARRAY_LEN(d->calls)] = call;
	if (d->fail_in == 0 || --d->fail_in > 0)
		return 0;
	if (d->fail_for > 1) {
		d->fail_for--;
		d->fail_in = 1;
	}
	d->nfailed++;
	return d->fail_with ? d->fail_with : -EIO;
}

static struct fake_dma_slot *slot_of(const struct fake_dma *d, const struct dma_window *w)
{
	for (int i = 0; i < DDW_MAX_WINDOWS; i++)
		if (d->slots[i].w == w)
			return (struct fake_dma_slot *)&d->slots[i];
	must(false, "a window that is not open");
	return NULL;
}

static void check_window(const struct fake_dma_slot *s, const struct dma_window *w)
{
	must(memcmp(w, &s->copy, sizeof(*w)) == 0, "the fields of an open window were changed");
}

/* The caller says where a window of the frame lies, and must be right. */
static void check_place(const struct fake_dma *d, const struct dma_window *w)
{
	uint64_t size = w->npages << w->page_shift;

	must(w->start >= d->slot_start[0] && IS_ALIGNED(w->start, 1ULL << w->page_shift), "start");
	must(w->start - d->slot_start[0] <= d->frame - size && size <= d->frame,
	     "a window outside the frame");
	for (int i = 0; i < DDW_MAX_WINDOWS; i++) {
		const struct dma_window *o = &d->slots[i].copy;

		must(!d->slots[i].w || w->start + size <= o->start ||
			     o->start + (o->npages << o->page_shift) <= w->start,
		     "windows of the frame overlap");
	}
}

static int fake_frame(void *ctx, uint64_t size)
{
	struct fake_dma *d = ctx;
	int r = 0;

	must(fake_dma_windows(d) == 0, "a frame while a window is open");
	d->frame = 0;
	if (size == 0)
		return 0;
	must(d->caps.limited, "a frame that this host has not");
	must(is_power_of_2(size), "size of a frame");
	r = record(d, (struct fake_dma_call){ .op = 'f', .size = size });
	if (r == 0)
		d->frame = size;
	return r;
}

static int fake_make(void *ctx, struct dma_window *w)
{
	struct fake_dma *d = ctx;

	(void)w;
	d->nmade++;
	d->nmade_unlocked += d->unlocked && *d->unlocked;
	return 0;
}

static int fake_open(void *ctx, struct dma_window *w)
{
	struct fake_dma *d = ctx;
	struct fake_dma_slot *s = NULL;
	int slot = -1, r;

	r = record(d, (struct fake_dma_call){ .op = 'o',
					      .liobn = w->liobn,
					      .ioba = w->start,
					      .size = w->npages << w->page_shift });
	must(w->page_shift >= 12 && w->page_shift <= 34, "page shift");
	must(d->caps.page_sizes >> w->page_shift & 1, "a page size that the host has not");
	must(is_power_of_2(w->npages) && w->npages <= d->caps.max_pages, "number of pages");
	for (int i = 0; i < DDW_MAX_WINDOWS; i++) {
		must(d->slots[i].w != w, "opened twice");
		must(!d->slots[i].w || d->slots[i].copy.liobn != w->liobn, "LIOBN in use");
	}
	if (r)
		return r;
	for (int i = (d->frame ? DDW_MAX_WINDOWS : (int)d->caps.max_windows) - 1; i >= 0; i--)
		if (!d->slots[i].w)
			slot = i;
	if (slot < 0)
		return -ENOSPC;
	s = &d->slots[slot];
	s->hw = calloc(w->npages, sizeof(*s->hw));
	w->tces = calloc(w->npages, sizeof(*w->tces));
	must(s->hw && w->tces, "memory");
	if (d->frame)
		check_place(d, w);
	else
		w->start = d->slot_start[slot];
	w->priv = s;
	s->w = w;
	s->copy = *w;
	return 0;
}

static void fake_close(void *ctx, struct dma_window *w)
{
	struct fake_dma *d = ctx;
	struct fake_dma_slot *s = slot_of(d, w);

	d->calls[d->ncalls++ % ARRAY_LEN(d->calls)] = (struct fake_dma_call){
		.op = 'c', .liobn = w->liobn, .unlocked = d->unlocked && *d->unlocked
	};
	check_window(s, w);
	for (uint64_t i = 0; d->frame && i < w->npages; i++)
		must(s->hw[i] == 0 || d->nfailed > 0,
		     "a window of the frame goes with mapped pages");
	free(w->tces);
	free(s->hw);
	*s = (struct fake_dma_slot){ 0 };
}

/* The kernel looks at the first page only: all of it must be right. */
static uint64_t check_range(const struct fake_dma_slot *s, ioba_t ioba, uint64_t size)
{
	const struct dma_window *w = &s->copy;
	uint64_t page = 1ULL << w->page_shift, offset = ioba - w->start;

	check_window(s, s->w);
	must(size > 0 && IS_ALIGNED(size, page), "size");
	must(ioba >= w->start && IS_ALIGNED(offset, page), "bus address");
	must(offset >> w->page_shift < w->npages, "a range outside the window");
	must(size <= (w->npages << w->page_shift) - offset, "a range beyond the window's end");
	return offset >> w->page_shift;
}

static int fake_map(void *ctx, struct dma_window *w, ioba_t ioba, gpa_t gpa, uint64_t size,
		    uint64_t perm)
{
	struct fake_dma *d = ctx;
	struct fake_dma_slot *s = slot_of(d, w);
	uint64_t first = check_range(s, ioba, size), n = size >> w->page_shift;
	int r = record(d, (struct fake_dma_call){ .op = 'm',
						  .liobn = w->liobn,
						  .ioba = ioba,
						  .gpa = gpa,
						  .size = size,
						  .perm = perm });

	must(perm == TCE_READ || perm == TCE_PERM, "permission");
	must(IS_ALIGNED(gpa, 1ULL << w->page_shift), "guest address");
	must(gmem_contains(d->mem, gpa, size), "not RAM of one bank");
	if (r)
		n = (n + 1) / 2;
	for (uint64_t i = 0; i < n; i++)
		s->hw[first + i] = r ? 0 : (gpa + (i << w->page_shift)) | perm;
	return r;
}

static int fake_unmap(void *ctx, struct dma_window *w, ioba_t ioba, uint64_t size)
{
	struct fake_dma *d = ctx;
	struct fake_dma_slot *s = slot_of(d, w);
	uint64_t first = check_range(s, ioba, size), n = size >> w->page_shift;
	int r = record(d, (struct fake_dma_call){
				  .op = 'u', .liobn = w->liobn, .ioba = ioba, .size = size });

	memset(s->hw + first, 0, (r ? n / 2 : n) * sizeof(*s->hw));
	return r;
}

const struct dma_backend_ops fake_dma_ops = {
	.make = fake_make,
	.open = fake_open,
	.close = fake_close,
	.map = fake_map,
	.unmap = fake_unmap,
	.frame = fake_frame,
};

void fake_dma_init(struct fake_dma *d, const struct gmem *mem)
{
	*d = (struct fake_dma){
		.mem = mem,
		.caps = { .page_sizes = 4 * KiB | 64 * KiB | 2 * MiB,
			  .max_windows = 2,
			  .max_pages = 1 << 20,
			  .default_size = 1 * MiB,
			  .second_start = FAKE_DMA_SECOND,
			  .limited = true },
		.slot_start = { 0, FAKE_DMA_SECOND },
	};
}

const struct fake_dma_call *fake_dma_last(const struct fake_dma *d)
{
	return d->ncalls ? &d->calls[(d->ncalls - 1) % ARRAY_LEN(d->calls)] : NULL;
}

uint64_t fake_dma_hw(const struct fake_dma *d, const struct dma_window *w, uint64_t index)
{
	const struct fake_dma_slot *s = slot_of(d, w);

	must(index < s->copy.npages, "index");
	return s->hw[index];
}

unsigned int fake_dma_windows(const struct fake_dma *d)
{
	return (unsigned int)!!d->slots[0].w + !!d->slots[1].w;
}

uint64_t fake_dma_mapped(const struct fake_dma *d)
{
	uint64_t sum = 0;

	for (int i = 0; i < DDW_MAX_WINDOWS; i++)
		for (uint64_t n = 0; d->slots[i].w && n < d->slots[i].copy.npages; n++)
			sum += d->slots[i].hw[n] != 0;
	return sum;
}

bool fake_dma_agrees(const struct fake_dma *d, const struct dma_window *w, bool superset)
{
	const struct fake_dma_slot *s = slot_of(d, w);

	for (uint64_t i = 0; i < w->npages; i++) {
		uint64_t tce = w->tces[i], want = tce & TCE_PERM ? tce : 0;

		if (tce & TCE_WRITE)
			want |= TCE_READ;
		if (s->hw[i] != want && !(superset && want))
			return false;
	}
	return true;
}
