/* SPDX-License-Identifier: BSD-2-Clause */
/* DMA windows as a guest makes them. */
#include "guest.h"

/* PAPR's page mask: log2 of the page that each bit stands for, ascending from the lowest bit. */
static const uint8_t mask_shifts[] = { 12, 16, 24, 25, 26, 27, 28, 34, 21 };

int32_t window_query(const struct function *f, struct query *q)
{
	int32_t r = RTAS("ibm,query-pe-dma-window", 6, f->addr, f->hi, f->lo);

	*q = (struct query){ 0 };
	if (r != 0)
		return r;
	q->windows = rtas_ret(1);
	q->largest = (uint64_t)rtas_ret(2) << 32 | rtas_ret(3);
	q->page_mask = rtas_ret(4);
	return 0;
}

int32_t window_create(const struct function *f, uint32_t page_shift, uint32_t shift,
		      struct window *w)
{
	int32_t r = RTAS("ibm,create-pe-dma-window", 4, f->addr, f->hi, f->lo, page_shift, shift);

	*w = (struct window){ .page_shift = page_shift };
	if (r != 0)
		return r;
	w->liobn = rtas_ret(1);
	w->start = (uint64_t)rtas_ret(2) << 32 | rtas_ret(3);
	w->npages = 1ull << (shift - page_shift);
	return 0;
}

struct window window_default(const struct function *f)
{
	return (struct window){ f->liobn, 12, f->start, f->size >> 12 };
}

uint32_t window_page_shift(const struct query *q)
{
	uint32_t best = 0;

	for (unsigned int i = 0; i < ARRAY_LEN(mask_shifts); i++)
		if ((q->page_mask >> i & 1) && mask_shifts[i] > best)
			best = mask_shifts[i];
	return best;
}

bool window_page_is_offered(const struct query *q, uint32_t page_shift)
{
	for (unsigned int i = 0; i < ARRAY_LEN(mask_shifts); i++)
		if (mask_shifts[i] == page_shift)
			return q->page_mask >> i & 1;
	return false;
}

uint32_t window_shift(const struct query *q)
{
	uint32_t shift = window_page_shift(q);
	uint64_t most = q->largest;

	/* The platform may refuse a window that is larger than RAM. */
	while (most >= 2 && 1ull << shift < machine.ram_size) {
		most >>= 1;
		shift++;
	}
	return shift;
}
