/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/ddw.h"
#include "sphapr/phb.h"
#include "sphapr/tce.h"
#include "tests/fake/dma.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LOG_PREFIX "test"
#include "vmm/base/log.h"

#define BASE 0x80000300u
#define K4 0x1u
#define K64 0x2u
#define M16 0x4u
#define M256 0x40u
#define G16 0x80u
#define M2 0x100u
#define ALL_SIZES (4 * KiB | 64 * KiB | 2 * MiB | 16 * MiB | 256 * MiB | 16 * GiB)

static struct gmem mem;
static struct fake_dma host;
static struct pe_dma pe;
static unsigned int nlines;
static char line_said[256];
static uint8_t byte;

static void said(enum log_level level, const char *line)
{
	if (level > LOG_WARN)
		return;
	nlines++;
	snprintf(line_said, sizeof(line_said), "%s", line);
}

static void ram(uint64_t first, gpa_t base, uint64_t second)
{
	mem = (struct gmem){ 0 };
	gmem_add(&mem, 0, first, &byte);
	if (second)
		gmem_add(&mem, base, second, &byte);
}

static void open_pe(void)
{
	cr_assert(eq(int, pe_dma_init(&pe, &fake_dma_ops, &host, &host.caps, 3, true), 0));
}

static void setup(void)
{
	log_set_sink(said);
	ram(64 * MiB, 0, 0);
	fake_dma_init(&host, &mem);
	open_pe();
}

static void teardown(void)
{
	pe_dma_close(&pe);
	cr_assert(eq(u32, fake_dma_windows(&host), 0));
}

TestSuite(ddw, .init = setup, .fini = teardown);

static uint32_t create(uint32_t page_shift, uint32_t window_shift)
{
	struct dma_window *w = NULL;

	cr_assert(eq(int, pe_dma_create(&pe, &mem, page_shift, window_shift, &w), 0));
	return w->liobn;
}

static int try_create(uint32_t page_shift, uint32_t window_shift)
{
	struct dma_window *w = NULL;

	return pe_dma_create(&pe, &mem, page_shift, window_shift, &w);
}

static struct ddw_query query(void)
{
	struct ddw_query q;

	pe_dma_query(&pe, &mem, &q);
	return q;
}

static void map_one(uint32_t liobn)
{
	struct dma_window *w = pe_dma_find(&pe, liobn);
	const uint64_t tce = TCE_PERM;

	cr_assert(eq(long, tce_put(&pe, w, &mem, w->start, &tce, 1), 0));
}

static void is_default_and_empty(void)
{
	const struct dma_window *w = pe_dma_find(&pe, BASE);

	cr_assert(ne(ptr, (void *)w, NULL));
	cr_assert(pe.has_default);
	cr_assert(eq(u64, w->start, 0));
	cr_assert(eq(u32, w->page_shift, 12));
	cr_assert(eq(u64, w->npages, 256));
	cr_assert(eq(u32, fake_dma_windows(&host), 1));
	cr_assert(eq(u64, fake_dma_mapped(&host), 0));
	for (uint64_t i = 0; i < w->npages; i++)
		cr_assert(eq(u64, w->tces[i], 0));
}

Test(ddw, at_first_there_is_the_default)
{
	is_default_and_empty();
	cr_assert(eq(u32, query().windows, 1));
	cr_assert(eq(ptr, (void *)pe_dma_find(&pe, BASE | 1), NULL));
	cr_assert(eq(ptr, (void *)pe_dma_find(&pe, 0), NULL));
}

Test(ddw, a_dynamic_window_stands_beside_the_default)
{
	struct dma_window *w = NULL;

	cr_assert(eq(int, pe_dma_create(&pe, &mem, 16, 26, &w), 0));
	cr_assert(eq(u32, w->liobn, BASE | 1));
	cr_assert(eq(u64, w->start, FAKE_DMA_SECOND));
	cr_assert(eq(u64, w->npages, 1024));
	cr_assert(eq(ptr, (void *)pe_dma_find(&pe, BASE | 1), (void *)w));
	cr_assert(eq(u32, query().windows, 0));
	cr_assert(eq(int, try_create(16, 26), -EINVAL));
	cr_assert(eq(u32, fake_dma_windows(&host), 2));
}

