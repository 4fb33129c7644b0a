/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/cli.h"

#include "vmm/base/suggest.h"
#include "vmm/base/types.h"
#include "vmm/machine/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum cli_kind { CLI_FLAG, CLI_TEXT, CLI_LEVEL, CLI_SET };

struct cli_option {
	const char *name; /* without its dashes; NULL ends the table */
	char letter;      /* 0: none */
	enum cli_kind kind;
	size_t offset;   /* in struct cli */
	const char *arg; /* what --help calls the argument; NULL: takes none */
	const char *help;
};

#define AT(field) offsetof(struct cli, field)

static const struct cli_option options[] = {
	{ "config", 'c', CLI_TEXT, AT(config), "FILE", "the guest, TOML" },
	{ "set", 's', CLI_SET, AT(sets), "KEY=VALUE",
	  "override one key by its dotted path (vfio.0.host=0004:01:00.0); repeatable;\n"
	  "a relative path in it starts at the current folder" },
	{ "dry-run", 0, CLI_FLAG, AT(dry_run), NULL,
	  "check all that can be checked without starting a guest" },
	{ "print-config", 0, CLI_FLAG, AT(print_config), NULL,
	  "print the effective configuration, defaults included" },
	{ "dump-dtb", 0, CLI_TEXT, AT(dump_dtb), "FILE",
	  "write the guest's device tree (- is stdout)" },
	{ "log-level", 0, CLI_LEVEL, AT(log_level), "LEVEL",
	  "error, warn, info (default) or debug" },
	{ "log-file", 0, CLI_TEXT, AT(log_file), "FILE", "append the log to FILE, not to stderr" },
	{ "timeline", 0, CLI_TEXT, AT(timeline), "FILE",
	  "write the start as a picture (.svg) or .json" },
	{ "version", 'V', CLI_FLAG, AT(version), NULL, "print the version" },
	{ "help", 'h', CLI_FLAG, AT(help), NULL, "print this" },
	{ 0 },
};

static const struct {
	int status;
	const char *help;
} statuses[] = {
	{ STATUS_OFF, "the guest powered off" },
	{ STATUS_INTERNAL, "internal error" },
	{ STATUS_USAGE, "bad command line or configuration" },
	{ STATUS_HOST, "this host cannot run the guest" },
	{ STATUS_CRASH, "the guest crashed" },
	{ STATUS_REBOOT, "the guest asked for a reboot, and on_reboot is \"exit\"" },
};

/* The argument in hand and the way to the next one. */
struct arguments {
	char **argv;
	int argc;
	int next;
};

static int read_level(struct cli *cli, const char *value)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	struct suggest s = { .word = value };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): only a flag has no value */
		if (strcmp(names[i], value) == 0) {
			cli->log_level = (enum log_level)i;
			return 0;
		}
		suggest_offer(&s, names[i]);
	}
	if (s.best)
		log_error("--log-level: \"%.60s\" is none of error, warn, info, debug, "
			  "did you mean \"%s\"?",
			  value, s.best);
	else
		log_error("--log-level: \"%.60s\" is none of error, warn, info, debug", value);
	return -EINVAL;
}

static int store(struct cli *cli, const struct cli_option *o, char *value)
{
	void *field = (char *)cli + o->offset;

	switch (o->kind) {
	case CLI_FLAG:
		*(bool *)field = true;
		return 0;
	case CLI_LEVEL:
		return read_level(cli, value);
	case CLI_SET:
		cli->sets[cli->nsets++] = value;
		return 0;
	case CLI_TEXT:
		break;
	}
	if (*(const char **)field) {
		log_error("--%s is given twice", o->name);
		return -EINVAL;
	}
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): only a flag has no value */
	if (!value[0]) {
		log_error("--%s: the name is empty", o->name);
		return -EINVAL;
	}
	*(const char **)field = value;
	return 0;
}

/*
 * @value: what stands behind '=' or the letter. NULL: the next argument is the value, if one is
 * needed.
 */
static int take(struct cli *cli, struct arguments *a, const struct cli_option *o, char *value)
{
	if (!o->arg && value) {
		log_error("--%s takes no value", o->name);
		return -EINVAL;
	}
	if (o->arg && !value) {
		if (a->next >= a->argc) {
			log_error("--%s needs a value: --%s %s", o->name, o->name, o->arg);
			return -EINVAL;
		}
		value = a->argv[a->next++];
	}
	return store(cli, o, value);
}

static int unknown_option(const char *arg)
{
	const char *name = arg + strspn(arg, "-");
	char word[32];
	struct suggest s = { .word = word };

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(name, "="), name);
	for (const struct cli_option *o = options; o->name; o++)
		suggest_offer(&s, o->name);
	if (s.best)
		log_error("%.60s: unknown option, did you mean \"--%s\"?", arg, s.best);
	else
		log_error("%.60s: unknown option: --help lists them", arg);
	return -EINVAL;
}

