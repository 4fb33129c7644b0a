/* SPDX-License-Identifier: BSD-2-Clause */
/* hcall_xive.c: every H_INT_* call, its bad arguments, and the EOI of level interrupts. */
#include "sphapr/hcall.h"
#include "sphapr/layout.h"
#include "tests/fake/platform.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <string.h>

#define NOBODY 5u /* no such server */
#define LSI LISN_PCI_LSI
#define QUEUE 0x10000

static struct fake_machine *m; /* 2 servers, 1 MiB */

static void setup(void)
{
	m = fake_machine_new(INTC_XIVE, 2, 1);
	cr_assert(eq(int, intc_claim(&m->sp.intc, LSI, true), 0));
	for (uint32_t i = 0; i < 2; i++)
		m->intc.queues[i][6] =
			(struct xive_queue){ .flags = 1, .addr = QUEUE, .shift = 16 };
	m->intc.ncalls = 0;
}

static void teardown(void)
{
	fake_machine_free(m);
}

TestSuite(hcall_xive, .init = setup, .fini = teardown);

struct xive_case {
	uint64_t nr, args[5];
	long result;
	char op; /* call of the backend, 0: none */
};

ParameterizedTestParameters(hcall_xive, arguments_are_checked_in_their_order)
{
	static struct xive_case cases[] = {
		{ H_INT_GET_SOURCE_INFO, { 0, LISN_EPOW }, H_SUCCESS },
		{ H_INT_GET_SOURCE_INFO, { 1, LISN_EPOW }, H_PARAMETER },
		{ H_INT_GET_SOURCE_INFO, { 0, LISN_EPOW + 1 }, H_P2 },
		{ H_INT_GET_SOURCE_INFO, { 0, LISN_END }, H_P2 },
		{ H_INT_GET_SOURCE_INFO, { 0, UINT64_MAX }, H_P2 },
		{ H_INT_GET_SOURCE_INFO, { 0, 1ull << 32 | LISN_EPOW }, H_P2 },

		{ H_INT_SET_SOURCE_CONFIG, { 0, LISN_EPOW, 1, 6, 0 }, H_SUCCESS, 's' },
		{ H_INT_SET_SOURCE_CONFIG, { 3, LISN_EPOW, 1, 6, 9 }, H_SUCCESS, 's' },
		{ H_INT_SET_SOURCE_CONFIG, { 0, LISN_EPOW, 77, 0xff, 0 }, H_SUCCESS, 's' },
		{ H_INT_SET_SOURCE_CONFIG, { 4, LISN_EPOW, 1, 6, 0 }, H_PARAMETER },
		{ H_INT_SET_SOURCE_CONFIG, { 1ull << 63, LISN_EPOW, 1, 6, 0 }, H_PARAMETER },
		{ H_INT_SET_SOURCE_CONFIG, { 0, LISN_END, 1, 6, 0 }, H_P2 },
		{ H_INT_SET_SOURCE_CONFIG, { 0, LISN_EPOW, NOBODY, 6, 0 }, H_P3 },
		{ H_INT_SET_SOURCE_CONFIG, { 0, LISN_EPOW, 1ull << 32, 6, 0 }, H_P3 },
		{ H_INT_SET_SOURCE_CONFIG, { 0, LISN_EPOW, 1, 7, 0 }, H_P4 },
		{ H_INT_SET_SOURCE_CONFIG, { 0, LISN_EPOW, 1, 256 + 6, 0 }, H_P4 },
		{ H_INT_SET_SOURCE_CONFIG, { 0, LISN_EPOW, 1, 5, 0 }, H_P4 }, /* no queue there */
		{ H_INT_SET_SOURCE_CONFIG, { 2, LISN_EPOW, 1, 6, 1ull << 31 }, H_P5 },
		{ H_INT_SET_SOURCE_CONFIG, { 0, LISN_EPOW, 1, 6, 1ull << 31 }, H_SUCCESS, 's' },

		{ H_INT_GET_SOURCE_CONFIG, { 0, LISN_EPOW }, H_SUCCESS },
		{ H_INT_GET_SOURCE_CONFIG, { 1, LISN_EPOW }, H_PARAMETER },
		{ H_INT_GET_SOURCE_CONFIG, { 0, LISN_END }, H_P2 },

		{ H_INT_GET_QUEUE_INFO, { 0, 1, 6 }, H_SUCCESS },
		{ H_INT_GET_QUEUE_INFO, { 1, 1, 6 }, H_PARAMETER },
		{ H_INT_GET_QUEUE_INFO, { 0, NOBODY, 6 }, H_P2 },
		{ H_INT_GET_QUEUE_INFO, { 0, 1, 7 }, H_P3 },
		{ H_INT_GET_QUEUE_INFO, { 0, 1, 0xff }, H_P3 },

		{ H_INT_SET_QUEUE_CONFIG, { 1, 1, 6, QUEUE, 16 }, H_SUCCESS, 'q' },
		{ H_INT_SET_QUEUE_CONFIG, { 0, 1, 6, 0, 0 }, H_SUCCESS, 'q' },
		{ H_INT_SET_QUEUE_CONFIG, { 1, 1, 6, 0, 0 }, H_SUCCESS, 'q' },
		{ H_INT_SET_QUEUE_CONFIG, { 2, 1, 6, QUEUE, 16 }, H_PARAMETER },
		{ H_INT_SET_QUEUE_CONFIG, { 0, 1, 6, QUEUE, 16 }, H_PARAMETER }, /* no notify */
		{ H_INT_SET_QUEUE_CONFIG, { 1, NOBODY, 6, QUEUE, 16 }, H_P2 },
		{ H_INT_SET_QUEUE_CONFIG, { 1, 1, 7, QUEUE, 16 }, H_P3 },
		{ H_INT_SET_QUEUE_CONFIG, { 1, 1, 6, QUEUE + 0x1000, 16 }, H_P4 },
		{ H_INT_SET_QUEUE_CONFIG, { 1, 1, 6, 1 * MiB, 16 }, H_P4 },
		{ H_INT_SET_QUEUE_CONFIG, { 1, 1, 6, ~0xffffull, 16 }, H_P4 },
		{ H_INT_SET_QUEUE_CONFIG, { 1, 1, 6, 1 * MiB - 0x10000, 16 }, H_SUCCESS, 'q' },
		{ H_INT_SET_QUEUE_CONFIG, { 1, 1, 6, QUEUE, 12 }, H_P5 },
		{ H_INT_SET_QUEUE_CONFIG, { 1, 1, 6, QUEUE, 21 }, H_P5 },
		{ H_INT_SET_QUEUE_CONFIG, { 1, 1, 6, QUEUE, 1ull << 32 | 16 }, H_P5 },

		{ H_INT_GET_QUEUE_CONFIG, { 0, 1, 6 }, H_SUCCESS },
		{ H_INT_GET_QUEUE_CONFIG, { 1, 1, 6 }, H_SUCCESS },
		{ H_INT_GET_QUEUE_CONFIG, { 2, 1, 6 }, H_PARAMETER },
		{ H_INT_GET_QUEUE_CONFIG, { 0, NOBODY, 6 }, H_P2 },
		{ H_INT_GET_QUEUE_CONFIG, { 0, 1, 7 }, H_P3 },

		{ H_INT_ESB, { 0, LISN_EPOW, 0x800, 0 }, H_SUCCESS, 'L' },
		{ H_INT_ESB, { 1, LISN_EPOW, 0xfff8, 5 }, H_SUCCESS, 'S' },
		{ H_INT_ESB, { 2, LISN_EPOW, 0, 0 }, H_PARAMETER },
		{ H_INT_ESB, { 0, LISN_END, 0, 0 }, H_P2 },
		{ H_INT_ESB, { 0, LISN_EPOW, 0x10000, 0 }, H_P3 },
		{ H_INT_ESB, { 0, LISN_EPOW, 4, 0 }, H_P3 },
		{ H_INT_ESB, { 0, LISN_EPOW, ~7ull, 0 }, H_P3 },

		{ H_INT_SYNC, { 0, LISN_EPOW }, H_SUCCESS, 'y' },
		{ H_INT_SYNC, { 1, LISN_EPOW }, H_PARAMETER },
		{ H_INT_SYNC, { 0, LISN_END }, H_P2 },

		{ H_INT_RESET, { 0 }, H_SUCCESS, 'r' },
		{ H_INT_RESET, { 1 }, H_PARAMETER },
	};

	return cr_make_param_array(struct xive_case, cases, ARRAY_LEN(cases));
}

