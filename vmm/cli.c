/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/cli.h"

#include "vmm/base/suggest.h"
#include "vmm/base/types.h"
#include "vmm/cli_table.h"
#include "vmm/machine/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
	for (const struct cli_option *o = cli_options; o->name; o++)
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

	for (const struct cli_option *o = cli_options; o->name; o++)
		if (strlen(o->name) == len && memcmp(o->name, arg + 2, len) == 0)
			return take(cli, a, o, arg[2 + len] ? arg + 2 + len + 1 : NULL);
	return unknown_option(arg);
}

/* One letter, with its value behind it or in the next argument. */
static int read_short(struct cli *cli, struct arguments *a, char *arg)
{
	for (const struct cli_option *o = cli_options; o->name; o++)
		if (o->letter && o->letter == arg[1] && (o->arg || !arg[2]))
			return take(cli, a, o, arg[2] ? arg + 2 : NULL);
	return unknown_option(arg);
}

/* NULL: none yet */
static const struct cli_command *command_of(const struct cli *cli)
{
	for (const struct cli_command *c = cli_commands; c->name; c++)
		if (c->offset != CLI_TOOL && *(const bool *)((const char *)cli + c->offset))
			return c;
	return NULL;
}

static int read_word(struct cli *cli, const char *arg)
{
	const struct cli_command *given = command_of(cli);
	struct suggest s = { .word = arg };
	size_t len = strlen(arg);

	for (const struct cli_command *c = cli_commands; c->name; c++) {
		if (c->offset != CLI_TOOL && strcmp(arg, c->name) == 0 && !given) {
			*(bool *)((char *)cli + c->offset) = true;
			return 0;
		}
		suggest_offer(&s, c->name);
	}
	if (len > 5 && strcmp(arg + len - 5, ".toml") == 0)
		log_error("%.200s: unexpected argument, did you mean \"--config %.200s\"?", arg,
			  arg);
	else if (s.best && !given)
		log_error("%.60s: unknown command, did you mean \"%s\"?", arg, s.best);
	else
		log_error("%.60s: unexpected argument: --help shows the usage", arg);
	return -EINVAL;
}

/* Refuses what makes no sense together. */
static int check_whole(const struct cli *cli)
{
	int instead = cli->dry_run + cli->print_config + !!cli->dump_dtb; /* of a run */
	const struct cli_command *command = command_of(cli);

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
	if (command && instead > 0) {
		log_error("%s does not go with --dry-run, --print-config or --dump-dtb",
			  command->name);
		return -EINVAL;
	}
	if ((cli->json && !cli->check) || (cli->group && !cli->bind)) {
		log_error("--json goes with check only, --group with bind only");
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
	if (cli->bind)
		return CLI_BIND;
	if (cli->unbind)
		return CLI_UNBIND;
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
	fputs("spapr-vmm --config guest.toml [options]   run the guest\n", out);
	for (const struct cli_command *c = cli_commands; c->name; c++)
		fprintf(out, "spapr-vmm %-31s %s\n", c->usage, c->help);
	fputs("\nOptions:\n", out);
	for (const struct cli_option *o = cli_options; o->name; o++)
		help_option(out, o);
	fputs("\nConfiguration keys, in TOML; SIZE is in bytes or with KiB, MiB, GiB, TiB:\n\n",
	      out);
	conf_help(options_sections(), out);
	fputs("\nExit status:\n", out);
	for (const struct cli_status *s = cli_statuses; s->help; s++)
		fprintf(out, "  %d  %s\n", s->status, s->help);
}
