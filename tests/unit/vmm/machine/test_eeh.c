/* SPDX-License-Identifier: BSD-2-Clause */
/* What a host sleeps in for a PE or a function, on one vCPU's thread, and what others do meanwhile. */
#include "tests/unit/vmm/machine/passthrough_fixture.h"

#include <stdatomic.h>

#define PE 1u
#define OPTION "ibm,set-eeh-option"
#define RESET "ibm,set-slot-reset"
#define STATE "ibm,read-slot-reset-state2"

TestSuite(eeh, .init = pt_setup, .fini = fx_teardown, .timeout = 110);

struct meeting {
	atomic_bool done; /* CPU 1 did all it wanted to, while the reset lasted */
	const char *end;  /* or this call instead */
	bool thaw;
};

static int32_t reset_pe(struct guest *g, uint32_t how)
{
	return guest_rtas(g, RESET, 4, 1, PE, BUID_HI, BUID_LO, how);
}

static uint32_t ids(struct guest *g)
{
	guest_check(guest_rtas(g, "ibm,read-pci-config", 4, 2, 0, BUID_HI, BUID_LO, 4) == 0, "ids");
	return (uint32_t)g->args[1];
}

static void wait_asleep(struct guest *g)
{
	while (!fake_eeh_asleep())
		guest_wait_ms(g, 1);
}

