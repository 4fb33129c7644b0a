/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_SPHAPR_DDW_FIXTURE_H
#define TESTS_UNIT_SPHAPR_DDW_FIXTURE_H

/* For tests of dynamic windows: the PE of PHB 3 on a strict fake host, and short ways to ask it. */
#include "sphapr/ddw.h"
#include "tests/fake/dma.h"
#include "tests/unit/said.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define BASE 0x80000300u /* LIOBN of the default window */

static struct gmem mem;
static struct fake_dma host;
static struct pe pe;
static uint8_t byte; /* nobody reads guest RAM here */

static inline void teardown(void)
{
	pe_dma_close(&pe);
	cr_assert(eq(u32, fake_dma_windows(&host), 0));
}

static inline uint32_t create(uint32_t page_shift, uint32_t window_shift)
{
	struct dma_window *w = NULL;

	cr_assert(eq(int, pe_dma_create(&pe, &mem, page_shift, window_shift, &w), 0));
	return w->liobn;
}

static inline int try_create(uint32_t page_shift, uint32_t window_shift)
{
	struct dma_window *w = NULL;

	return pe_dma_create(&pe, &mem, page_shift, window_shift, &w);
}

static inline struct ddw_query query(void)
{
	struct ddw_query q;

	pe_dma_query(&pe, &mem, &q);
	return q;
}

#endif
