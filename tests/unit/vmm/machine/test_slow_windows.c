/* SPDX-License-Identifier: BSD-2-Clause */
/* Windows that take the host long to remove: what other vCPUs may do meanwhile, and what waits. */
#include "tests/unit/vmm/machine/passthrough_fixture.h"

#include <stdatomic.h>

TestSuite(slow_windows, .init = pt_setup, .fini = fx_teardown, .timeout = 110);

#define START (1ul << 59)

static atomic_bool went_on, put, queried;

static void create(struct guest *g, uint32_t buid_lo)
{
	guest_check(guest_rtas(g, "ibm,create-pe-dma-window", 5, 4, 0, BUID_HI, buid_lo, 16, 27) ==
			    0,
		    "create");
}

static void removing(struct guest *g)
{
	guest_rtas(g, "start-cpu", 3, 1, 1, 0x100, 0);
	guest_rtas(g, "start-cpu", 3, 1, 2, 0x100, 0);
	guest_rtas(g, "start-cpu", 3, 1, 3, 0x100, 0);
	create(g, BUID_LO);
	guest_check(guest_rtas(g, "ibm,remove-pe-dma-window", 1, 1, (uint32_t)g->args[1]) == 0,
		    "remove");
	guest_check(!fake_remove_asleep(), "it came back before its end");
	guest_check(went_on, "the others waited");
	while (!put || !queried)
		guest_wait_ms(g, 1);
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

static void wait_asleep(struct guest *g)
{
	while (!fake_remove_asleep())
		guest_wait_ms(g, 1);
}

static void going_on(struct guest *g)
{
	wait_asleep(g);
	for (int i = 0; i < 50; i++) {
		guest_check(guest_rtas(g, "get-time-of-day", 0, 8) == 0, "time");
		guest_wait_ms(g, 1);
	}
	went_on = fake_remove_asleep();
	guest_check(!put && !queried, "calls for the PE did not wait");
	fake_remove_wake();
}

/* In the other window of the same PE. */
static void putting(struct guest *g)
{
	wait_asleep(g);
	guest_check(guest_hcall(g, H_PUT_TCE, 3, LIOBN, 0x1000ul, 0x20003ul) == H_SUCCESS, "TCE");
	guest_check(fake_dma(26, 0x1000, true) != NULL, "the device does not reach it");
	guest_check(guest_hcall(g, H_PUT_TCE, 3, LIOBN + 1, START, 0x20003ul) == H_PARAMETER,
		    "the window is still there");
	put = true;
	guest_wait(g);
}

static void querying(struct guest *g)
{
	wait_asleep(g);
	guest_check(guest_rtas(g, "ibm,query-pe-dma-window", 3, 6, 0, BUID_HI, BUID_LO) == 0,
		    "query");
	guest_check(g->args[1] == 1, "windows that are left");
	queried = true;
	guest_wait(g);
}

Test(slow_windows, others_go_on_and_calls_for_the_pe_wait)
{
	fake_vfio.remove_sleep_ms = 20000;
	fake_guest(0, removing, NULL);
	fake_guest(1, going_on, NULL);
	fake_guest(2, putting, NULL);
	fake_guest(3, querying, NULL);
	cr_assert(eq(int, (int)fx_run(ONE "machine.vcpus=4"), STATUS_OFF), "%s", said_all());
	ALL_IS_GIVEN_BACK();
}

static void removes_for_ever(struct guest *g)
{
	if (g->starts > 1)
		guest_rtas(g, "power-off", 2, 1, 0, 0);
	guest_rtas(g, "start-cpu", 3, 1, 1, 0x100, 0);
	create(g, BUID_LO);
	guest_rtas(g, "ibm,remove-pe-dma-window", 1, 1, (uint32_t)g->args[1]);
	guest_wait(g);
}

static void reboots(struct guest *g)
{
	wait_asleep(g);
	guest_rtas(g, "system-reboot", 0, 1);
}

Test(slow_windows, a_reboot_waits_for_it)
{
	fake_vfio.remove_sleep_ms = 200;
	fake_guest(0, removes_for_ever, NULL);
	fake_guest(1, reboots, NULL);
	cr_assert(eq(int, (int)fx_run(ONE "machine.vcpus=2"), STATUS_OFF), "%s", said_all());
	ALL_IS_GIVEN_BACK();
}

/* ---- all that makes vCPUs wait for each other, at once ---- */

#define ROUNDS 30
static atomic_int finished;

static void rounds(struct guest *g, uint32_t buid_lo)
{
	for (int i = 0; i < ROUNDS; i++) {
		create(g, buid_lo);
		guest_rtas(g, "ibm,remove-pe-dma-window", 1, 1, (uint32_t)g->args[1]);
	}
	finished++;
}

static void first(struct guest *g)
{
	for (uint32_t i = 1; i < 4; i++)
		guest_rtas(g, "start-cpu", 3, 1, i, 0x100, 0);
	rounds(g, BUID_LO);
	while (finished < 3)
		guest_wait_ms(g, 1);
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

static void second(struct guest *g)
{
	rounds(g, BUID_LO + 1);
	guest_wait(g);
}

static void third(struct guest *g)
{
	for (unsigned long i = 0; i < ROUNDS; i++)
		guest_hcall(g, H_SET_MODE, 4, i & 1, 4ul, 0ul, 0ul);
	finished++;
	guest_wait(g);
}

static void fourth(struct guest *g)
{
	guest_wait(g);
}

Test(slow_windows, no_two_wait_for_each_other)
{
	struct fake_hostdev *more = fake_hostdev_new(FAKE_NVME, "0005:01:00.0", 27, "nvme");

	fake_vfio.remove_sleep_ms = 1;
	fake_guest(0, first, NULL);
	fake_guest(1, second, NULL);
	fake_guest(2, third, NULL);
	fake_guest(3, fourth, NULL);
	cr_assert(eq(int, (int)fx_run(ONE "vfio.1.host=0005:01:00.0 machine.vcpus=4"), STATUS_OFF),
		  "%s", said_all());
	cr_assert(eq(str, more->driver, "nvme"));
	ALL_IS_GIVEN_BACK();
}
