/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/fdt_tree.h"
#include "sphapr/phb.h"
#include "tests/unit/sphapr/ddw_fixture.h"

#include <errno.h>

#define K4 0x1u
#define K64 0x2u
#define M16 0x4u
#define M256 0x40u
#define G16 0x80u
#define M2 0x100u
#define ALL_SIZES (4 * KiB | 64 * KiB | 2 * MiB | 16 * MiB | 256 * MiB | 16 * GiB)

static void ram(uint64_t first, gpa_t base, uint64_t second)
{
	mem = (struct gmem){ 0 };
	gmem_add(&mem, 0, first, &byte);
	if (second)
		gmem_add(&mem, base, second, &byte);
}

static void setup(void)
{
	ram(64 * MiB, 0, 0);
	fake_dma_init(&host, &mem);
	cr_assert(eq(int, pe_dma_init(&pe, &fake_dma_ops, &host, &host.caps, 3, true), 0));
}

TestSuite(ddw_query, .init = setup, .fini = teardown);

struct sizes_case {
	uint64_t first, base, second, host;
	uint32_t mask, best_shift;
};

static const struct sizes_case sizes_cases[] = {
	{ 64 * MiB, 0, 0, 4 * KiB, K4, 12 },
	{ 64 * MiB, 0, 0, 4 * KiB | 64 * KiB, K4 | K64, 16 },
	{ 64 * MiB, 0, 0, 64 * KiB, K64, 16 }, /* 2M and 16M would be many of the host's */
	{ 64 * MiB, 0, 0, ALL_SIZES, K4 | K64 | M2 | M16, 24 },
	{ 64 * MiB + 2 * MiB, 0, 0, ALL_SIZES, K4 | K64 | M2, 21 },
	{ 64 * MiB + 64 * KiB, 0, 0, ALL_SIZES, K4 | K64, 16 },
	{ 64 * MiB, 66 * MiB, 2 * MiB, ALL_SIZES, K4 | K64 | M2, 21 },
	{ 64 * MiB, 72 * MiB, 16 * MiB, ALL_SIZES, K4 | K64 | M2, 21 },
	{ 64 * MiB, 80 * MiB, 18 * MiB, ALL_SIZES, K4 | K64 | M2, 21 },
	{ 64 * MiB, 80 * MiB, 16 * MiB, ALL_SIZES, K4 | K64 | M2 | M16, 24 },
	{ 512 * MiB, 0, 0, ALL_SIZES, K4 | K64 | M2 | M16 | M256, 28 },
	{ 16 * GiB, 0, 0, ALL_SIZES, K4 | K64 | M2 | M16 | M256 | G16, 34 },
	{ 64 * MiB, 0, 0, 1 * MiB | 1 * GiB, 0, 0 }, /* sizes PAPR has no bit for */
};

Test(ddw_query, page_sizes_are_the_hosts_that_divide_ram)
{
	for (size_t i = 0; i < ARRAY_LEN(sizes_cases); i++) {
		const struct sizes_case *c = &sizes_cases[i];
		struct ddw_query q;

		ram(c->first, c->base, c->second);
		pe.caps.page_sizes = c->host;
		q = query();
		cr_assert(eq(u32, q.page_mask, c->mask), "case %zu", i);
		if (!c->best_shift) {
			cr_assert(eq(u64, q.largest, 0));
			continue;
		}
		cr_assert(eq(u64, q.largest << c->best_shift,
			     1ULL << log2_ceil(c->second ? c->base + c->second : c->first)));
	}
}

Test(ddw_query, the_largest_block_is_what_the_host_can_build)
{
	pe.caps.page_sizes = 64 * KiB;
	cr_assert(eq(u64, query().largest, 1024));
	pe.caps.max_pages = 1024;
	cr_assert(eq(u64, query().largest, 1024));
	pe.caps.max_pages = 1023; /* Linux rounds up to a power of two: say the one below */
	cr_assert(eq(u64, query().largest, 512));
	ram(64 * MiB, 1ULL << 45, 64 * MiB);
	pe.caps.max_pages = 1ULL << 40;
	cr_assert(eq(u64, query().largest, 1ULL << 30));
}