Test(ddw, remove_of_the_dynamic_one_leaves_the_default_alone)
{
	map_one(BASE);
	create(16, 26);
	map_one(BASE | 1);
	cr_assert(eq(int, pe_dma_remove(&pe, BASE | 1), 0));
	cr_assert(eq(u64, fake_dma_mapped(&host), 1), "what is in the default stays");
	cr_assert(eq(int, pe_dma_remove(&pe, BASE | 1), -ENOENT));
	cr_assert(eq(u32, query().windows, 1));
	cr_assert(eq(u32, create(16, 26), BASE | 1));
}

Test(ddw, without_the_default_a_window_lands_in_its_place)
{
	const struct dma_window *w;

	map_one(BASE);
	cr_assert(eq(int, pe_dma_remove(&pe, BASE), 0));
	cr_assert(eq(u32, fake_dma_windows(&host), 0));
	cr_assert(eq(int, pe_dma_remove(&pe, BASE), -ENOENT));
	cr_assert(eq(u32, query().windows, 2));
	cr_assert(eq(u32, create(16, 26), BASE | 1));
	w = pe_dma_find(&pe, BASE | 1);
	cr_assert(eq(u64, w->start, 0));
	cr_assert(eq(u64, w->tces[0], 0), "empty");
	cr_assert(eq(u32, query().windows, 1));
}

Test(ddw, the_last_dynamic_one_brings_the_default_back)
{
	pe_dma_remove(&pe, BASE);
	create(16, 26);
	map_one(BASE | 1);
	cr_assert(eq(int, pe_dma_remove(&pe, BASE | 1), 0));
	is_default_and_empty();
}

Test(ddw, two_dynamic_windows_in_every_order)
{
	create(16, 26); /* BOTH: |1 at the second start */
	pe_dma_remove(&pe, BASE);
	cr_assert(eq(u32, query().windows, 1));
	cr_assert(eq(u32, create(12, 20), BASE | 2)); /* TWO: |2 at 0 */
	cr_assert(eq(u64, pe_dma_find(&pe, BASE | 2)->start, 0));
	cr_assert(eq(int, try_create(12, 20), -EINVAL));
	pe_dma_remove(&pe, BASE | 1);
	cr_assert(not(pe.has_default));
	cr_assert(eq(u32, create(12, 20), BASE | 1));
	cr_assert(eq(u64, pe_dma_find(&pe, BASE | 1)->start, FAKE_DMA_SECOND));
	pe_dma_remove(&pe, BASE | 2);
	pe_dma_remove(&pe, BASE | 1);
	is_default_and_empty();
}

Test(ddw, reset_is_the_way_home_from_each_state)
{
	for (int state = 0; state < 5; state++) {
		if (state == 1 || state == 4)
			create(16, 26);
		if (state >= 2)
			pe_dma_remove(&pe, BASE);
		if (state == 3 || state == 4)
			map_one(create(12, 24));
		if (pe.has_default)
			map_one(BASE);
		cr_assert(eq(int, pe_dma_reset(&pe), 0));
		is_default_and_empty();
	}
}

Test(ddw, reset_empties_the_default_in_its_place)
{
	const uint64_t tces[] = { 0x1000 | TCE_PERM, 0, 0x5000 | TCE_READ, 0x77000 };
	struct dma_window *w = pe_dma_find(&pe, BASE);
	unsigned int before;

	tce_put(&pe, w, &mem, 0x4000, tces, 4);
	before = host.ncalls;
	cr_assert(eq(int, pe_dma_reset(&pe), 0));
	cr_assert(eq(u32, host.ncalls, before + 1), "one call over all that is mapped");
	cr_assert(eq(u64, fake_dma_last(&host)->ioba, 0x4000));
	cr_assert(eq(u64, fake_dma_last(&host)->size, 0x3000));
	is_default_and_empty();
}

Test(ddw, a_default_that_cannot_be_emptied_is_made_anew)
{
	map_one(BASE);
	host.fail_in = 1;
	cr_assert(eq(int, pe_dma_reset(&pe), 0));
	is_default_and_empty();
	map_one(BASE);
	host.fail_in = 1;
	host.fail_for = 2;
	cr_assert(eq(int, pe_dma_reset(&pe), -EIO));
	cr_assert(eq(u32, fake_dma_windows(&host), 0));
	cr_assert(eq(int, pe_dma_reset(&pe), 0));
	is_default_and_empty();
}

