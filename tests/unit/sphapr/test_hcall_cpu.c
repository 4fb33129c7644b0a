/* SPDX-License-Identifier: BSD-2-Clause */
/* hcall_cpu.c: characteristics, random numbers, system reset, SPRG0. */
#include "sphapr/hcall.h"
#include "tests/fake/platform.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <errno.h>

static struct fake_machine *m;

static void setup(void)
{
	m = fake_machine_new(INTC_XIVE, 4, 1);
}

static void teardown(void)
{
	fake_machine_free(m);
}

TestSuite(hcall_cpu, .init = setup, .fini = teardown);

Test(hcall_cpu, characteristics_are_the_hosts)
{
	uint64_t a[HCALL_MAX_ARGS] = { 0 };

	m->sp.cfg.cpu.character = 0x8800000000000000;
	m->sp.cfg.cpu.behaviour = 0xc000000000000000;
	cr_assert(eq(long, hcall_dispatch(&m->sp, H_GET_CPU_CHARACTERISTICS, a), H_SUCCESS));
	cr_assert(eq(u64, a[0], 0x8800000000000000));
	cr_assert(eq(u64, a[1], 0xc000000000000000));
}

Test(hcall_cpu, random_numbers_come_from_the_host)
{
	uint64_t a[HCALL_MAX_ARGS] = { 0 };

	cr_assert(eq(long, hcall_dispatch(&m->sp, H_RANDOM, a), H_SUCCESS));
	cr_assert(eq(u64, a[0], 0xa5a5a5a5a5a5a5a5));
	m->plat.random_result = -EIO;
	a[0] = 7;
	cr_assert(eq(long, hcall_dispatch(&m->sp, H_RANDOM, a), H_HARDWARE));
	cr_assert(eq(u64, a[0], 7));
}

Test(hcall_cpu, sprg0_is_the_callers)
{
	uint64_t a[HCALL_MAX_ARGS] = { 0x1234567890 };

	cr_assert(eq(long, hcall_dispatch(&m->sp, H_SET_SPRG0, a), H_SUCCESS));
	cr_assert(eq(u64, m->plat.sprg0, 0x1234567890));
	m->plat.sprg0_result = -EIO;
	cr_assert(eq(long, hcall_dispatch(&m->sp, H_SET_SPRG0, a), H_HARDWARE));
}

/* Whoever serves it, it is there: the tree announces it either way. */
Test(hcall_cpu, h_random_exists_with_and_without_a_generator_in_kvm)
{
	uint64_t a[HCALL_MAX_ARGS] = { 0 };

	m->sp.cfg.hwrng = true;
	hcall_index(&m->sp);
	cr_assert(eq(long, hcall_dispatch(&m->sp, H_RANDOM, a), H_SUCCESS));
	m->sp.cfg.hwrng = false;
	hcall_index(&m->sp);
	cr_assert(eq(long, hcall_dispatch(&m->sp, H_RANDOM, a), H_SUCCESS));
}

struct reset_case {
	int64_t target;
	long result;
	unsigned int nresets;
};

ParameterizedTestParameters(hcall_cpu, system_resets_reach_who_is_meant)
{
	static struct reset_case cases[] = {
		{ 0, H_SUCCESS, 1 },
		{ 2, H_SUCCESS, 1 },
		{ 3, H_PARAMETER, 0 }, /* stopped */
		{ 4, H_PARAMETER, 0 }, /* no such one */
		{ -1, H_SUCCESS, 3 },
		{ -2, H_SUCCESS, 2 },
		{ -3, H_PARAMETER, 0 },
		{ INT64_MIN, H_PARAMETER, 0 },
		{ INT64_MAX, H_PARAMETER, 0 },
		{ 1ll << 32, H_PARAMETER, 0 },
		{ UINT32_MAX, H_PARAMETER, 0 },
	};

	return cr_make_param_array(struct reset_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct reset_case *p, hcall_cpu, system_resets_reach_who_is_meant)
{
	uint64_t a[HCALL_MAX_ARGS] = { (uint64_t)p->target };

	m->plat.cpu[1] = m->plat.cpu[2] = CPU_RUNNING;
	m->sp.caller = 1;
	cr_assert(eq(long, hcall_dispatch(&m->sp, H_SIGNAL_SYS_RESET, a), p->result));
	cr_assert(eq(uint, m->plat.nresets, p->nresets));
	if (p->target == -2)
		for (unsigned int i = 0; i < m->plat.nresets; i++)
			cr_assert(ne(u32, m->plat.reset[i], 1));
}
