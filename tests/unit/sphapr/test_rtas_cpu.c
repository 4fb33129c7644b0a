/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/rtas.h"
#include "tests/fake/platform.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
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

TestSuite(rtas_cpu, .init = setup, .fini = teardown);

static int32_t start(uint32_t server, uint32_t entry, uint32_t r3)
{
	const uint32_t args[] = { server, entry, r3 };

	return fake_rtas(m, "start-cpu", 3, args, 1, NULL);
}

static int32_t query(uint32_t server, uint32_t *state)
{
	uint32_t rets[2];
	int32_t status = fake_rtas(m, "query-cpu-stopped-state", 1, &server, 2, rets);

	*state = rets[1];
	return status;
}

Test(rtas_cpu, start_cpu_hands_over_entry_and_r3)
{
	cr_assert(eq(i32, start(2, 0x60, 0x80000002), RTAS_OK));
	cr_assert(eq(uint, m->plat.nstarts, 1));
	cr_assert(eq(u32, m->plat.start[0].server, 2));
	cr_assert(eq(u64, m->plat.start[0].entry, 0x60));
	cr_assert(eq(u64, m->plat.start[0].r3, 0x80000002));
}

Test(rtas_cpu, start_cpu_refuses_what_cannot_start)
{
	static const struct {
		uint32_t server, entry;
		int32_t status;
	} cases[] = {
		{ 4, 0x60, RTAS_PARAMETER }, /* no such server */
		{ UINT32_MAX, 0x60, RTAS_PARAMETER }, { 0, 0x60, RTAS_HARDWARE }, /* it runs */
		{ 1, 0x62, RTAS_PARAMETER },    /* not an instruction's address */
		{ 1, 1 * MiB, RTAS_PARAMETER }, /* not RAM */
		{ 1, 0xfffffffc, RTAS_PARAMETER },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		cr_assert(eq(i32, start(cases[i].server, cases[i].entry, 0), cases[i].status),
			  "%zu", i);
	cr_assert(eq(uint, m->plat.nstarts, 0));
	cr_assert(eq(i32, start(1, 1 * MiB - 4, 0), RTAS_OK));
}

Test(rtas_cpu, start_cpu_passes_on_what_the_vmm_answers)
{
	m->plat.start_result = -ENOENT;
	cr_assert(eq(i32, start(1, 0, 0), RTAS_PARAMETER));
	m->plat.start_result = -ENOMEM;
	cr_assert(eq(i32, start(1, 0, 0), RTAS_HARDWARE));
}

Test(rtas_cpu, query_reads_the_three_states)
{
	static const int states[] = { CPU_STOPPED, CPU_STOPPING, CPU_RUNNING };
	uint32_t state;

	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		m->plat.cpu[3] = states[i];
		cr_assert(eq(i32, query(3, &state), RTAS_OK));
		cr_assert(eq(u32, state, i));
	}
}

Test(rtas_cpu, query_of_a_server_that_is_not_there)
{
	uint32_t state;

	cr_assert(eq(i32, query(4, &state), RTAS_PARAMETER));
	cr_assert(eq(i32, query(UINT32_MAX, &state), RTAS_PARAMETER));
	m->plat.cpu[3] = -ENOENT;
	cr_assert(eq(i32, query(3, &state), RTAS_PARAMETER));
}

Test(rtas_cpu, stop_self_stops_the_caller_who_can_be_started_again)
{
	uint32_t state;

	cr_assert(eq(i32, start(1, 0x60, 1), RTAS_OK));
	m->sp.caller = 1;
	cr_assert(eq(i32, fake_rtas(m, "stop-self", 0, NULL, 1, NULL), RTAS_OK));
	cr_assert(eq(uint, m->plat.nstop_self, 1));
	m->sp.caller = 0;
	cr_assert(eq(i32, query(1, &state), RTAS_OK));
	cr_assert(eq(u32, state, CPU_STOPPED));
	cr_assert(eq(i32, start(1, 0x60, 1), RTAS_OK));
}
