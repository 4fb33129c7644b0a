/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CLI_H
#define VMM_CLI_H

/* The command line as plain fields. The rows in cli.c are both the parser's and --help's. */

#include "vmm/base/log.h"

#include <stdbool.h>
#include <stdio.h>

struct cli {
	bool check; /* the subcommand */
	bool help;
	bool version;
	bool dry_run;
	bool print_config;
	const char *config; /* the strings are borrowed from argv; NULL: not given */
	const char *dump_dtb;
	const char *log_file;
	const char *timeline;
	enum log_level log_level;
	char **sets; /* owned array */
	int nsets;
};

/**
 * cli_parse - read the command line
 * Return 0; -EINVAL after one logged line; -ENOMEM. cli_free() in every case.
 */
int cli_parse(struct cli *cli, int argc, char **argv);
void cli_free(struct cli *cli);

/* What is asked for. */
enum cli_mode {
	CLI_RUN,
	CLI_DRY_RUN,
	CLI_CHECK,
	CLI_PRINT_CONFIG,
	CLI_DUMP_DTB,
	CLI_HELP,
	CLI_VERSION,
};

/* After cli_parse(). --help goes before --version, and both before all else. */
enum cli_mode cli_mode(const struct cli *cli);

/* --help: usage, options, configuration keys, exit statuses. Look at ferror(@out) after it. */
void cli_help(FILE *out);

#endif