static int read_long(struct cli *cli, struct arguments *a, char *arg)
{
	size_t len = strcspn(arg + 2, "=");

	for (const struct cli_option *o = options; o->name; o++)
		if (strlen(o->name) == len && memcmp(o->name, arg + 2, len) == 0)
			return take(cli, a, o, arg[2 + len] ? arg + 2 + len + 1 : NULL);
	return unknown_option(arg);
}

/* One letter, with its value behind it or in the next argument. */
static int read_short(struct cli *cli, struct arguments *a, char *arg)
{
	for (const struct cli_option *o = options; o->name; o++)
		if (o->letter && o->letter == arg[1] && (o->arg || !arg[2]))
			return take(cli, a, o, arg[2] ? arg + 2 : NULL);
	return unknown_option(arg);
}

static int read_word(struct cli *cli, const char *arg)
{
	struct suggest s = { .word = arg };
	size_t len = strlen(arg);

	if (strcmp(arg, "check") == 0 && !cli->check) {
		cli->check = true;
		return 0;
	}
	suggest_offer(&s, "check");
	if (len > 5 && strcmp(arg + len - 5, ".toml") == 0)
		log_error("%.200s: unexpected argument, did you mean \"--config %.200s\"?", arg,
			  arg);
	else if (s.best && !cli->check)
		log_error("%.60s: unknown command, did you mean \"%s\"?", arg, s.best);
	else
		log_error("%.60s: unexpected argument: --help shows the usage", arg);
	return -EINVAL;
}

/* Refuses what makes no sense together. */
static int check_whole(const struct cli *cli)
{
	int instead = cli->dry_run + cli->print_config + !!cli->dump_dtb; /* of a run */

	if (cli->help || cli->version)
		return 0;
	if (!cli->config && !cli->check) {
		log_error("which guest? spapr-vmm --config guest.toml runs one, "
			  "spapr-vmm --help lists the options");
		return -EINVAL;
	}
	if (!cli->config && cli->nsets) {
		log_error("--set changes a configuration: --config FILE is missing");
		return -EINVAL;
	}
	if (cli->check && instead > 0) {
		log_error("check does not go with --dry-run, --print-config or --dump-dtb");
		return -EINVAL;
	}
	if (instead > 1) {
		log_error("--dry-run, --print-config, --dump-dtb: one at a time");
		return -EINVAL;
	}
	return 0;
}

int cli_parse(struct cli *cli, int argc, char **argv)
{
	struct arguments a = { .argv = argv, .argc = argc, .next = 1 };
	int r = 0;

	*cli = (struct cli){ .log_level = LOG_INFO };
	cli->sets = calloc((size_t)argc + 1, sizeof(*cli->sets));
	if (!cli->sets)
		return -ENOMEM;
	while (r == 0 && a.next < argc) {
		char *arg = argv[a.next++];

		if (arg[0] == '-' && arg[1] == '-')
			r = read_long(cli, &a, arg);
		else if (arg[0] == '-' && arg[1])
			r = read_short(cli, &a, arg);
		else
			r = read_word(cli, arg);
	}
	return r < 0 ? r : check_whole(cli);
}

void cli_free(struct cli *cli)
{
	free(cli->sets);
	*cli = (struct cli){ 0 };
}

enum cli_mode cli_mode(const struct cli *cli)
{
	if (cli->help)
		return CLI_HELP;
	if (cli->version)
		return CLI_VERSION;
	if (cli->check)
		return CLI_CHECK;
	if (cli->print_config)
		return CLI_PRINT_CONFIG;
	if (cli->dump_dtb)
		return CLI_DUMP_DTB;
	return cli->dry_run ? CLI_DRY_RUN : CLI_RUN;
}

static void help_option(FILE *out, const struct cli_option *o)
{
	const char *help = o->help, *end;
	char name[32];

	snprintf(name, sizeof(name), "--%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
	fprintf(out, "  %c%c%c %-19s ", o->letter ? '-' : ' ', o->letter ? o->letter : ' ',
		o->letter ? ',' : ' ', name);
	for (; (end = strchr(help, '\n')); help = end + 1)
		fprintf(out, "%.*s\n%26s", (int)(end - help), help, "");
	fprintf(out, "%s\n", help);
}

void cli_help(FILE *out)
{
	fputs("spapr-vmm --config guest.toml [options]   run the guest\n"
	      "spapr-vmm check [--config guest.toml]     can this host run it?\n"
	      "spapr-vmm ctl SOCKET VERB [JSON]          ask a running one, or change it\n"
	      "spapr-vmm top SOCKET [--once] [--json]    watch it\n\nOptions:\n",
	      out);
	for (const struct cli_option *o = options; o->name; o++)
		help_option(out, o);
	fputs("\nConfiguration keys, in TOML; SIZE is in bytes or with KiB, MiB, GiB, TiB:\n\n",
	      out);
	conf_help(options_sections(), out);
	fputs("\nExit status:\n", out);
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
		fprintf(out, "  %d  %s\n", statuses[i].status, statuses[i].help);
}
