/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/tools.h"

#include "vmm/base/log.h"
#include "vmm/base/types.h"
#include "vmm/cli_table.h"
#include "vmm/control/ctl.h"
#include "vmm/control/top.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The answer is nothing before it is written. */
static int finish(int status)
{
	if (status == CTL_DONE && (fflush(stdout) != 0 || ferror(stdout))) {
		log_error("standard output: %s", strerror(errno ? errno : EIO));
		return CTL_NOBODY;
	}
	return status;
}

static int run_ctl(int argc, char **argv)
{
	return finish((int)ctl(argv[0], argv[1], argc > 2 ? argv[2] : NULL, stdout));
}

static int run_top(int argc, char **argv)
{
	bool once = false, json = false;

	for (int i = 1; i < argc; i++) {
		once |= strcmp(argv[i], "--once") == 0;
		json |= strcmp(argv[i], "--json") == 0;
		if (strcmp(argv[i], "--once") != 0 && strcmp(argv[i], "--json") != 0) {
			log_error("top: %.60s: it takes --once and --json", argv[i]);
			return CTL_USAGE;
		}
	}
	return finish((int)top(argv[0], once, json));
}

static const struct tool {
	const char *name;
	int least, most; /* words behind the name */
	int (*run)(int argc, char **argv);
} tools[] = {
	{ "ctl", 2, 3, run_ctl },
	{ "top", 1, 3, run_top },
};

static const char *usage_of(const char *name)
{
	const struct cli_command *c = cli_commands;

	while (strcmp(c->name, name) != 0)
		c++;
	return c->usage;
}

int tools_run(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(tools); i++) {
		const struct tool *t = &tools[i];

		if (strcmp(argv[1], t->name) != 0)
			continue;
		if (argc - 2 >= t->least && argc - 2 <= t->most)
			return t->run(argc - 2, argv + 2);
		log_error("%s: use it so: spapr-vmm %s", t->name, usage_of(t->name));
		return CTL_USAGE;
	}
	return -1;
}
