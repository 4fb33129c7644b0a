/* SPDX-License-Identifier: BSD-2-Clause */
/* main.c with a guest: the product's own main() on the fake host. Command lines alone: test_main.c. */
#include "tests/unit/vmm/machine/fixture.h"

#include <criterion/redirect.h>

int spapr_vmm(int argc, char **argv); /* main() of vmm/main.c, under this name */

static void setup(void)
{
	fx_setup();
	fake_keeps_rights = true;
	cr_assert(eq(int, chdir(fx.dir), 0));
	cr_redirect_stdout();
}

TestSuite(live, .init = setup, .fini = fx_teardown, .timeout = 30);

/* The status of "spapr-vmm --config guest.toml @more". */
static int run(const char *more)
{
	char command[256], *argv[16] = { 0 };
	int argc = 0;

	snprintf(command, sizeof(command), "spapr-vmm --config guest.toml %s", more);
	for (char *w = strtok(command, " "); w && argc < 15; w = strtok(NULL, " "))
		argv[argc++] = w;
	return spapr_vmm(argc, argv);
}

static void off(struct guest *g)
{
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

static void reboot(struct guest *g)
{
	guest_rtas(g, "system-reboot", 0, 1);
}

#define NOTHING_OPEN()                                                                             \
	do {                                                                                       \
		cr_expect(eq(int, fake_open_fds(), 0), "%s", said_all());                          \
		cr_expect(eq(int, fake_mappings(), 0), "%s", said_all());                          \
	} while (0)

Test(live, a_guest_that_powers_off_is_status_0)
{
	fake_guest(0, off, NULL);
	cr_expect(eq(int, run(""), STATUS_OFF));
	cr_expect(eq(int, said_errors(), 0), "%s", said_all());
	NOTHING_OPEN();
}

Test(live, a_guest_that_wants_another_start_is_status_5)
{
	fake_guest(0, reboot, NULL);
	cr_expect(eq(int, run("--set machine.on_reboot=exit"), STATUS_REBOOT));
	NOTHING_OPEN();
}

Test(live, a_dry_run_does_all_but_run)
{
	fake_guest(0, reboot, NULL);
	cr_expect(eq(int, run("--dry-run"), STATUS_OFF));
	cr_expect(eq(int, fake_count("KVM_RUN"), 0));
	NOTHING_OPEN();
}

Test(live, a_log_file_is_closed_at_the_end)
{
	fake_guest(0, off, NULL);
	cr_expect(eq(int, run("--log-file log"), STATUS_OFF));
	cr_expect(eq(int, access("log", R_OK), 0));
	NOTHING_OPEN();
}

Test(live, a_host_without_kvm_is_status_3_before_anything_runs)
{
	fake_host(FAKE_NO_KVM);
	cr_expect(eq(int, run(""), STATUS_HOST));
	NOTHING_OPEN();
}

Test(live, what_was_bound_is_given_back)
{
	char *argv[] = { chars("spapr-vmm"), chars("unbind"), chars("--config"),
			 chars("guest.toml") };

	cr_expect(eq(int, spapr_vmm(4, argv), STATUS_OFF), "%s", said_all());
	NOTHING_OPEN();
}

Test(live, a_tool_has_its_own_words)
{
	char *argv[] = { chars("spapr-vmm"), chars("ctl"), chars("socket") };

	cr_expect(ne(int, spapr_vmm(3, argv), STATUS_OFF));
	cr_expect(said("ctl: use it so: spapr-vmm ctl "), "%s", said_all());
}
