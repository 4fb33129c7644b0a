/* SPDX-License-Identifier: BSD-2-Clause */
/* main.c as its users meet it: the program itself, on command lines that touch no host. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <stdio.h>

#define CONF SPAPR_SOURCE_DIR "/tests/conf/"

struct run {
	char arguments[256];
	int status;
	char output[160]; /* the first line, of stdout and stderr together */
};

ParameterizedTestParameters(main, status_and_first_line)
{
	static struct run cases[] = {
		{ "", 2,
		  "which guest? spapr-vmm --config guest.toml runs one, spapr-vmm --help lists "
		  "the options\n" },
		{ "--version", 0, "spapr-vmm 0.1.0\n" },
		{ "--help", 0, "spapr-vmm --config guest.toml [options]   run the guest\n" },
		{ "--confg x", 2, "--confg: unknown option, did you mean \"--config\"?\n" },
		{ "--help >/dev/full", 1, "standard output: No space left on device\n" },
		{ "--version >/dev/full", 1, "standard output: No space left on device\n" },
		{ "--print-config -c " CONF "pass-minimal.toml", 0, "[machine]\n" },
		{ "--print-config -c " CONF "pass-minimal.toml >/dev/full", 1,
		  "standard output: No space left on device\n" },
		{ "--print-config -c " CONF "pass-minimal.toml >&-", 1,
		  "standard output: Bad file descriptor\n" },
		{ "--print-config -c /nonexistent", 2,
		  "/nonexistent: No such file or directory\n" },
		{ "--print-config -c " CONF "pass-minimal.toml --log-file /nonexistent/log", 2,
		  "--log-file /nonexistent/log: No such file or directory\n" },
		{ "-c " CONF "pass-minimal.toml -s machine.memory=4Gib", 2,
		  "--set machine.memory=4Gib: machine.memory: \"4Gib\" is not a size, did you mean "
		  "\"4GiB\"?\n" },
		{ "check -c " CONF "pass-minimal.toml -s boot.cmdlin=x", 2,
		  "--set boot.cmdlin=x: boot.cmdlin: unknown key, did you mean \"cmdline\"?\n" },
	};

	return cr_make_param_array(struct run, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct run *p, main, status_and_first_line)
{
	char command[512], line[256] = "", rest[256];
	int status;
	FILE *f;

	snprintf(command, sizeof(command), SPAPR_BINARY_DIR "/spapr-vmm 2>&1 %s", p->arguments);
	f = popen(command, "r");
	cr_assert(ne(ptr, f, NULL));
	if (fgets(line, sizeof(line), f))
		while (fgets(rest, sizeof(rest), f))
			;
	status = pclose(f);
	cr_assert(eq(str, line, p->output));
	cr_assert(eq(int, status, p->status << 8)); /* as wait() spells a plain exit */
}
