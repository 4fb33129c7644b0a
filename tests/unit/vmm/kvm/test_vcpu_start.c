/* SPDX-License-Identifier: BSD-2-Clause */
/* vcpu.c, vcpu_regs.c: start-cpu and stop-self, and what a vCPU has forgotten when it starts again. */
#include "tests/unit/vmm/machine/fixture.h"

TestSuite(vcpu_start, .init = fx_setup, .fini = fx_teardown, .timeout = 30);

static void off(struct guest *g)
{
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

#define STOPPED 0
#define RUNNING 2

static uint64_t state_of(struct guest *g, uint32_t server)
{
	guest_check(guest_rtas(g, "query-cpu-stopped-state", 1, 2, server) == 0, "query");
	return g->args[1];
}

static void wait_until(struct guest *g, uint32_t server, uint64_t state)
{
	for (int i = 0; state_of(g, server) != state; i++) {
		guest_check(i < 5000, "the other vCPU does not change its state");
		if (i == 5000)
			return;
		guest_wait_ms(g, 1);
	}
}

static void starter(struct guest *g)
{
	guest_check(state_of(g, 1) == STOPPED, "vCPU 1 runs at boot");
	for (uint32_t i = 0; i < 50; i++) {
		guest_check(guest_rtas(g, "start-cpu", 3, 1, 1, 0x200 + 8 * i, i) == 0, "start");
		wait_until(g, 1, STOPPED);
	}
	guest_check(guest_rtas(g, "start-cpu", 3, 1, 1, 0x1000, 50) == 0, "start");
	guest_check(state_of(g, 1) == RUNNING, "a started vCPU does not run");
	guest_check(guest_rtas(g, "start-cpu", 3, 1, 1, 0x1000, 51) == -1, "started twice");
	guest_check(guest_rtas(g, "start-cpu", 3, 1, 7, 0x1000, 0) == -3, "no such vCPU");
	off(g);
}

static void started(struct guest *g)
{
	if (g->r3 == 50) {
		guest_wait(g);
		return;
	}
	guest_check(g->r3 == g->starts - 1 && g->pc == 0x200 + 8 * g->r3, "entry and r3");
	guest_rtas(g, "stop-self", 0, 1);
	guest_check(false, "an instruction after stop-self");
}

Test(vcpu_start, vcpus_start_and_stop_themselves_many_times)
{
	fake_guest(0, starter, NULL);
	fake_guest(1, started, NULL);
	cr_assert(eq(int, (int)fx_run("machine.vcpus=2"), STATUS_OFF), "%s", said_all());
}

static void start_one(struct guest *g)
{
	guest_rtas(g, "start-cpu", 3, 1, 1, 0x100, 0);
	guest_rtas(g, "stop-self", 0, 1);
	guest_check(false, "an instruction after stop-self");
}

Test(vcpu_start, the_boot_cpu_may_stop_and_another_end_the_guest)
{
	fake_guest(0, start_one, NULL);
	fake_guest(1, off, NULL);
	cr_assert(eq(int, (int)fx_run("machine.vcpus=2"), STATUS_OFF));
}

/* A vCPU that ran before starts over with reset registers, but not with another one's interrupts. */
static void dirty(struct guest *g)
{
	if (g->starts == 1)
		guest_rtas(g, "stop-self", 0, 1);
	guest_wake(0);
	guest_wait(g);
}

static void restarter(struct guest *g)
{
	guest_rtas(g, "start-cpu", 3, 1, 1, 0x100, 0);
	wait_until(g, 1, STOPPED);
	guest_rtas(g, "start-cpu", 3, 1, 1, 0x200, 0);
	guest_wait(g);
	off(g);
}

struct controller {
	char sets[64];
	bool icp; /* the presenter's state is reset, too */
};

ParameterizedTestParameters(vcpu_start, a_second_start_resets_registers_that_exist)
{
	static struct controller cases[] = {
		{ "machine.vcpus=2 machine.irqchip=xics", true },
		{ "machine.vcpus=2 machine.irqchip=xive", false },
	};

	return cr_make_param_array(struct controller, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct controller *p, vcpu_start, a_second_start_resets_registers_that_exist)
{
	struct machine *m;

	fake_guest(0, restarter, NULL);
	fake_guest(1, dirty, NULL);
	m = fx_machine(p->sets);
	cr_assert(eq(int, (int)machine_run(m), STATUS_OFF));
	cr_assert(eq(u64, fake_one_reg(1, KVM_REG_PPC_MMCR0), 0x80000000));
	cr_assert(eq(int, fake_count("KVM_SET_ONE_REG vcpu 1 0x103000000000008c") > 0, p->icp));
	/* VP_STATE is the XIVE device's, which resets it; it has the size of a vector register. */
	cr_assert(eq(int, fake_count("KVM_SET_ONE_REG vcpu 1 0x104000000000008d"), 0));
	cr_assert(eq(u64, fake_one_reg(1, KVM_REG_PPC_ICP_STATE),
		     p->icp ? 0x00000000ffff0000ULL : 0));
	machine_destroy(m);
}
