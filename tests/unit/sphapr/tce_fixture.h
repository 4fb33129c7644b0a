/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_SPHAPR_TCE_FIXTURE_H
#define TESTS_UNIT_SPHAPR_TCE_FIXTURE_H

/* For tests of TCE updates: a PE with its default window on a strict fake host. */
#include "sphapr/hcall.h"
#include "sphapr/tce.h"
#include "tests/fake/dma.h"
#include "tests/unit/said.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* Three banks: the first two touch, so that their guest addresses go on and their memory does not.
 */
#define BANK (8 * MiB)
#define HOLE (2 * BANK)
#define THIRD (4 * BANK)
#define RW TCE_PERM

static struct gmem mem;
static struct fake_dma host;
static struct pe pe;
static struct dma_window *w;
static uint8_t byte; /* nobody reads guest RAM here */

static void setup(void)
{
	said_catch(LOG_DEBUG);
	mem = (struct gmem){ 0 };
	gmem_add(&mem, 0, BANK, &byte);
	gmem_add(&mem, BANK, BANK, &byte);
	gmem_add(&mem, THIRD, BANK + 64 * KiB, &byte);
	fake_dma_init(&host, &mem);
	cr_assert(eq(int, pe_dma_init(&pe, &fake_dma_ops, &host, &host.caps, 0, true), 0));
	w = &pe.windows[0];
}

static inline void teardown(void)
{
	pe_dma_close(&pe);
	cr_assert(eq(u32, fake_dma_windows(&host), 0));
}

static inline long put(ioba_t ioba, uint64_t tce)
{
	return tce_put(&pe, w, &mem, ioba, &tce, 1);
}

static inline uint64_t get(ioba_t ioba)
{
	uint64_t tce = 0x5a5a;

	cr_assert(eq(long, tce_get(w, ioba, &tce), H_SUCCESS));
	return tce;
}

/* @n values from @gpa on, neighbours in guest addresses. */
static inline const uint64_t *list(uint64_t *tces, gpa_t gpa, uint64_t perm, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		tces[i] = (gpa + (i << w->page_shift)) | perm;
	return tces;
}

#endif
