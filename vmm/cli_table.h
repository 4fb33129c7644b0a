/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CLI_TABLE_H
#define VMM_CLI_TABLE_H

/*
 * What can be said on the command line, as rows: the parser (cli.c), --help, and what the build makes
 * of them: manual page and completion (packaging/docgen).
 */

#include "vmm/cli.h"

#include <stddef.h>
#include <stdint.h>

enum cli_kind { CLI_FLAG, CLI_TEXT, CLI_LEVEL, CLI_SET };

struct cli_option {
	const char *name; /* without its dashes; NULL ends the table */
	char letter;      /* 0: none */
	enum cli_kind kind;
	size_t offset; /* in struct cli */
	const char *
		arg; /* what --help calls the argument, FILE: one of the file system; NULL: takes none */
	const char *help;
};

#define CLI_TOOL SIZE_MAX

/* A word in place of a run. */
struct cli_command {
	const char *name; /* NULL ends the table */
	size_t offset; /* in struct cli, of a bool; CLI_TOOL: words of its own follow (tools.h) */
	const char *usage; /* the command and its own options */
	const char *help;
};

struct cli_status {
	int status;
	const char *help; /* NULL ends the table */
};

extern const struct cli_option cli_options[];
extern const struct cli_command cli_commands[];
extern const struct cli_status cli_statuses[];

#endif
