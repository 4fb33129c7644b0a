/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/cli.h"

#include "tests/unit/said.h"
#include "vmm/base/types.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* @line is cut at its blanks, in place: the fields of @cli point into it. */
static int parse(struct cli *cli, char *line)
{
	char *argv[16] = { "spapr-vmm" };
	int argc = 1, r;

	for (char *arg = strtok(line, " "); arg; arg = strtok(NULL, " "))
		argv[argc++] = arg;
	said_catch(LOG_DEBUG);
	r = cli_parse(cli, argc, argv);
	log_set_sink(NULL);
	return r;
}

Test(cli, every_spelling_of_an_option_is_taken)
{
	char line[] =
		"-c a.toml -sx=1 --set y=2 --set=z=3 --dry-run --log-level=debug --log-file l";
	struct cli cli;

	cr_assert(eq(int, parse(&cli, line), 0), "%s", said_all());
	cr_assert(eq(str, chars(cli.config), "a.toml"));
	cr_assert(eq(int, cli.nsets, 3));
	cr_assert(eq(str, cli.sets[0], "x=1"));
	cr_assert(eq(str, cli.sets[1], "y=2"));
	cr_assert(eq(str, cli.sets[2], "z=3"));
	cr_assert(cli.dry_run);
	cr_assert(not(cli.check));
	cr_assert(eq(int, (int)cli.log_level, LOG_DEBUG));
	cr_assert(eq(str, chars(cli.log_file), "l"));
	cli_free(&cli);
}

Test(cli, check_goes_with_and_without_a_configuration)
{
	char with[] = "check --config=a.toml", without[] = "check";
	struct cli cli;

	cr_assert(eq(int, parse(&cli, with), 0));
	cr_assert(cli.check);
	cli_free(&cli);
	cr_assert(eq(int, parse(&cli, without), 0));
	cr_assert(cli.check);
	cr_assert(eq(ptr, pointer(cli.config), NULL));
	cr_assert(eq(int, (int)cli.log_level, LOG_INFO));
	cli_free(&cli);
}

struct wrong {
	char line[48];
	char message[120];
};

ParameterizedTestParameters(cli, a_wrong_command_line_is_one_line_of_help)
{
	static struct wrong cases[] = {
		{ "", "which guest? spapr-vmm --config guest.toml runs one, spapr-vmm --help lists "
		      "the options" },
		{ "--dry-run",
		  "which guest? spapr-vmm --config guest.toml runs one, spapr-vmm --help "
		  "lists the options" },
		{ "--confg x", "--confg: unknown option, did you mean \"--config\"?" },
		{ "--print_config",
		  "--print_config: unknown option, did you mean \"--print-config\"?" },
		{ "--dumpdtb=x", "--dumpdtb=x: unknown option, did you mean \"--dump-dtb\"?" },
		{ "--kernel x", "--kernel: unknown option: --help lists them" },
		{ "-x", "-x: unknown option: --help lists them" },
		{ "--", "--: unknown option: --help lists them" },
		{ "--config", "--config needs a value: --config FILE" },
		{ "-c", "--config needs a value: --config FILE" },
		{ "--config=", "--config: the name is empty" },
		{ "-c a -c b", "--config is given twice" },
		{ "--dry-run=yes", "--dry-run takes no value" },
		{ "--log-level=warning -c x",
		  "--log-level: \"warning\" is none of error, warn, info, "
		  "debug, did you mean \"warn\"?" },
		{ "--log-level=5", "--log-level: \"5\" is none of error, warn, info, debug" },
		{ "guest.toml", "guest.toml: unexpected argument, did you mean \"--config "
				"guest.toml\"?" },
		{ "chekc", "chekc: unknown command, did you mean \"check\"?" },
		{ "run -c x", "run: unexpected argument: --help shows the usage" },
		{ "check check", "check: unexpected argument: --help shows the usage" },
		{ "check --set a=b", "--set changes a configuration: --config FILE is missing" },
		{ "check --dry-run",
		  "check does not go with --dry-run, --print-config or --dump-dtb" },
		{ "-c a.toml --dry-run --print-config",
		  "--dry-run, --print-config, --dump-dtb: one at a time" },
	};

	return cr_make_param_array(struct wrong, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct wrong *p, cli, a_wrong_command_line_is_one_line_of_help)
{
	struct cli cli;
	char line[48];

	memcpy(line, p->line, sizeof(line));
	cr_assert(eq(int, parse(&cli, line), -EINVAL), "%s", p->line);
	cr_assert(eq(str, said_last(), p->message));
	cr_assert(eq(int, said_lines(), p->message[0] != '\0'));
	cli_free(&cli);
}

Test(cli, help_names_options_keys_and_statuses)
{
	static const char *const lines[] = {
		"\n  -c, --config FILE       the guest, TOML\n",
		"\n      --dump-dtb FILE     write",
		"\n[machine]  the machine itself\n  memory              guest RAM: 128MiB..16TiB, "
		"default 512MiB\n",
		"\n[[vfio]]  PCI devices passed through, any number\n",
		"\n[rng]  random numbers of the host for the guest\n",
		"\n[vsock]  sockets between guest and host, by vhost_vsock\n"
		"  cid                 the guest's address, the host's is 2: 3..4294967294, required\n",
		"\n  5  the guest asked for a reboot",
	};
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	cli_help(f);
	fclose(f);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		cr_assert(ne(ptr, strstr(text, lines[i]), NULL), "%s", lines[i]);
	free(text);
}

Test(cli, bind_and_unbind_want_a_configuration)
{
	char bind[] = "bind --config a.toml --group users", unbind[] = "unbind -c a.toml";
	char bare[] = "unbind";
	struct cli cli;

	cr_assert(eq(int, parse(&cli, bind), 0), "%s", said_all());
	cr_assert(eq(int, (int)cli_mode(&cli), CLI_BIND));
	cr_assert(eq(str, chars(cli.group), "users"));
	cli_free(&cli);
	cr_assert(eq(int, parse(&cli, unbind), 0), "%s", said_all());
	cr_assert(eq(int, (int)cli_mode(&cli), CLI_UNBIND));
	cli_free(&cli);
	cr_assert(eq(int, parse(&cli, bare), -EINVAL));
	cli_free(&cli);
}

Test(cli, one_command_and_its_own_options)
{
	char two[] = "check bind -c a.toml", json[] = "-c a.toml --json",
	     group[] = "unbind -c a.toml --group users", near[] = "unbnd -c a.toml";
	struct cli cli;

	cr_assert(eq(int, parse(&cli, two), -EINVAL));
	cr_assert(said("bind: unexpected argument"), "%s", said_all());
	cli_free(&cli);
	cr_assert(eq(int, parse(&cli, json), -EINVAL));
	cr_assert(said("--json goes with check only"), "%s", said_all());
	cli_free(&cli);
	cr_assert(eq(int, parse(&cli, group), -EINVAL));
	cli_free(&cli);
	cr_assert(eq(int, parse(&cli, near), -EINVAL));
	cr_assert(said("did you mean \"unbind\""), "%s", said_all());
	cli_free(&cli);
}
