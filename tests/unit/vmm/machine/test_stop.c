/* SPDX-License-Identifier: BSD-2-Clause */
/* stop.c: SIGTERM and SIGINT as the guest and the user meet them. */
#include "tests/unit/vmm/machine/fixture.h"
#include "vmm/machine/machine_impl.h"

TestSuite(ask, .init = fx_setup, .fini = fx_teardown, .timeout = 30);

#define LOG_BUFFER 0x30000
#define EPOW_CLASS 0x40000000u

struct asked {
	struct machine *m;
	unsigned int asks;
	bool unmask, fetch, obey;
	bool fetched;
};

static void ready(struct asked *a)
{
	for (unsigned int i = 0; i < a->asks; i++)
		stop_ask_off(&a->m->stop);
}

/* A guest that listens as far as the test lets it. */
static void listener(struct guest *g)
{
	struct asked *a = g->ctx;

	if (a->unmask)
		guest_unmask(g, LISN_EPOW);
	ready(a);
	if (!a->unmask || !a->fetch) {
		guest_wait_ms(g, 60000);
		guest_wait_ms(g, 60000);
	}
	guest_wait_irq(g, LISN_EPOW);
	guest_check(guest_rtas(g, "check-exception", 6, 1, 0x500, LISN_EPOW, EPOW_CLASS, 0,
			       LOG_BUFFER, 2048) == 0,
		    "check-exception");
	a->fetched = true;
	if (a->obey)
		guest_rtas(g, "power-off", 2, 1, 0, 0);
	stop_ask_off(&a->m->stop);
	guest_wait(g);
}

/* How many milliseconds the guest lived. */
static uint64_t run(struct asked *a, const char *sets, enum exit_status want)
{
	uint64_t start = sys_now_ns(), ms;
	enum exit_status status;

	fake_guest(0, listener, a);
	a->m = fx_machine(sets);
	status = machine_run(a->m);
	ms = (sys_now_ns() - start) / 1000000;
	machine_destroy(a->m);
	cr_assert(eq(int, (int)status, (int)want), "%s", said_all());
	cr_assert(eq(str, chars(guest_failures()), ""));
	FX_NOTHING_LEFT();
	return ms;
}

/* At once: the timer would have logged a line. Time is not looked at, as the machine may be busy. */
#define AT_ONCE() cr_assert(not(said("pulling the plug")), "%s", said_all())

Test(ask, a_guest_that_listens_powers_itself_off)
{
	struct asked a = { .asks = 1, .unmask = true, .fetch = true, .obey = true };

	run(&a, "machine.irqchip=xics", STATUS_OFF);
	cr_assert(a.fetched);
	cr_assert(said("asked the guest to power off"), "%s", said_all());
	AT_ONCE();
}

Test(ask, a_guest_that_cannot_hear_loses_power_at_once)
{
	struct asked a = { .asks = 1 };

	run(&a, "machine.irqchip=xics", STATUS_OFF);
	AT_ONCE();
	cr_assert(not(said("asked the guest")), "%s", said_all());
}

Test(ask, a_second_call_pulls_the_plug_at_once)
{
	struct asked a = { .asks = 2, .unmask = true };

	run(&a, "machine.irqchip=xics", STATUS_OFF);
	AT_ONCE();
}

Test(ask, a_second_call_ends_a_guest_that_heard_the_first)
{
	struct asked a = { .asks = 1, .unmask = true, .fetch = true };

	run(&a, "machine.irqchip=xics", STATUS_OFF);
	AT_ONCE();
	cr_assert(a.fetched);
}

Test(ask, a_guest_that_does_not_fetch_the_event_gets_two_seconds)
{
	struct asked a = { .asks = 1, .unmask = true };
	uint64_t ms = run(&a, "machine.irqchip=xics", STATUS_OFF);

	/* One that fetched it has eight more. */
	cr_assert(all(ge(u64, ms, 1900), lt(u64, ms, 9000)), "%llu ms", (unsigned long long)ms);
	cr_assert(said("pulling the plug"), "%s", said_all());
}

Test(ask, a_call_before_the_guest_runs_is_not_lost)
{
	struct machine *m = fx_machine("");

	stop_ask_off(&m->stop);
	cr_assert(eq(int, (int)machine_run(m), STATUS_OFF));
	machine_destroy(m);
	FX_NOTHING_LEFT();
}