static long call(uint64_t nr, uint64_t *a)
{
	return hcall_dispatch(&m->sp, nr, a);
}

ParameterizedTest(struct xive_case *p, hcall_xive, arguments_are_checked_in_their_order)
{
	uint64_t a[HCALL_MAX_ARGS] = { 0 };

	memcpy(a, p->args, sizeof(p->args));
	cr_assert(eq(long, call(p->nr, a), p->result));
	if (p->op)
		cr_assert(eq(chr, fake_intc_last(&m->intc)->op, p->op));
	else
		cr_assert(eq(uint, m->intc.ncalls, 0u));
	if (p->result == H_SUCCESS)
		return;
	for (size_t i = 0; i < ARRAY_LEN(p->args); i++)
		cr_assert(eq(u64, a[i], p->args[i]), "a refused call changes registers");
}

Test(hcall_xive, a_backend_that_fails_is_h_hardware_and_changes_nothing)
{
	uint64_t source[HCALL_MAX_ARGS] = { 2, LISN_EPOW, 1, 6, 9 };
	uint64_t queue[HCALL_MAX_ARGS] = { 1, 1, 6, QUEUE, 16 };
	uint64_t info[HCALL_MAX_ARGS] = { 0, 1, 6 }, config[HCALL_MAX_ARGS] = { 0, 1, 6 };
	uint64_t esb[HCALL_MAX_ARGS] = { 0, LISN_EPOW, 0 },
		 store[HCALL_MAX_ARGS] = { 1, LISN_EPOW };
	uint64_t sync[HCALL_MAX_ARGS] = { 0, LISN_EPOW }, none[HCALL_MAX_ARGS] = { 0 };

	m->intc.fail = -EIO;
	cr_assert(ne(long, call(H_INT_SET_SOURCE_CONFIG, source), H_SUCCESS));
	cr_assert(eq(u8, m->sp.intc.src[LISN_EPOW].prio, XIVE_MASKED));
	cr_assert(eq(long, call(H_INT_SET_QUEUE_CONFIG, queue), H_HARDWARE));
	cr_assert(eq(long, call(H_INT_GET_QUEUE_INFO, info), H_HARDWARE));
	cr_assert(eq(long, call(H_INT_GET_QUEUE_CONFIG, config), H_HARDWARE));
	cr_assert(eq(long, call(H_INT_ESB, esb), H_HARDWARE));
	cr_assert(eq(long, call(H_INT_ESB, store), H_HARDWARE));
	cr_assert(eq(long, call(H_INT_SYNC, sync), H_HARDWARE));
	cr_assert(eq(long, call(H_INT_RESET, none), H_HARDWARE));
}