Test(ddw_query, a_low_window_ends_below_the_32_bit_bars)
{
	ram(64 * GiB, 0, 0);
	pe.caps.page_sizes = host.caps.page_sizes = 4 * KiB | 64 * KiB | 2 * MiB | 16 * GiB;
	cr_assert(eq(u64, query().largest, 4), "64 GiB beside the default");
	pe_dma_remove(&pe, BASE);
	cr_assert(eq(u32, query().page_mask, K4 | K64 | M2), "no page is larger than the window");
	cr_assert(eq(u64, query().largest, 1024), "2 GiB at 0");
	cr_assert(eq(int, try_create(21, 32), -EINVAL));
	create(21, 31);
	cr_assert(eq(u64, query().largest, 4), "the next one is not at 0");
	pe_dma_reset(&pe);
	create(21, 36);
	pe_dma_remove(&pe, BASE);
	cr_assert(eq(u64, query().largest, 1024), "the next one is at 0 again");
	pe.caps.second_start = 0;
	pe_dma_reset(&pe);
	cr_assert(eq(u64, query().largest, 4), "not known is not low");
	pe.caps.max_windows = 1;
	cr_assert(eq(u64, query().largest, 1024), "there is no other place");
}

Test(ddw_query, the_32_bit_bars_are_where_the_phb_has_them)
{
	struct phb_range r = phb_range(0, PHB_MEM32);

	cr_assert(eq(u64, r.bus, DDW_LOW_END));
	cr_assert(eq(u64, r.bus + r.size, DDW_HIGH_START));
}

Test(ddw_query, create_takes_what_the_query_offered_and_no_more)
{
	const uint32_t bad[][2] = {
		{ 0, 0 },           { 0, 26 },          { 11, 26 },
		{ 13, 26 },         { 24, 26 },         { 25, 26 },
		{ 30, 30 },         { 34, 34 },         { 63, 63 },
		{ 64, 64 },         { 16, 0 },          { 16, 15 },
		{ 16, 27 },         { 16, 62 },         { 16, 63 },
		{ 16, 64 },         { 16, 65 },         { 16, 80 },
		{ 16, 0x80000010 }, { 0x10000010, 26 }, { UINT32_MAX, UINT32_MAX },
		{ 21, 20 },         { 12, 27 },         { 80, 26 },
	};
	unsigned int before = host.ncalls;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert(eq(int, try_create(bad[i][0], bad[i][1]), -EINVAL), "%u %u", bad[i][0],
			  bad[i][1]);
	cr_assert(eq(u32, host.ncalls, before));
	for (uint32_t window = 12; window <= 26; window++) {
		for (uint32_t page = 12; page <= window; page = page == 12 ? 16 : page + 5) {
			if (page > 21)
				break;
			create(page, window);
			pe_dma_remove(&pe, BASE | 1);
		}
	}
	pe.caps.max_pages = 1024; /* 4K pages do not reach as far as 64K ones */
	cr_assert(eq(int, try_create(12, 26), -EINVAL));
	create(16, 26);
}

Test(ddw_query, the_trees_values)
{
	uint32_t cells[FDT_DMA_MAX_CELLS];

	pe_dma_remove(&pe, BASE);
	cr_assert(eq(sz, fdt_dma_window(&pe, cells), 5));
	cr_assert(eq(u32, cells[0], BASE));
	cr_assert(eq(u32, cells[1], 0));
	cr_assert(eq(u32, cells[2], 0));
	cr_assert(eq(u32, cells[3], 0));
	cr_assert(eq(u32, cells[4], 1 * MiB));
	pe.caps.default_start = 0x123456789000;
	pe.caps.default_size = 1ULL << 33;
	fdt_dma_window(&pe, cells);
	cr_assert(eq(u32, cells[1], 0x1234));
	cr_assert(eq(u32, cells[2], 0x56789000));
	cr_assert(eq(u32, cells[3], 2));
	cr_assert(eq(u32, cells[4], 0));
}
