/* SPDX-License-Identifier: BSD-2-Clause */
/* spapr.c: servers, sources, reset; and that two machines share nothing. */
#include "sphapr/spapr.h"

#include "sphapr/metrics.h"

#include "tests/fake/platform.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

struct smt_case {
	uint32_t ncores, threads, vsmt;
};

ParameterizedTestParameters(spapr, servers_are_the_numbers_of_existing_threads)
{
	static struct smt_case cases[] = {
		{ 1, 1, 1 }, { 4, 1, 1 }, { 2, 4, 4 }, { 3, 2, 8 }, { 2, 8, 8 }, { 4, 1, 4 },
	};

	return cr_make_param_array(struct smt_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct smt_case *p, spapr, servers_are_the_numbers_of_existing_threads)
{
	struct spapr sp = { .cfg = {
				    .ncores = p->ncores, .threads = p->threads, .vsmt = p->vsmt } };
	uint32_t found = 0;

	for (uint32_t s = 0; s < 2 * p->ncores * p->vsmt; s++) {
		bool wanted = false;

		for (uint32_t i = 0; i < spapr_nvcpus(&sp); i++)
			wanted |= spapr_server(&sp, i) == s;
		cr_assert(eq(int, spapr_has_server(&sp, s), wanted), "server %u", s);
		found += wanted;
	}
	cr_assert(eq(u32, found, p->ncores * p->threads));
	cr_assert(not(spapr_has_server(&sp, UINT64_MAX)));
	cr_assert(not(spapr_has_server(&sp, 1ULL << 32)));
}

/* CPUs that may be added later have their numbers from the start, but do not exist. */
Test(spapr, possible_vcpus_have_numbers_but_are_not_there)
{
	struct spapr sp = { .cfg = { .ncores = 2, .max_cores = 4, .threads = 2, .vsmt = 8 } };

	cr_assert(eq(u32, spapr_nvcpus(&sp), 4));
	cr_assert(eq(u32, spapr_max_vcpus(&sp), 8));
	cr_assert(eq(u32, spapr_nservers(&sp), 32));
	cr_assert(eq(u32, spapr_server(&sp, 5), 17));
	cr_assert(spapr_has_server(&sp, 9));
	cr_assert(not(spapr_has_server(&sp, 17)));
}

Test(spapr, sources_are_claimed_by_kind_of_controller)
{
	struct fake_machine *xive = fake_machine_new(INTC_XIVE, 3, 1);
	struct fake_machine *xics = fake_machine_new(INTC_XICS, 3, 1);

	for (uint32_t i = 0; i < 4; i++) {
		cr_assert(eq(int, xive->intc.claimed[LISN_IPI + i], i < 3));
		cr_assert(not(xics->intc.claimed[LISN_IPI + i]));
	}
	cr_assert(xive->intc.claimed[LISN_EPOW]);
	cr_assert(xics->intc.claimed[LISN_VIO]);
	fake_machine_free(xive);
	fake_machine_free(xics);
}

Test(spapr, a_reset_keeps_clock_and_nvram_and_forgets_the_rest)
{
	struct fake_machine *m = fake_machine_new(INTC_XIVE, 1, 1);

	m->sp.rtc_offset_ns = 77;
	m->sp.cpu_mode.ile = true;
	m->intc.enabled[LISN_EPOW] = true;
	cr_assert(epow_post(&m->sp));
	cr_assert(eq(sz, vty_input(&m->sp, &m->sp.vty, (const uint8_t *)"abc", 3), 3));
	cr_assert(eq(int, spapr_reset(&m->sp), 0));
	cr_assert(eq(i64, m->sp.rtc_offset_ns, 77));
	cr_assert(not(m->sp.cpu_mode.ile));
	cr_assert(eq(int, (int)m->sp.epow, EPOW_NONE));
	cr_assert(eq(u32, m->sp.vty.head - m->sp.vty.tail, 0));
	m->intc.fail = -1;
	cr_assert(lt(int, spapr_reset(&m->sp), 0));
	fake_machine_free(m);
}

/* ---- mapped pages, counted in pieces ---- */

static struct spapr counted;
static unsigned int pieces;

static void others(void *ctx)
{
	pieces++;
	if (ctx)
		*(bool *)ctx = false; /* the window goes */
}

Test(spapr, mapped_pages_are_counted_in_pieces)
{
	static uint64_t tces[(1 << 15) + 3];
	struct pe *pe = &counted.phbs[2].pe;
	struct dma_window *w = &pe->windows[1];

	tces[0] = 1;
	tces[16383] = 2;
	tces[16384] = 3;
	tces[ARRAY_LEN(tces) - 1] = 0x10003;
	*w = (struct dma_window){ .page_shift = 12, .npages = ARRAY_LEN(tces), .tces = tces };
	spapr_count_mapped(&counted, others, NULL);
	cr_assert(not(w->is_counted), "nobody uses it");
	pe->live[1] = true;
	spapr_count_mapped(&counted, others, NULL);
	cr_assert(w->is_counted);
	cr_assert(eq(u64, w->mapped, 4));
	cr_assert(eq(uint, pieces, 3));
	spapr_count_mapped(&counted, others, &pe->live[1]);
	cr_assert(eq(uint, pieces, 4), "what is gone is not looked at");
	cr_assert(not(w->is_counted));
}
