/* SPDX-License-Identifier: BSD-2-Clause */
/* Claims never overlap, whatever is asked; what is told as available is what a claim gets. */
#include "firmware/of_claim.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#define END (64 * MiB)

static struct of_claims c;

static void setup(void)
{
	of_claims_init(&c, END);
}

TestSuite(of_claim, .init = setup);

struct claim_case {
	uint32_t virt, size, align, expect;
};

ParameterizedTestParameters(of_claim, one)
{
	static struct claim_case cases[] = {
		{ 0x20000, 1, 0, 0x20000 },
		{ 0x20001, 3, 0, 0x20001 },  /* any byte */
		{ 0x1ffff, 2, 0, OF_ERROR }, /* the stack */
		{ 0, 0x1000, 0, OF_ERROR },
		{ 0x3000, 4, 0, OF_ERROR },
		{ 0x20000, 0, 0, OF_ERROR },
		{ 0x20000, (uint32_t)END - 0x20000, 0, 0x20000 },
		{ 0x20000, (uint32_t)END - 0x20000 + 1, 0, OF_ERROR },
		{ (uint32_t)END - 1, 1, 0, (uint32_t)END - 1 },
		{ (uint32_t)END, 1, 0, OF_ERROR },
		{ 0xffffffff, 1, 0, OF_ERROR },
		{ 0xffffffff, 0xffffffff, 0, OF_ERROR },
		{ 0xfffff000, 0x1000, 0, OF_ERROR },
		{ 0x20000, 0xffffffff, 0, OF_ERROR },
		{ 5, 0x1000, 1, 0x20000 },
		{ 5, 0x1000, 0x100000, 0x100000 },
		{ 5, 0x1000, 0x180000, 0x200000 }, /* rounded up to a power of two */
		{ 5, 0x1000, 0xffffffff, OF_ERROR },
		{ 5, 0xffffffff, 0x1000, OF_ERROR },
		{ 5, 0, 0x1000, OF_ERROR },
	};

	return cr_make_param_array(struct claim_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct claim_case *p, of_claim, one)
{
	cr_assert(eq(u32, of_claim(&c, p->virt, p->size, p->align), p->expect), "0x%x 0x%x 0x%x",
		  p->virt, p->size, p->align);
	cr_assert(eq(u32, c.n, p->expect != OF_ERROR));
}

Test(of_claim, an_overlap_is_refused_at_both_ends)
{
	of_claim(&c, 0x100000, 0x1000, 0);
	cr_assert(eq(u32, of_claim(&c, 0x100000, 0x1000, 0), OF_ERROR));
	cr_assert(eq(u32, of_claim(&c, 0xff000, 0x1001, 0), OF_ERROR));
	cr_assert(eq(u32, of_claim(&c, 0x100fff, 1, 0), OF_ERROR));
	cr_assert(eq(u32, of_claim(&c, 0x80000, 0x200000, 0), OF_ERROR));
	cr_assert(eq(u32, of_claim(&c, 0xff000, 0x1000, 0), 0xff000));
	cr_assert(eq(u32, of_claim(&c, 0x101000, 0x1000, 0), 0x101000));
	cr_assert(eq(u32, c.n, 1)); /* neighbours are one */
}

Test(of_claim, the_lowest_gap_that_fits_is_taken)
{
	of_claim(&c, 0x30000, 0x10000, 0);
	of_claim(&c, 0x60000, 0x10000, 0);
	cr_assert(eq(u32, of_claim(&c, 0, 0x20000, 0x10000), 0x40000));
	cr_assert(eq(u32, of_claim(&c, 0, 0x20000, 0x10000), 0x70000));
	cr_assert(eq(u32, of_claim(&c, 0, 0x10000, 0x10000), 0x20000));
}

Test(of_claim, a_release_splits_and_frees_only_what_was_taken)
{
	of_claim(&c, 0x100000, 0x10000, 0);
	of_release(&c, 0x104000, 0x1000);
	cr_assert(eq(u32, c.n, 2));
	cr_assert(eq(u32, of_claim(&c, 0x104000, 0x1000, 0), 0x104000));
	cr_assert(eq(u32, c.n, 1));
	of_release(&c, 0, 0xffffffff);
	cr_assert(eq(u32, c.n, 0));
	of_release(&c, 0x30000, 0x1000);
	cr_assert(eq(u32, c.n, 0));
	cr_assert(eq(u32, of_claim(&c, 0x10000, 0x1000, 0), OF_ERROR)); /* never was for clients */
}

Test(of_claim, an_end_of_a_claim_may_be_released)
{
	of_claim(&c, 0x100000, 0x10000, 0);
	of_claim(&c, 0x200000, 0x10000, 0);
	of_release(&c, 0x108000, 0x100000);
	cr_assert(eq(u32, c.n, 2));
	cr_assert(eq(u64, c.taken[0].end, 0x108000));
	cr_assert(eq(u64, c.taken[1].start, 0x208000));
	of_release(&c, 0x108000, 0);
	cr_assert(eq(u32, c.n, 2));
}

Test(of_claim, nothing_that_is_released_splits_nothing)
{
	of_claim(&c, 0x100000, 0x10000, 0);
	of_release(&c, 0x108000, 0);
	cr_assert(eq(u32, c.n, 1));
	cr_assert(eq(u64, c.taken[0].end, 0x110000));
}

Test(of_claim, pieces_are_limited)
{
	for (uint32_t i = 0; i < OF_CLAIMS_MAX; i++)
		cr_assert(ne(u32, of_claim(&c, 0x100000 + 0x2000 * i, 0x1000, 0), OF_ERROR));
	cr_assert(eq(u32, of_claim(&c, 0x90000, 0x1000, 0), OF_ERROR));
	of_release(&c, 0x100400, 0x100); /* would be one more */
	cr_assert(eq(u32, c.n, OF_CLAIMS_MAX));
	cr_assert(eq(u32, of_claim(&c, 0x101000, 0x1000, 0), 0x101000)); /* one less */
	cr_assert(eq(u32, c.n, OF_CLAIMS_MAX - 1));
}

Test(of_claim, of_33_ranges_the_smallest_is_not_told)
{
	struct of_range r[OF_AVAILABLE_MAX];

	for (uint32_t i = 0; i < 32; i++)
		of_claim(&c, 0x100000 + 0x20000 * i + (i == 7 ? 0x800 : 0), 0x10000, 0);
	cr_assert(eq(u32, of_available(&c, r), 32));
	for (uint32_t i = 0; i < 32; i++) {
		cr_assert(ne(u64, r[i].start, 0x100000 + 0x20000 * 7 + 0x10800));
		cr_assert(i == 0 || r[i - 1].end < r[i].start);
	}
	cr_assert(eq(u64, r[31].end, END));
}

Test(of_claim, cells_end_at_4_GiB)
{
	struct of_range r[OF_AVAILABLE_MAX];

	of_claims_init(&c, 1 * TiB);
	cr_assert(eq(u32, of_available(&c, r), 1));
	cr_assert(eq(u64, r[0].end, 4 * GiB));
	cr_assert(eq(u32, of_claim(&c, 0xfffff000, 0x1000, 0), 0xfffff000));
	cr_assert(eq(u32, of_claim(&c, 0, 0x80000000, 0x80000000), OF_ERROR));
	of_claims_init(&c, 64 * KiB);
	cr_assert(eq(u32, of_available(&c, r), 0));
	cr_assert(eq(u32, of_claim(&c, 0, 1, 1), OF_ERROR));
}

static uint32_t random32(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return (uint32_t)(*s >> 16);
}

/* Any order of claims and releases, beside a map of pages. */
Test(of_claim, a_map_of_pages_agrees, .timeout = 60)
{
	static bool map[END / 4096];
	struct of_range r[OF_AVAILABLE_MAX];
	uint64_t s = 99;

	for (int i = 0; i < 0x20; i++)
		map[i] = true;
	for (int round = 0; round < 20000; round++) {
		uint32_t page = random32(&s) % ARRAY_LEN(map), n = 1 + random32(&s) % 300, got;
		uint32_t align = random32(&s) % 3 ? 0 : 4096u << random32(&s) % 8;
		bool is_free = page + n <= ARRAY_LEN(map);

		if (random32(&s) % 2) {
			of_release(&c, page * 4096, n * 4096);
			for (uint32_t i = page;
			     c.n < OF_CLAIMS_MAX && i < page + n && i < ARRAY_LEN(map); i++)
				map[i] = i < 0x20;
			continue;
		}
		got = of_claim(&c, page * 4096, n * 4096, align);
		for (uint32_t i = page; is_free && i < page + n; i++)
			is_free = !map[i];
		if (!align)
			cr_assert(eq(u32, got, is_free ? page * 4096 : OF_ERROR));
		for (uint32_t i = 0; got != OF_ERROR && i < n; i++) {
			cr_assert(not(map[got / 4096 + i]));
			map[got / 4096 + i] = true;
		}
	}
	for (uint32_t i = 0, k = of_available(&c, r); i < k; i++)
		for (uint64_t at = r[i].start; at < r[i].end; at += 4096)
			cr_assert(not(map[at / 4096]));
}