/* CPU 0 resets; in its second life, if there is one, it looks whether all is well. */
static void resetting(struct guest *g)
{
	if (g->starts == 1) {
		guest_rtas(g, "start-cpu", 3, 1, 1, 0x100, 0);
		guest_check(reset_pe(g, 1) == 0, "hot reset");
		guest_check(!fake_eeh_asleep(), "it came back before its end");
		guest_check(((struct meeting *)g->ctx)->done, "the other one waited");
		guest_check(guest_rtas(g, STATE, 3, 4, PE, BUID_HI, BUID_LO) == 0, "state");
		guest_check(g->args[1] == 1, "held");
		guest_check(reset_pe(g, 0) == 0, "release");
	}
	guest_check(ids(g) != UINT32_MAX, "the function answers");
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

static void others(struct guest *g)
{
	wait_asleep(g);
	for (int i = 0; i < 10; i++)
		guest_check(guest_rtas(g, "get-time-of-day", 0, 8) == 0, "time");
	guest_check(guest_rtas(g, STATE, 3, 4, PE, BUID_HI, BUID_LO) == 0, "state");
	guest_check(g->args[1] == 1, "reset active");
	guest_check(ids(g) == UINT32_MAX, "ids while it lasts");
	guest_check(reset_pe(g, 0) == -7, "release while it lasts");
	guest_check(guest_rtas(g, OPTION, 4, 1, PE, BUID_HI, BUID_LO, 1) == -7, "option");
	guest_check(guest_rtas(g, "ibm,configure-pe", 3, 1, PE, BUID_HI, BUID_LO) == 9902,
		    "configure");
	guest_check(guest_rtas(g, "ibm,change-msi", 6, 4, 0, BUID_HI, BUID_LO, 4, 3, 1) == 9902,
		    "msi");
	guest_check(guest_hcall(g, H_PUT_TCE, 3, LIOBN, 0x1000ul, 0x20003ul) == H_SUCCESS, "TCE");
	((struct meeting *)g->ctx)->done = fake_eeh_asleep();
	fake_eeh_wake();
}

Test(eeh, other_cpus_go_on_while_one_resets_a_pe)
{
	struct meeting both = { 0 };

	fake_vfio.eeh_sleep_ms = 20000;
	fake_guest(0, resetting, &both);
	fake_guest(1, others, &both);
	cr_assert(eq(int, (int)fx_run(ONE "machine.vcpus=2"), STATUS_OFF), "%s", said_all());
	ALL_IS_GIVEN_BACK();
}

/* ---- a thaw, and a reset of a function by a configuration write ---- */

#define DEVCTL (0x80 + PCI_EXP_DEVCTL)

static void changing(struct guest *g)
{
	struct meeting *both = g->ctx;

	guest_rtas(g, "start-cpu", 3, 1, 1, 0x100, 0);
	if (both->thaw)
		guest_check(guest_rtas(g, OPTION, 4, 1, PE, BUID_HI, BUID_LO, 2) == 0, "thaw");
	else
		guest_check(guest_rtas(g, "ibm,write-pci-config", 5, 1, DEVCTL, BUID_HI, BUID_LO, 2,
				       PCI_EXP_DEVCTL_BCR_FLR) == 0,
			    "function reset");
	guest_check(both->done, "the other one waited");
	guest_check(ids(g) != UINT32_MAX, "the function answers");
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

static void others_meanwhile(struct guest *g)
{
	struct meeting *both = g->ctx;

	wait_asleep(g);
	for (int i = 0; i < 10; i++)
		guest_check(guest_rtas(g, "get-time-of-day", 0, 8) == 0, "time");
	guest_check((ids(g) == UINT32_MAX) == !both->thaw, "ids while it lasts");
	guest_check(reset_pe(g, 1) == (both->thaw ? -7 : 9902), "reset while it lasts");
	guest_check(guest_rtas(g, "ibm,change-msi", 6, 4, 0, BUID_HI, BUID_LO, 4, 3, 1) == 9902,
		    "msi");
	both->done = fake_eeh_asleep();
	fake_eeh_wake();
}

Test(eeh, other_cpus_go_on_while_one_thaws_a_pe_or_resets_a_function)
{
	for (int thaw = 0; thaw <= 1; thaw++) {
		struct meeting both = { .thaw = thaw };

		fake_vfio.eeh_sleep_ms = 20000;
		fake_guest(0, changing, &both);
		fake_guest(1, others_meanwhile, &both);
		cr_assert(eq(int, (int)fx_run(ONE "machine.vcpus=2"), STATUS_OFF), "%s",
			  said_all());
		ALL_IS_GIVEN_BACK();
	}
}

static void ends(struct guest *g)
{
	struct meeting *both = g->ctx;

	wait_asleep(g);
	both->done = true;
	if (strcmp(both->end, "power-off") == 0)
		guest_rtas(g, both->end, 2, 1, 0, 0);
	else
		guest_rtas(g, both->end, 0, 1);
	guest_check(false, "it goes on");
}

/* Neither closes nor resets what the reset still uses. */
Test(eeh, the_ends_of_a_guest_wait_for_the_reset)
{
	static const char *const calls[] = { "power-off", "system-reboot" };

	fake_vfio.eeh_sleep_ms = 200;
	for (int i = 0; i < 2; i++) {
		struct meeting both = { .end = calls[i] };

		fake_guest(0, resetting, &both);
		fake_guest(1, ends, &both);
		cr_assert(eq(int, (int)fx_run(ONE "machine.vcpus=2"), STATUS_OFF), "%s",
			  said_all());
		cr_assert(lt(int, fake_last_at("VFIO_EEH_PE_OP container 0 6"),
			     fake_last_at("VFIO_EEH_PE_OP container 0 5")),
			  "%s", said_all());
		cr_assert(eq(int, fake_count("VFIO_EEH_PE_OP container 0 5"), i + 1));
		cr_assert(eq(int, said("the guest rebooted"), i));
		ALL_IS_GIVEN_BACK();
	}
}

/* ---- errors of the host's bridge ---- */

#define DETAIL "ibm,slot-error-detail"
#define DRIVER 0x3000
#define LOG 0x4000

static int64_t state(struct guest *g)
{
	int32_t r = guest_rtas(g, STATE, 3, 4, PE, BUID_HI, BUID_LO);

	return r ? r : (int64_t)g->args[1];
}

static int32_t detail(struct guest *g)
{
	return guest_rtas(g, DETAIL, 8, 1, PE, BUID_HI, BUID_LO, DRIVER, 16, LOG, 2048, 1);
}

/* As Linux does it: arch/powerpc/kernel/eeh_driver.c. */
static void recovers(struct guest *g)
{
	uint8_t log[136];

	guest_check(ids(g) == UINT32_MAX, "ids of a stopped PE");
	guest_check(state(g) == 2, "stopped");
	guest_check(guest_rtas(g, OPTION, 4, 1, PE, BUID_HI, BUID_LO, 2) == 0, "thaw for the log");
	guest_check(state(g) == 4, "DMA is stopped");
	guest_check(detail(g) == 0, "a log");
	guest_read(g, LOG, log, sizeof(log));
	guest_check(log[0] == 6 && memcmp(log + 96, "UD", 2) == 0, "of the sixth version");
	guest_check(log[96 + 11] == 4, "the state in the log");
	guest_check(memcmp(log + 120, "seen by a driver", 16) == 0, "the driver's words");
	guest_check(reset_pe(g, 1) == 0, "hot reset");
	guest_check(state(g) == 1, "held");
	guest_check(reset_pe(g, 0) == 0, "release");
	guest_check(guest_rtas(g, "ibm,configure-pe", 3, 1, PE, BUID_HI, BUID_LO) == 0,
		    "configure");
	guest_check(state(g) == 0, "it runs");
	guest_check(detail(g) == 1, "no error any more");
	guest_check(ids(g) != UINT32_MAX, "the function answers");
}

#define INJECT_BUFFER 0x5000
#define DMA_READ 12

static int32_t inject(struct guest *g, uint32_t function)
{
	uint8_t buf[32] = { 0 };

	be32_store(buf + 8, PE);
	be32_store(buf + 12, BUID_HI);
	be32_store(buf + 16, BUID_LO);
	be32_store(buf + 20, function);
	guest_write(g, INJECT_BUFFER, buf, sizeof(buf));
	return guest_rtas(g, "ibm,errinjct", 3, 1, 7, 1, INJECT_BUFFER);
}

static void makes_errors(struct guest *g)
{
	guest_write(g, DRIVER, "seen by a driver", 16);
	guest_check(guest_rtas(g, "ibm,open-errinjct", 0, 2) == 1, "the session");
	guest_check(inject(g, 0) == -1, "which the host does not make");
	for (int i = 0; i < 3; i++) {
		guest_check(inject(g, DMA_READ) == 0, "an error");
		recovers(g);
	}
	guest_check(guest_rtas(g, "ibm,close-errinjct", 1, 1, 1) == 0, "close");
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

Test(eeh, a_guest_recovers_from_errors_of_its_own_making)
{
	fake_guest(0, makes_errors, NULL);
	cr_assert(eq(int, (int)fx_run(ONE), STATUS_OFF), "%s", said_all());
	cr_assert(eq(str, (char *)guest_failures(), ""));
	ALL_IS_GIVEN_BACK();
}

static void meets_errors(struct guest *g)
{
	guest_write(g, DRIVER, "seen by a driver", 16);
	for (int i = 0; i < 3; i++) {
		guest_check(detail(g) == 1, "no error yet");
		fake_eeh_freeze();
		recovers(g);
	}
	fake_eeh_freeze(); /* and is left so */
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

Test(eeh, a_guest_recovers_from_three_errors_in_a_row)
{
	fake_guest(0, meets_errors, NULL);
	cr_assert(eq(int, (int)fx_run(ONE), STATUS_OFF), "%s", said_all());
	cr_assert(eq(str, (char *)guest_failures(), ""));
	ALL_IS_GIVEN_BACK();
}
