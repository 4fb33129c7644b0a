/* SPDX-License-Identifier: BSD-2-Clause */
/* hcall_mmu.c: H_REGISTER_PROC_TBL. */
#include "sphapr/hcall.h"
#include "tests/fake/platform.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <errno.h>

#define RADIX (1ULL << 63)

struct table_case {
	uint64_t flags, table, page_size, size;
	long result;
	uint64_t value; /* what KVM is given */
	bool gtse;
};

ParameterizedTestParameters(hcall_mmu, a_process_table_is_checked)
{
	static struct table_case cases[] = {
		/* What Linux does: register, modify, radix, GTSE. */
		{ 0x1d, 0x3ff0000, 0, 4, H_SUCCESS, RADIX | 0x3ff0000 | 4, true },
		{ 0x1c, 0x3ff0000, 0, 4, H_SUCCESS, RADIX | 0x3ff0000 | 4, false },
		{ 0x1d, 0, 0, 0, H_SUCCESS, RADIX, true },
		{ 0x1d, 0x1000, 0, 24, H_SUCCESS, RADIX | 0x1000 | 24, true },
		{ 0x1d, 0x1000, 0, 25, H_P4, 0, false },
		{ 0x1d, 0x1000, 0, ~0ull, H_P4, 0, false },
		{ 0x1d, 0x1000, 1, 4, H_P3, 0, false },
		{ 0x1d, 0x1800, 0, 4, H_P2, 0, false },
		{ 0x1d, 0x1001, 0, 4, H_P2, 0, false },
		{ 0x1d, RADIX | 0x1000, 0, 4, H_P2, 0, false },
		{ 0x1d, 1ull << 60, 0, 4, H_P2, 0, false },
		{ 0x3d, 0x1000, 0, 4, H_PARAMETER, 0, false }, /* reserved */
		{ RADIX | 0x1d, 0x1000, 0, 4, H_PARAMETER, 0, false },
		{ 0x1f, 0x1000, 0, 4, H_PARAMETER, 0, false }, /* hash and radix */
		{ 0x1a, 0x1000, 0, 4, H_PARAMETER, 0, false }, /* hash with a process table */
		{ 0x18, 0x1000, 0, 4, H_PARAMETER, 0, false }, /* neither */
		{ 0x0c, 0x1000, 0, 4, H_PARAMETER, 0, false }, /* register without modify */
		{ 0x10, 0, 0, 0, H_SUCCESS, RADIX, false },    /* de-register */
		{ 0x15, 0, 0, 0, H_SUCCESS, RADIX, true },
		{ 0x05, 0, 0, 0, H_SUCCESS, RADIX, true }, /* only GTSE */
		{ 0x00, 0, 0, 0, H_PARAMETER, 0, false },  /* as a hash guest asks */
	};

	return cr_make_param_array(struct table_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct table_case *p, hcall_mmu, a_process_table_is_checked)
{
	struct fake_machine *m = fake_machine_new(INTC_XIVE, 1, 1);
	uint64_t a[HCALL_MAX_ARGS] = { p->flags, p->table, p->page_size, p->size };

	m->sp.mode.radix = true;
	cr_assert(eq(long, hcall_dispatch(&m->sp, H_REGISTER_PROC_TBL, a), p->result));
	cr_assert(eq(uint, m->plat.ntables, p->result == H_SUCCESS));
	if (p->result == H_SUCCESS) {
		cr_assert(eq(u64, m->plat.table, p->value));
		cr_assert(eq(int, m->plat.gtse, p->gtse));
		cr_assert(m->plat.radix);
	}
	fake_machine_free(m);
}

Test(hcall_mmu, a_hash_guest_registers_no_radix_table)
{
	struct fake_machine *m = fake_machine_new(INTC_XIVE, 1, 1);
	uint64_t a[HCALL_MAX_ARGS] = { 0x1d, 0x10000, 0, 4 }, b[HCALL_MAX_ARGS] = { 0x10 };

	m->sp.mode.radix = false;
	cr_assert(eq(long, hcall_dispatch(&m->sp, H_REGISTER_PROC_TBL, a), H_PARAMETER));
	cr_assert(eq(long, hcall_dispatch(&m->sp, H_REGISTER_PROC_TBL, b), H_SUCCESS));
	cr_assert(eq(u64, m->plat.table, 0));
	fake_machine_free(m);
}

Test(hcall_mmu, what_kvm_refuses_is_h_parameter)
{
	struct fake_machine *m = fake_machine_new(INTC_XIVE, 1, 1);
	uint64_t a[HCALL_MAX_ARGS] = { 0x1d, 0x10000, 0, 4 };

	m->sp.mode.radix = true;
	m->plat.proc_table_result = -EINVAL;
	cr_assert(eq(long, hcall_dispatch(&m->sp, H_REGISTER_PROC_TBL, a), H_PARAMETER));
	fake_machine_free(m);
}