Test(hcall_xive, source_info_tells_the_pages_of_an_edge_source)
{
	gpa_t esb = layout[LAYOUT_XIVE_ESB].base + (gpa_t)LISN_EPOW * 0x20000;
	uint64_t a[HCALL_MAX_ARGS] = { 0, LISN_EPOW };

	cr_assert(eq(long, call(H_INT_GET_SOURCE_INFO, a), H_SUCCESS));
	cr_assert(eq(u64, a[0], 1 << 1)); /* a trigger page */
	cr_assert(eq(u64, a[1], esb + 0x10000));
	cr_assert(eq(u64, a[2], esb));
	cr_assert(eq(u64, a[3], 16));
}

Test(hcall_xive, source_info_of_a_level_source_leads_to_h_int_esb)
{
	uint64_t a[HCALL_MAX_ARGS] = { 0, LSI };

	cr_assert(eq(long, call(H_INT_GET_SOURCE_INFO, a), H_SUCCESS));
	cr_assert(eq(u64, a[0], 1 << 3 | 1 << 2));
	cr_assert(eq(u64, a[1], UINT64_MAX));
	cr_assert(eq(u64, a[2], UINT64_MAX));
}

Test(hcall_xive, a_source_is_read_back_as_it_was_set)
{
	uint64_t set[HCALL_MAX_ARGS] = { 2, LISN_EPOW, 1, 6, 0x55 };
	uint64_t keep[HCALL_MAX_ARGS] = { 0, LISN_EPOW, 0, 6, 0x66 };
	uint64_t mask[HCALL_MAX_ARGS] = { 0, LISN_EPOW, 0, XIVE_MASKED, 0 };
	uint64_t a[HCALL_MAX_ARGS] = { 0, LISN_EPOW };

	call(H_INT_SET_SOURCE_CONFIG, set);
	call(H_INT_GET_SOURCE_CONFIG, a);
	cr_assert(all(eq(u64, a[0], 1), eq(u64, a[1], 6), eq(u64, a[2], 0x55)));
	cr_assert(not(fake_intc_last(&m->intc)->masked));
	call(H_INT_SET_SOURCE_CONFIG, keep); /* EISN only with its flag */
	a[0] = 0, a[1] = LISN_EPOW;
	call(H_INT_GET_SOURCE_CONFIG, a);
	cr_assert(all(eq(u64, a[0], 0), eq(u64, a[1], 6), eq(u64, a[2], 0x55)));
	call(H_INT_SET_SOURCE_CONFIG, mask);
	cr_assert(fake_intc_last(&m->intc)->masked);
	a[0] = 0, a[1] = LISN_EPOW;
	call(H_INT_GET_SOURCE_CONFIG, a);
	cr_assert(all(eq(u64, a[0], 0), eq(u64, a[1], XIVE_MASKED), eq(u64, a[2], 0)));
}

