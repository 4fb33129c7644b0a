/* SPDX-License-Identifier: BSD-2-Clause */
/* vcpus.c: what one vCPU or the I/O thread does to the others. */
#include "tests/unit/vmm/machine/fixture.h"
#include "vmm/machine/machine_impl.h"

#include "sphapr/hcall.h"

#include <stdatomic.h>

TestSuite(vcpus, .init = fx_setup, .fini = fx_teardown, .timeout = 30);

#define LPCR_ILE 0x2000000ULL
#define LPCR_AIL3 0x1800000ULL

static void off(struct guest *g)
{
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

static void start(struct guest *g, uint32_t server)
{
	guest_check(guest_rtas(g, "start-cpu", 3, 1, server, 0x100, 0) == 0, "start-cpu");
}

static atomic_int asleep; /* vCPUs that have come into KVM_RUN */

static void sleeper(struct guest *g)
{
	asleep++;
	guest_wait(g);
}

/* ---- H_SET_MODE ---- */

static void set_le(struct guest *g)
{
	start(g, 1);
	while (asleep < 1)
		guest_wait_ms(g, 1);
	guest_check(guest_hcall(g, H_SET_MODE, 4, 1ul, 4ul, 0ul, 0ul) == H_SUCCESS, "H_SET_MODE");
	for (uint32_t i = 0; i < 2; i++)
		guest_check(fake_one_reg(i, KVM_REG_PPC_LPCR_64) & LPCR_ILE, "a vCPU without ILE");
	start(g, 2);
	while (asleep < 2)
		guest_wait_ms(g, 1);
	guest_check(fake_one_reg(2, KVM_REG_PPC_LPCR_64) & LPCR_ILE, "a later vCPU without ILE");
	guest_check(guest_hcall(g, H_SET_MODE, 4, 0ul, 4ul, 0ul, 0ul) == H_SUCCESS, "back to BE");
	for (uint32_t i = 0; i < 3; i++)
		guest_check(!(fake_one_reg(i, KVM_REG_PPC_LPCR_64) & LPCR_ILE), "ILE stays");
	off(g);
}

Test(vcpus, a_mode_is_in_every_vcpu_when_the_call_returns)
{
	fake_guest(0, set_le, NULL);
	fake_guest(1, sleeper, NULL);
	fake_guest(2, sleeper, NULL);
	cr_assert(eq(int, (int)fx_run("machine.vcpus=3"), STATUS_OFF), "%s", said_all());
}

/* Each flips its own half of the mode, both at the same time, many times. */
#define FLIPS 200

static void flip_le(struct guest *g)
{
	for (unsigned long i = 1; i <= FLIPS; i++)
		guest_check(guest_hcall(g, H_SET_MODE, 4, i & 1, 4ul, 0ul, 0ul) == H_SUCCESS, "LE");
	guest_hcall(g, H_SET_MODE, 4, 1ul, 4ul, 0ul, 0ul);
}

static void flip_ail(struct guest *g)
{
	for (unsigned long i = 1; i <= FLIPS; i++)
		guest_check(guest_hcall(g, H_SET_MODE, 4, i & 1 ? 3ul : 0ul, 3ul, 0ul, 0ul) ==
				    H_SUCCESS,
			    "AIL");
	guest_hcall(g, H_SET_MODE, 4, 3ul, 3ul, 0ul, 0ul);
}

static void flipper(struct guest *g)
{
	start(g, 1);
	start(g, 2);
	while (asleep < 1) /* a vCPU that has not come so far takes the mode when it does */
		guest_wait_ms(g, 1);
	flip_le(g);
	for (;;) { /* until the other one has stopped itself */
		guest_rtas(g, "query-cpu-stopped-state", 1, 2, 1);
		if (g->args[1] == 0)
			break;
		guest_wait_ms(g, 1);
	}
	for (uint32_t i = 0; i < 3; i += 2)
		guest_check((fake_one_reg(i, KVM_REG_PPC_LPCR_64) & (LPCR_ILE | LPCR_AIL3)) ==
				    (LPCR_ILE | LPCR_AIL3),
			    "one change undid the other");
	off(g);
}

static void other_flipper(struct guest *g)
{
	flip_ail(g);
	guest_rtas(g, "stop-self", 0, 1);
}

Test(vcpus, two_vcpus_change_the_mode_at_once)
{
	fake_guest(0, flipper, NULL);
	fake_guest(1, other_flipper, NULL);
	fake_guest(2, sleeper, NULL);
	cr_assert(eq(int, (int)fx_run("machine.vcpus=3"), STATUS_OFF), "%s", said_all());
}

static void set_mode_and_off(struct guest *g)
{
	start(g, 1);
	for (unsigned long i = 0; i < 50; i++)
		guest_hcall(g, H_SET_MODE, 4, i & 1, 4ul, 0ul, 0ul);
	off(g);
}

static void mode_for_ever(struct guest *g)
{
	for (unsigned long i = 0;; i++)
		guest_hcall(g, H_SET_MODE, 4, i & 1 ? 3ul : 0ul, 3ul, 0ul, 0ul);
}

Test(vcpus, a_machine_ends_while_another_vcpu_changes_the_mode)
{
	fake_guest(0, set_mode_and_off, NULL);
	fake_guest(1, mode_for_ever, NULL);
	for (int i = 0; i < 5; i++)
		cr_assert(eq(int, (int)fx_run("machine.vcpus=2"), STATUS_OFF), "%s", said_all());
}

/* ---- kicks ---- */

static void spin(struct guest *g)
{
	for (;;)
		guest_hcall(g, H_GET_TERM_CHAR, 1, 0ul);
}

static void off_soon(struct guest *g)
{
	start(g, 1);
	start(g, 2);
	guest_wait_ms(g, (int)(uintptr_t)g->ctx);
	off(g);
}

/* Sleeping, between two exits, or just entering: every one of them stops. */
Test(vcpus, power_off_stops_vcpus_wherever_they_are)
{
	for (uintptr_t i = 0; i < 30; i++) {
		fake_guest(0, off_soon, (void *)(i % 3));
		fake_guest(1, spin, NULL);
		fake_guest(2, sleeper, NULL);
		cr_assert(eq(int, (int)fx_run("machine.vcpus=3"), STATUS_OFF), "%s", said_all());
	}
}

static atomic_int resets; /* a wake-up may stand for two */

static void reset_others(struct guest *g)
{
	start(g, 1);
	start(g, 2);
	while (asleep < 2) /* one that has not come so far would take it with its start */
		guest_wait_ms(g, 1);
	guest_check(guest_hcall(g, H_SIGNAL_SYS_RESET, 1, (uint64_t)-2) == H_SUCCESS, "sys reset");
	while (resets < 2)
		guest_wait(g);
	guest_check(guest_hcall(g, H_SIGNAL_SYS_RESET, 1, 3ul) == H_PARAMETER, "a stopped one");
	guest_check(guest_hcall(g, H_SIGNAL_SYS_RESET, 1, 99ul) == H_PARAMETER, "no such one");
	off(g);
}

static void resettable(struct guest *g)
{
	if (g->pc == 0x100 && g->starts == 1) {          /* its start */
		guest_hcall(g, H_GET_TERM_CHAR, 1, 0ul); /* pc is elsewhere from now on */
		sleeper(g);
	}
	guest_check(g->starts == 2 && g->pc == 0x100, "the system reset vector");
	resets++;
	guest_wake(0);
	guest_wait(g);
}

Test(vcpus, a_system_reset_interrupt_reaches_vcpus_that_sleep)
{
	fake_guest(0, reset_others, NULL);
	fake_guest(1, resettable, NULL);
	fake_guest(2, resettable, NULL);
	cr_assert(eq(int, (int)fx_run("machine.vcpus=4"), STATUS_OFF), "%s", said_all());
}

static void sprg0(struct guest *g)
{
	guest_check(guest_hcall(g, H_SET_SPRG0, 1, 0x1234567890ul) == H_SUCCESS, "H_SET_SPRG0");
	guest_check(g->starts == 1, "started over");
	off(g);
}

Test(vcpus, h_set_sprg0_goes_into_the_callers_registers)
{
	struct machine *m;
	struct kvm_regs regs;

	fake_guest(0, sprg0, NULL);
	m = fx_machine("");
	cr_assert(eq(int, (int)machine_run(m), STATUS_OFF));
	cr_assert(eq(int, kvm_cpu_get_regs(&m->cpus.v[0].kvm, &regs), 0));
	cr_assert(eq(u64, regs.sprg0, 0x1234567890));
	machine_destroy(m);
	cr_assert(eq(str, chars(guest_failures()), ""));
}

static void crasher(struct guest *g)
{
	guest_fail(g, -EFAULT);
}

static void crash_other(struct guest *g)
{
	start(g, 1);
	guest_wait(g);
}

Test(vcpus, a_crash_of_any_vcpu_ends_the_guest_and_names_it)
{
	fake_guest(0, crash_other, NULL);
	fake_guest(1, crasher, NULL);
	cr_assert(eq(int, (int)fx_run("machine.vcpus=2"), STATUS_CRASH));
	cr_assert(said("guest crashed: vCPU 1: KVM_RUN: Bad address"), "%s", said_all());
}

/* ---- work for all threads ---- */

static pthread_barrier_t all_there;
static atomic_int jobs;

static void job(void *arg)
{
	struct vcpus *s = arg;

	pthread_barrier_wait(&all_there); /* at the same time: else the test does not end */
	vcpus_lock(s);                    /* which is free */
	jobs++;
	vcpus_unlock(s);
}

Test(vcpus, parked_threads_share_a_job_and_park_again)
{
	struct machine *m;

	fake_guest(0, off, NULL);
	m = fx_machine("machine.vcpus=3");
	pthread_barrier_init(&all_there, NULL, 4);
	vcpus_lock(&m->cpus);
	vcpus_pause(&m->cpus);
	for (int i = 1; i <= 20; i++) {
		vcpus_all_do(&m->cpus, job, &m->cpus);
		cr_assert(eq(int, jobs, 4 * i));
		cr_assert(eq(uint, m->cpus.busy, 0));
	}
	vcpus_resume(&m->cpus);
	vcpus_unlock(&m->cpus);
	cr_assert(eq(int, (int)machine_run(m), STATUS_OFF), "%s", said_all());
	machine_destroy(m);
	pthread_barrier_destroy(&all_there);
	FX_NOTHING_LEFT();
}
