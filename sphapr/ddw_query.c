/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/ddw_query.h"

#define USUAL_SECOND_START (1ULL << 59) /* of PowerNV hosts, and of pseries guests under QEMU */

/* PAPR's page mask: log2 of the page that each bit stands for. 2M came late. */
static const uint8_t mask_shifts[] = { 12, 16, 24, 25, 26, 27, 28, 34, 21 };

uint32_t ddw_windows_left(const struct pe *pe)
{
	uint32_t used = (uint32_t)pe->live[0] + pe->live[1], dynamic = used - pe->has_default;

	if (!pe->ddw)
		return 0;
	if (pe->limited)
		return dynamic == 0;
	if (pe->caps.max_windows <= used || (pe->caps.one_dynamic && dynamic > 0))
		return 0;
	return pe->caps.one_dynamic ? 1 : pe->caps.max_windows - used;
}

static bool default_place_is_taken(const struct pe *pe)
{
	for (int i = 0; i < DDW_MAX_WINDOWS; i++)
		if (pe->live[i] && pe->windows[i].start == pe->caps.default_start)
			return true;
	return false;
}

ioba_t ddw_next_start(const struct pe *pe)
{
	if (pe->limited)
		return DDW_HIGH_START;
	if (pe->caps.max_windows == 1 || !default_place_is_taken(pe))
		return pe->caps.default_start;
	return pe->caps.second_start ? pe->caps.second_start : USUAL_SECOND_START;
}

static uint64_t power_of_2_below(uint64_t x)
{
	return x == 0 ? 0 : 1ULL << (63 - __builtin_clzll(x));
}

uint64_t ddw_ram_span(const struct gmem *mem)
{
	unsigned int shift = log2_ceil(gmem_end(mem));

	return 1ULL << (shift < 63 ? shift : 63);
}

/* Bytes of the largest window with such pages: a power of two, or 0. */
static uint64_t largest_window(const struct pe *pe, const struct gmem *mem, uint32_t page_shift)
{
	uint64_t pages = ddw_ram_span(mem) >> page_shift, start = ddw_next_start(pe), room;

	if (pages > pe->caps.max_pages)
		pages = power_of_2_below(pe->caps.max_pages);
	if (start < DDW_HIGH_START) {
		room = start < DDW_LOW_END ? (DDW_LOW_END - start) >> page_shift : 0;
		if (pages > room)
			pages = power_of_2_below(room);
	}
	return pages << page_shift;
}

/*
 * A guest's page is offered when the host has the very same size. A larger page over smaller pages of
 * the host would work (one guest TCE, many of the host's) and save calls, but calls are the small
 * part: the host would fill as many entries. So with 64K pages behind RAM, 2M and 16M are not
 * offered; a guest gets them when huge pages are behind its RAM.
 *
 * All RAM must be whole pages: Linux rounds the range it maps out to them, and a TCE beyond RAM
 * fails the direct mapping, which costs the PE its dynamic windows until reboot.
 */
static bool page_is_offered(const struct pe *pe, const struct gmem *mem, uint32_t shift)
{
	uint64_t page = 1ULL << shift;

	if (!(pe->caps.page_sizes & page) || largest_window(pe, mem, shift) == 0 ||
	    (pe->limited && !IS_ALIGNED(DDW_HIGH_START, page)))
		return false;
	for (int i = 0; i < mem->nbanks; i++)
		if (!IS_ALIGNED(mem->banks[i].base | mem->banks[i].size, page))
			return false;
	return true;
}

bool ddw_is_offered(const struct pe *pe, const struct gmem *mem, uint32_t page_shift,
		    uint32_t window_shift)
{
	bool known = false;

	for (size_t i = 0; i < ARRAY_LEN(mask_shifts); i++)
		known |= mask_shifts[i] == page_shift;
	return known && page_is_offered(pe, mem, page_shift) && window_shift < 64 &&
	       window_shift >= page_shift &&
	       1ULL << window_shift <= largest_window(pe, mem, page_shift);
}

void pe_dma_query(const struct pe *pe, const struct gmem *mem, struct ddw_query *q)
{
	uint32_t best = 0;

	*q = (struct ddw_query){ .windows = ddw_windows_left(pe) };
	if (!pe->ddw)
		return;
	for (uint32_t i = 0; i < ARRAY_LEN(mask_shifts); i++) {
		if (!page_is_offered(pe, mem, mask_shifts[i]))
			continue;
		q->page_mask |= 1u << i;
		if (mask_shifts[i] > best)
			best = mask_shifts[i];
	}
	if (best)
		q->largest = largest_window(pe, mem, best) >> best;
}
