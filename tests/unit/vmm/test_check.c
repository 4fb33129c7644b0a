/* SPDX-License-Identifier: BSD-2-Clause */
/* check.c: `spapr-vmm check` on each host. */
#include "tests/unit/vmm/fixture.h"

#include <criterion/redirect.h>

static void setup(void)
{
	fx_setup();
	cr_redirect_stdout();
	fx.fds = fx_entries("/proc/self/fd");
}

TestSuite(check, .init = setup, .fini = fx_teardown, .timeout = 30);

static void expect_line(const char *text, const char *line)
{
	cr_assert(ne(ptr, strstr(text, line), NULL), "wanted: %s\ngot: %s", line, text);
}

/* What machine_check() printed, as one text. */
static char *check(const struct options *opt, enum exit_status want)
{
	static char text[16384];
	FILE *out;

	cr_assert(eq(int, (int)machine_check(opt), (int)want), "%s", fx.log);
	FX_NOTHING_LEFT();
	fflush(stdout);
	out = cr_get_redirected_stdout();
	text[fread(text, 1, sizeof(text) - 1, out)] = '\0';
	return text;
}

struct check_case {
	enum fake_host_id host;
	enum exit_status status;
	char line[96];
};

ParameterizedTestParameters(check, every_host_has_its_verdict)
{
	static struct check_case cases[] = {
		{ FAKE_P9_64K, STATUS_OFF, "ok   irqchip: xive (auto), xics\n" },
		{ FAKE_P9_64K, STATUS_OFF, "ok   KVM_CAP_PPC_PAPR\n" },
		{ FAKE_P9_64K, STATUS_OFF, "note KVM_CAP_PPC_DAWR1: no second watchpoint\n" },
		{ FAKE_P9_4K, STATUS_OFF, "irqchip: xics; xive needs a host kernel with 64K" },
		{ FAKE_L1, STATUS_OFF, "ok   irqchip: xics\n" },
		{ FAKE_NO_HV, STATUS_HOST, "FAIL kvm: /dev/kvm gives no virtual machine" },
		{ FAKE_NO_KVM, STATUS_HOST, "FAIL kvm: /dev/kvm gives no virtual machine" },
		{ FAKE_NOT_POWER, STATUS_HOST, "FAIL host: this is not a POWER machine" },
	};

	return cr_make_param_array(struct check_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct check_case *p, check, every_host_has_its_verdict)
{
	fake_host(p->host);
	expect_line(check(NULL, p->status), p->line);
}

Test(check, a_needed_capability_that_is_missing_fails)
{
	fake_set_cap(KVM_CAP_ONE_REG, 0);
	expect_line(check(NULL, STATUS_HOST), "FAIL KVM_CAP_ONE_REG: registers cannot be set\n");
}

Test(check, a_guest_is_built_and_taken_down_without_running)
{
	expect_line(check(fx_options("machine.vcpus=2"), STATUS_OFF),
		    "ok   guest: this host can run it\n");
	cr_assert(eq(int, fake_count("KVM_RUN"), 0));
}

Test(check, a_guest_that_cannot_be_built_has_the_status_of_its_reason)
{
	const struct options *opt = fx_options("");

	unlink(fx_path("vmlinux"));
	check(opt, STATUS_USAGE);
	cr_assert(fx_said("vmlinux: No such file or directory"), "%s", fx.log);
}
