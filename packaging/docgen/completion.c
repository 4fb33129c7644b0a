/* SPDX-License-Identifier: BSD-2-Clause */
/* Completion for bash and zsh: commands, options, and behind --set the keys of the configuration. */
#include "packaging/docgen/docgen.h"
#include "vmm/control/verbs.h"

#include <string.h>

#define LEVELS "error warn info debug"

static void all_commands(FILE *out)
{
	for (const struct cli_command *c = cli_commands; c->name; c++)
		fprintf(out, "%s%s", c == cli_commands ? "" : " ", c->name);
}

/* Of ctl: those that are built, and one that is the client's own. */
static void all_verbs(FILE *out)
{
	for (const struct verb *v = verbs; v->path; v++)
		if (v->id != VERB_LATER)
			fprintf(out, "%s ", v->path);
	fputs("wait", out);
}

static void all_options(FILE *out)
{
	for (const struct cli_option *o = cli_options; o->name; o++)
		fprintf(out, "%s--%s", o == cli_options ? "" : " ", o->name);
}

/* "machine.memory= vfio.0.host= ..." */
static void all_keys(FILE *out)
{
	const char *blank = "";

	for (const struct conf_section *s = options_sections(); s->name; s++)
		for (const struct conf_key *k = s->keys; k->name; k++) {
			fprintf(out, "%s%s.%s%s=", blank, s->name, s->array ? "0." : "", k->name);
			blank = " ";
		}
}

/* The words in front of which this option stands, as a pattern of bash's case. */
static void option_pattern(FILE *out, const struct cli_option *o)
{
	if (o->letter)
		fprintf(out, "-%c | ", o->letter);
	fprintf(out, "--%s", o->name);
}

static void bash_argument(FILE *out, const struct cli_option *o)
{
	fputs("\t", out);
	option_pattern(out, o);
	fputs(")\n", out);
	if (o->kind == CLI_LEVEL)
		fputs("\t\tmapfile -t COMPREPLY < <(compgen -W '" LEVELS "' -- \"$cur\")\n", out);
	else if (o->kind == CLI_SET) {
		fputs("\t\tcompopt -o nospace\n\t\tmapfile -t COMPREPLY < <(compgen -W '", out);
		all_keys(out);
		fputs("' -- \"$cur\")\n", out);
	} else if (strcmp(o->arg, "FILE") == 0)
		fputs("\t\tcompopt -o default\n", out);
	else
		fputs("\t\tmapfile -t COMPREPLY < <(compgen -g -- \"$cur\")\n", out);
	fputs("\t\treturn\n\t\t;;\n", out);
}

void make_bash(FILE *out, const char *date)
{
	(void)date;
	fputs("# Made by packaging/docgen; do not edit.\n"
	      "_spapr_vmm() {\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "\tCOMPREPLY=()\n"
	      "\tcase $prev in\n",
	      out);
	for (const struct cli_option *o = cli_options; o->name; o++)
		if (o->arg)
			bash_argument(out, o);
	fputs("\tesac\n"
	      "\tif [[ ${COMP_WORDS[1]} == ctl && $COMP_CWORD == 3 ]]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W '",
	      out);
	all_verbs(out);
	fputs("' -- \"$cur\")\n"
	      "\telif [[ ${COMP_WORDS[1]} == @(ctl|top) && $COMP_CWORD == 2 ]]; then\n"
	      "\t\tcompopt -o default\n"
	      "\telif [[ $cur == -* ]]; then\n\t\tmapfile -t COMPREPLY < <(compgen -W '",
	      out);
	all_options(out);
	fputs("' -- \"$cur\")\n\telse\n\t\tmapfile -t COMPREPLY < <(compgen -W '", out);
	all_commands(out);
	fputs("' -- \"$cur\")\n\tfi\n}\ncomplete -F _spapr_vmm spapr-vmm\n", out);
}

/* Inside '...[...]' of _arguments: no bracket, quote or colon. */
static void zsh_help(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '\n')
			fputc(' ', out);
		else if (strchr("[]:\\", *s))
			fprintf(out, "\\%c", *s);
		else if (*s == '\'')
			fputs("'\\''", out);
		else
			fputc(*s, out);
	}
}

static void zsh_argument(FILE *out, const struct cli_option *o)
{
	if (!o->arg)
		return;
	fprintf(out, ":%s:", o->arg);
	if (o->kind == CLI_LEVEL) {
		fputs("(" LEVELS ")", out);
	} else if (o->kind == CLI_SET) {
		fputs("(", out);
		all_keys(out);
		fputs(")", out);
	} else {
		fputs(strcmp(o->arg, "FILE") == 0 ? "_files" : "_groups", out);
	}
}

void make_zsh(FILE *out, const char *date)
{
	(void)date;
	fputs("#compdef spapr-vmm\n# Made by packaging/docgen; do not edit.\n_arguments -S \\\n",
	      out);
	for (const struct cli_option *o = cli_options; o->name; o++) {
		fprintf(out, "\t'%s--%s%s[", o->kind == CLI_SET ? "*" : "", o->name,
			o->arg ? "=" : "");
		zsh_help(out, o->help);
		fputs("]", out);
		zsh_argument(out, o);
		fputs("' \\\n", out);
	}
	fputs("\t'1:command:(", out);
	all_commands(out);
	fputs(")' \\\n\t'2:socket:_files' \\\n\t'3:verb:(", out);
	all_verbs(out);
	fputs(")'\n", out);
}