Test(hcall_xive, a_queue_is_read_back_as_it_was_set)
{
	uint64_t set[HCALL_MAX_ARGS] = { 1, 0, 3, QUEUE, 16 }, off[HCALL_MAX_ARGS] = { 0, 0, 3 };
	uint64_t a[HCALL_MAX_ARGS] = { 1, 0, 3 }, info[HCALL_MAX_ARGS] = { 0, 0, 3 };

	cr_assert(eq(long, call(H_INT_SET_QUEUE_CONFIG, set), H_SUCCESS));
	m->intc.queues[0][3].index = 12;
	cr_assert(eq(long, call(H_INT_GET_QUEUE_CONFIG, a), H_SUCCESS));
	cr_assert(
		all(eq(u64, a[0], 3), eq(u64, a[1], QUEUE), eq(u64, a[2], 16), eq(u64, a[3], 12)));
	cr_assert(eq(long, call(H_INT_GET_QUEUE_INFO, info), H_SUCCESS));
	cr_assert(eq(u64, info[1], 16));
	cr_assert(eq(long, call(H_INT_SET_QUEUE_CONFIG, off), H_SUCCESS));
	a[0] = 0, a[1] = 0, a[2] = 3;
	cr_assert(eq(long, call(H_INT_GET_QUEUE_CONFIG, a), H_SUCCESS));
	cr_assert(eq(u64, a[2], 0));
}

Test(hcall_xive, each_queue_has_an_address_of_its_own)
{
	const struct layout_row *row = &layout[LAYOUT_XIVE_END];
	gpa_t last = 0;

	for (uint64_t server = 0; server < 2; server++)
		for (uint64_t prio = 0; prio <= XIVE_PRIORITY_MAX; prio++) {
			uint64_t a[HCALL_MAX_ARGS] = { 0, server, prio };

			cr_assert(eq(long, call(H_INT_GET_QUEUE_INFO, a), H_SUCCESS));
			cr_assert(ge(u64, a[0], row->base));
			cr_assert(lt(u64, a[0], row->base + row->size));
			cr_assert(gt(u64, a[0], last));
			last = a[0];
		}
}

/* ---- level interrupts ---- */

static void eoi(void)
{
	uint64_t a[HCALL_MAX_ARGS] = { 0, LSI, 0 };

	cr_assert(eq(long, call(H_INT_ESB, a), H_SUCCESS));
	cr_assert(eq(u64, a[0], 0));
}

Test(hcall_xive, the_eoi_of_a_level_that_is_still_up_fires_again)
{
	intc_set_line(&m->sp.intc, LSI, true);
	cr_assert(eq(uint, m->intc.raised[LSI], 1u));
	eoi();
	cr_assert(eq(uint, m->intc.raised[LSI], 2u));
	eoi();
	cr_assert(eq(uint, m->intc.raised[LSI], 3u));
	intc_set_line(&m->sp.intc, LSI, false);
	eoi();
	cr_assert(eq(uint, m->intc.raised[LSI], 3u));
	cr_assert(eq(u32, fake_intc_last(&m->intc)->offset, 0xc00)); /* PQ = 00 */
}

static void lower(void *ctx, uint32_t lisn)
{
	intc_set_line(ctx, lisn, false);
}

Test(hcall_xive, the_owner_of_a_level_source_hears_of_the_eoi_first)
{
	intc_set_eoi(&m->sp.intc, LSI, lower, &m->sp.intc);
	intc_set_line(&m->sp.intc, LSI, true);
	eoi();
	cr_assert(eq(uint, m->intc.raised[LSI], 1u)); /* not again: it went down in time */
}

Test(hcall_xive, other_loads_of_a_level_source_are_no_eoi)
{
	uint64_t a[HCALL_MAX_ARGS] = { 0, LSI, 0x800 };

	m->intc.esb_value = 2;
	intc_set_line(&m->sp.intc, LSI, true);
	cr_assert(eq(long, call(H_INT_ESB, a), H_SUCCESS));
	cr_assert(eq(u64, a[0], 2));
	cr_assert(eq(uint, m->intc.raised[LSI], 1u));
}
