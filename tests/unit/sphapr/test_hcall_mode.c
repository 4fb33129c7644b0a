/* SPDX-License-Identifier: BSD-2-Clause */
/* hcall_mode.c: H_SET_MODE. */
#include "sphapr/hcall.h"
#include "tests/fake/platform.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <errno.h>

struct mode_case {
	uint64_t mflags, resource, value1, value2;
	bool no_ail3;
	long result;
	int ile, ail; /* what the vCPUs have afterwards */
};

ParameterizedTestParameters(hcall_mode, arguments_are_checked)
{
	static struct mode_case cases[] = {
		{ 1, 4, 0, 0, false, H_SUCCESS, 1, 0 },
		{ 0, 4, 0, 0, false, H_SUCCESS, 0, 0 },
		{ 2, 4, 0, 0, false, H_UNSUPPORTED_FLAG, 0, 0 },
		{ ~0ull, 4, 0, 0, false, H_UNSUPPORTED_FLAG, 0, 0 },
		{ 3, 3, 0, 0, false, H_SUCCESS, 0, 3 },
		{ 0, 3, 0, 0, false, H_SUCCESS, 0, 0 },
		{ 1, 3, 0, 0, false, H_UNSUPPORTED_FLAG, 0, 0 },
		{ 2, 3, 0, 0, false, H_UNSUPPORTED_FLAG, 0, 0 },
		{ 3, 3, 0, 0, true, H_UNSUPPORTED_FLAG, 0, 0 },
		{ 1, 4, 1, 0, false, H_P3, 0, 0 },
		{ 1, 4, 0, 1, false, H_P4, 0, 0 },
		{ 3, 3, 1, 0, false, H_P3, 0, 0 },
		{ 3, 3, 0, 1, false, H_P4, 0, 0 },
		{ 0, 0, 0, 0, false, H_P2, 0, 0 },
		{ 0, 1, 0, 0, false, H_P2, 0, 0 }, /* CIABR and DAWR are KVM's */
		{ 0, 2, 0, 0, false, H_P2, 0, 0 },
		{ 0, 5, 0, 0, false, H_P2, 0, 0 },
		{ 0, 1ull << 32 | 4, 0, 0, false, H_P2, 0, 0 },
	};

	return cr_make_param_array(struct mode_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct mode_case *p, hcall_mode, arguments_are_checked)
{
	struct fake_machine *m = fake_machine_new(INTC_XIVE, 2, 1);
	uint64_t a[HCALL_MAX_ARGS] = { p->mflags, p->resource, p->value1, p->value2 };

	m->sp.cfg.ail3 = !p->no_ail3;
	cr_assert(eq(long, hcall_dispatch(&m->sp, H_SET_MODE, a), p->result));
	cr_assert(eq(uint, m->plat.nmodes, p->result == H_SUCCESS));
	cr_assert(eq(int, m->plat.mode.ile, p->ile));
	cr_assert(eq(int, m->plat.mode.ail, p->ail));
	fake_machine_free(m);
}

Test(hcall_mode, each_half_leaves_the_other_alone)
{
	struct fake_machine *m = fake_machine_new(INTC_XIVE, 2, 1);
	uint64_t le[HCALL_MAX_ARGS] = { 1, 4 }, ail[HCALL_MAX_ARGS] = { 3, 3 };
	uint64_t be[HCALL_MAX_ARGS] = { 0, 4 };

	m->sp.cfg.ail3 = true;
	hcall_dispatch(&m->sp, H_SET_MODE, le);
	hcall_dispatch(&m->sp, H_SET_MODE, ail);
	cr_assert(m->plat.mode.ile);
	cr_assert(eq(u8, m->plat.mode.ail, 3));
	hcall_dispatch(&m->sp, H_SET_MODE, be);
	cr_assert(not(m->plat.mode.ile));
	cr_assert(eq(u8, m->plat.mode.ail, 3));
	cr_assert(eq(int, spapr_reset(&m->sp), 0));
	hcall_dispatch(&m->sp, H_SET_MODE, le);
	cr_assert(eq(u8, m->plat.mode.ail, 0));
	fake_machine_free(m);
}

Test(hcall_mode, vcpus_that_cannot_change_are_h_hardware)
{
	struct fake_machine *m = fake_machine_new(INTC_XIVE, 2, 1);
	uint64_t a[HCALL_MAX_ARGS] = { 1, 4 };

	m->plat.mode_result = -EIO;
	cr_assert(eq(long, hcall_dispatch(&m->sp, H_SET_MODE, a), H_HARDWARE));
	fake_machine_free(m);
}