Test(ddw, a_default_that_does_not_come_back_is_tried_at_the_next_reset)
{
	pe_dma_remove(&pe, BASE);
	create(16, 26);
	host.fail_in = 1;
	host.fail_with = -ENOMEM;
	cr_assert(eq(int, pe_dma_remove(&pe, BASE | 1), 0), "the window asked for is gone");
	cr_assert(eq(u32, nlines, 1));
	cr_assert(eq(u32, fake_dma_windows(&host), 0));
	cr_assert(eq(ptr, (void *)pe_dma_find(&pe, BASE), NULL));
	cr_assert(eq(u32, query().windows, 2));
	host.fail_in = 1;
	cr_assert(eq(int, pe_dma_reset(&pe), -ENOMEM));
	cr_assert(eq(int, pe_dma_reset(&pe), 0));
	is_default_and_empty();
}

Test(ddw, what_the_host_refuses_changes_nothing)
{
	const int errs[] = { -ENOMEM, -ENOSPC, -EINVAL, -EPERM, 1 };

	map_one(BASE);
	for (size_t i = 0; i < ARRAY_LEN(errs); i++) {
		int r;

		host.fail_in = 1;
		host.fail_with = errs[i];
		r = try_create(16, 26);
		cr_assert(lt(int, r, 0));
		cr_assert(ne(int, r, -EINVAL), "that would be the guest's fault");
		cr_assert(eq(u32, nlines, i + 1));
		cr_assert(eq(u32, query().windows, 1));
		cr_assert(eq(u64, fake_dma_mapped(&host), 1));
	}
	cr_assert(ne(ptr, strstr(line_said, "LIOBN 0x80000301"), NULL));
	create(16, 26);
}

Test(ddw, a_guest_cannot_fill_the_log)
{
	for (int i = 0; i < 1000; i++) {
		host.fail_in = 1;
		cr_assert(eq(int, try_create(16, 26), -EIO));
	}
	cr_assert(lt(u32, nlines, 20));
}

Test(ddw, the_guest_is_told_where_the_host_put_it)
{
	host.slot_start[1] = 0x4000000000;
	create(16, 26);
	cr_assert(eq(u64, pe_dma_find(&pe, BASE | 1)->start, 0x4000000000));
}

Test(ddw, a_place_that_cannot_be_is_refused)
{
	const ioba_t bad[] = { 0,           0xff000,    0xf0000,
			       0x7f000000,  0x7fff0000, 0x80000000,
			       0xffff0000,  0x80001000, UINT64_MAX & ~0xffffULL,
			       0x4000008000 };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		host.slot_start[1] = bad[i];
		cr_assert(eq(int, try_create(16, 26), -EADDRINUSE), "0x%llx",
			  (unsigned long long)bad[i]);
		cr_assert(eq(u32, fake_dma_windows(&host), 1));
		cr_assert(eq(u32, query().windows, 1));
	}
	host.slot_start[1] = 0x100000;
	cr_assert(eq(int, try_create(16, 26), 0), "the first byte after the default");
	pe_dma_remove(&pe, BASE | 1);
	host.slot_start[1] = 0x100000000;
	cr_assert(eq(int, try_create(16, 26), 0), "the first byte after the 32-bit BARs");
	pe_dma_remove(&pe, BASE | 1);
	host.slot_start[1] = 0x7c000000;
	cr_assert(eq(int, try_create(16, 26), 0), "up to the 32-bit BARs");
}

Test(ddw, a_default_elsewhere_is_no_default)
{
	struct pe_dma other;

	pe_dma_close(&pe);
	host.slot_start[0] = 0x100000;
	cr_assert(eq(int, pe_dma_init(&other, &fake_dma_ops, &host, &host.caps, 0, true),
		     -EADDRINUSE));
	cr_assert(eq(u32, fake_dma_windows(&host), 0));
	cr_assert(eq(ptr, (void *)other.ops, NULL));
	host.caps.default_start = 0x100000;
	cr_assert(eq(int, pe_dma_init(&other, &fake_dma_ops, &host, &host.caps, 0, true), 0));
	pe_dma_close(&other);
}

