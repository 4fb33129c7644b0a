/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fake/platform.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#define POOL (LISN_END - LISN_PCI_MSI)

static struct fake_machine *m;
static struct intc *ic;

static void setup(void)
{
	m = fake_machine_new(INTC_XIVE, 1, 1);
	ic = &m->sp.intc;
}

static void teardown(void)
{
	fake_machine_free(m);
}

TestSuite(intc_block, .init = setup, .fini = teardown);

Test(intc_block, blocks_follow_each_other)
{
	cr_assert(eq(int, intc_alloc_block(ic, 3, 1), LISN_PCI_MSI));
	cr_assert(eq(int, intc_alloc_block(ic, 1, 1), LISN_PCI_MSI + 3));
	cr_assert(eq(int, intc_alloc_block(ic, 8, 8), LISN_PCI_MSI + 8));
	cr_assert(eq(int, intc_alloc_block(ic, 4, 4), LISN_PCI_MSI + 4), "the gap is used");
	for (uint32_t i = LISN_PCI_MSI; i < LISN_PCI_MSI + 16; i++) {
		cr_assert(m->intc.claimed[i]);
		cr_assert(not(m->intc.level[i]));
	}
	cr_assert(not(m->intc.claimed[LISN_PCI_MSI + 16]));
}

Test(intc_block, alignment_is_absolute)
{
	for (uint32_t n = 1; n <= 2048; n *= 2) {
		int first = intc_alloc_block(ic, n, n);

		cr_assert(ge(int, first, LISN_PCI_MSI));
		cr_assert(eq(int, first % (int)n, 0));
		intc_free_block(ic, (uint32_t)first, n);
	}
}

Test(intc_block, freed_sources_are_used_again_without_a_claim)
{
	int first = intc_alloc_block(ic, 16, 16);
	unsigned int ncalls = m->intc.ncalls;

	intc_free_block(ic, (uint32_t)first, 16);
	cr_assert(eq(int, intc_alloc_block(ic, 16, 1), first));
	cr_assert(eq(uint, m->intc.ncalls, ncalls));
	cr_assert(ic->src[first].claimed);
}

Test(intc_block, the_whole_pool_and_not_one_more)
{
	cr_assert(eq(u32, intc_largest_block(ic, false), POOL));
	cr_assert(eq(u32, intc_largest_block(ic, true), 2048), "0x1800 to 0x1fff");
	cr_assert(eq(int, intc_alloc_block(ic, POOL + 1, 1), -ENOSPC));
	cr_assert(eq(int, intc_alloc_block(ic, UINT32_MAX, 1), -ENOSPC));
	cr_assert(eq(int, intc_alloc_block(ic, 4096, 4096), -ENOSPC));
	cr_assert(eq(int, intc_alloc_block(ic, 1, 1U << 31), -ENOSPC));
	cr_assert(eq(int, intc_alloc_block(ic, POOL, 1), LISN_PCI_MSI));
	cr_assert(eq(int, intc_alloc_block(ic, 1, 1), -ENOSPC));
	cr_assert(eq(u32, intc_largest_block(ic, false), 0));
	cr_assert(eq(u32, intc_largest_block(ic, true), 0));
	intc_free_block(ic, LISN_END - 5, 5);
	cr_assert(eq(u32, intc_largest_block(ic, false), 5));
	cr_assert(eq(u32, intc_largest_block(ic, true), 4));
	cr_assert(eq(int, intc_alloc_block(ic, 4, 4), LISN_END - 4));
	cr_assert(eq(int, intc_alloc_block(ic, 1, 1), LISN_END - 5));
}

Test(intc_block, a_refused_claim_takes_nothing)
{
	m->intc.fail = -ENOMEM;
	cr_assert(eq(int, intc_alloc_block(ic, 4, 1), -ENOMEM));
	m->intc.fail = 0;
	cr_assert(eq(u32, intc_largest_block(ic, false), POOL));
	cr_assert(eq(int, intc_alloc_block(ic, 4, 1), LISN_PCI_MSI));
}

/* Random series against a plain picture of who has what: no overlap, no leak. */
Test(intc_block, random_series)
{
	struct {
		uint32_t first, n;
	} held[64] = { 0 };
	uint64_t seed = 99;

	for (int i = 0; i < 20000; i++) {
		uint32_t k, n, align, used = 0, taken = 0;
		int r;

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		k = (uint32_t)(seed >> 58);
		n = 1 + (uint32_t)(seed >> 40) % 200;
		align = 1U << (seed >> 33) % 7;
		if (held[k].n) {
			intc_free_block(ic, held[k].first, held[k].n);
			held[k].n = 0;
		} else {
			r = intc_alloc_block(ic, n, align);
			if (r < 0) {
				cr_assert(eq(int, r, -ENOSPC));
				cr_assert(lt(u32, intc_largest_block(ic, false), n + align));
				continue;
			}
			cr_assert(eq(u32, (uint32_t)r % align, 0));
			for (uint32_t j = 0; j < ARRAY_LEN(held); j++) {
				bool apart = held[j].first + held[j].n <= (uint32_t)r ||
					     (uint32_t)r + n <= held[j].first;

				cr_assert(eq(int, held[j].n == 0 || apart, true));
			}
			held[k].first = (uint32_t)r;
			held[k].n = n;
		}
		for (uint32_t j = 0; j < ARRAY_LEN(held); j++)
			used += held[j].n;
		for (uint32_t j = 0; j < LISN_END; j++)
			taken += ic->src[j].taken;
		cr_assert(eq(u32, taken, used));
	}
}
