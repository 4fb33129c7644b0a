/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A passed-through function in D3hot under a guest that goes on using it. KVM cannot give the page of
 * a BAR that sleeps: the machine must have taken the BAR's memory slot away before.
 */
#include "tests/unit/vmm/machine/passthrough_fixture.h"

#define BUS 0x80000000u
#define GPA (phb_range(0, PHB_MEM32).gpa)
#define PM (0x60 + PCI_PM_CTRL)
#define ONES 0xffffffffu

TestSuite(asleep, .init = pt_setup, .fini = fx_teardown, .timeout = 60);

static void write_config(struct guest *g, uint32_t off, uint32_t size, uint32_t value)
{
	guest_check(guest_rtas(g, "ibm,write-pci-config", 5, 1, off, BUID_HI, BUID_LO, size,
			       value) == 0,
		    "write-pci-config");
}

static void decode(struct guest *g)
{
	write_config(g, PCI_BASE_ADDRESS_0, 4, BUS);
	write_config(g, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
}

static void sleep_and_wake(struct guest *g)
{
	decode(g);
	guest_store(g, GPA, 4, 0x11223344);
	for (int i = 0; i < 3; i++) {
		guest_check(guest_load(g, GPA, 4) == 0x11223344, "awake");
		write_config(g, PM, 2, 3);
		guest_check(guest_load(g, GPA, 4) == ONES, "a load of what sleeps");
		guest_store(g, GPA, 4, 0);
		guest_check(guest_load(g, GPA + 8, 8) == UINT64_MAX, "another");
		write_config(g, PM, 2, 0);
	}
	guest_check(guest_load(g, GPA, 4) == 0x11223344, "a store was not dropped");
	write_config(g, PM, 2, 3);
	guest_rtas(g, g->starts == 1 ? "system-reboot" : "power-off", g->starts == 1 ? 0 : 2, 1, 0,
		   0);
}

Test(asleep, a_guest_that_uses_what_sleeps_reads_ones_and_goes_on)
{
	fake_guest(0, sleep_and_wake, NULL);
	cr_assert(eq(int, (int)fx_run(ONE), STATUS_OFF), "%s", said_all());
	cr_assert(eq(str, chars(guest_failures()), ""));
	ALL_IS_GIVEN_BACK();
}

/* What the machine must never let happen: the fake kernel is as strict as Linux. */
static void sleeps_unseen(struct guest *g)
{
	decode(g);
	nvme->config[PM] |= 3;
	guest_load(g, GPA, 4);
	guest_check(false, "KVM_RUN went on");
}

Test(asleep, a_mapped_bar_that_sleeps_ends_kvm_run)
{
	fake_guest(0, sleeps_unseen, NULL);
	cr_assert(eq(int, (int)fx_run(ONE), STATUS_CRASH), "%s", said_all());
	cr_assert(said("KVM_RUN: Bad address"), "%s", said_all());
	cr_assert(eq(str, chars(guest_failures()), ""));
	ALL_IS_GIVEN_BACK();
}