Test(ddw, init_refuses_senseless_caps_and_leaves_nothing)
{
	struct dma_caps caps = host.caps;
	struct pe_dma other;

	caps.max_windows = 0;
	cr_assert(eq(int, pe_dma_init(&other, &fake_dma_ops, &host, &caps, 0, true), -EINVAL));
	caps = host.caps;
	for (uint64_t size = 0; size <= 3 * MiB; size = size ? size * 3 : 2048) {
		caps.default_size = size;
		cr_assert(eq(int, pe_dma_init(&other, &fake_dma_ops, &host, &caps, 0, true),
			     -EINVAL));
	}
	pe_dma_close(&pe);
	host.fail_in = 1;
	cr_assert(eq(int, pe_dma_init(&other, &fake_dma_ops, &host, &host.caps, 0, true), -EIO));
	pe_dma_close(&other);
	pe_dma_close(&other);
}

Test(ddw, without_a_backend_or_ddw_nothing_is_offered)
{
	struct ddw_query q = { 7, 7, 7, 7 };
	struct dma_window *w = NULL;

	pe_dma_close(&pe);
	for (int backend = 0; backend < 2; backend++) {
		cr_assert(eq(int,
			     pe_dma_init(&pe, backend ? &fake_dma_ops : NULL, &host, &host.caps, 3,
					 !backend),
			     0));
		pe_dma_query(&pe, &mem, &q);
		cr_assert(eq(u32, q.windows, 0));
		cr_assert(eq(u64, q.largest, 0));
		cr_assert(eq(u32, q.page_mask, 0));
		cr_assert(eq(int, pe_dma_create(&pe, &mem, 12, 20, &w), -EINVAL));
		cr_assert(eq(int, pe_dma_remove(&pe, BASE | 1), -ENOENT));
		cr_assert(eq(int, pe_dma_reset(&pe), 0));
		pe_dma_close(&pe);
	}
}

Test(ddw, a_host_with_one_window)
{
	pe_dma_close(&pe);
	host.caps.max_windows = 1;
	open_pe();
	cr_assert(eq(u32, query().windows, 0));
	cr_assert(eq(int, try_create(16, 26), -EINVAL));
	pe_dma_remove(&pe, BASE);
	cr_assert(eq(u32, query().windows, 1));
	cr_assert(eq(u32, create(16, 26), BASE | 1));
	cr_assert(eq(u32, query().windows, 0));
	cr_assert(eq(int, try_create(12, 20), -EINVAL));
	pe_dma_remove(&pe, BASE | 1);
	is_default_and_empty();
}

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

Test(ddw, page_sizes_are_the_hosts_that_divide_ram)
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

Test(ddw, the_largest_block_is_what_the_host_can_build)
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

Test(ddw, a_low_window_ends_below_the_32_bit_bars)
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

Test(ddw, the_32_bit_bars_are_where_the_phb_has_them)
{
	struct phb_range r = phb_range(0, PHB_MEM32);

	cr_assert(eq(u64, r.bus, DDW_LOW_END));
	cr_assert(eq(u64, r.bus + r.size, DDW_HIGH_START));
}

Test(ddw, create_takes_what_the_query_offered_and_no_more)
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

Test(ddw, the_trees_values)
{
	uint32_t cells[DDW_FDT_MAX_CELLS];

	pe_dma_remove(&pe, BASE);
	cr_assert(eq(sz, ddw_fdt_dma_window(&pe, cells), 5));
	cr_assert(eq(u32, cells[0], BASE));
	cr_assert(eq(u32, cells[1], 0));
	cr_assert(eq(u32, cells[2], 0));
	cr_assert(eq(u32, cells[3], 0));
	cr_assert(eq(u32, cells[4], 1 * MiB));
	pe.caps.default_start = 0x123456789000;
	pe.caps.default_size = 1ULL << 33;
	ddw_fdt_dma_window(&pe, cells);
	cr_assert(eq(u32, cells[1], 0x1234));
	cr_assert(eq(u32, cells[2], 0x56789000));
	cr_assert(eq(u32, cells[3], 2));
	cr_assert(eq(u32, cells[4], 0));
}
