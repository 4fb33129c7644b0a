/* SPDX-License-Identifier: BSD-2-Clause */
/* The manual pages, in mdoc(7): what the tables say, between sentences of their own. */
#include "packaging/docgen/docgen.h"
#include "vmm/control/verbs.h"

#include <inttypes.h>
#include <string.h>

/* A line of text: no macro begins in it, and a backslash is one. */
static void text(FILE *out, const char *s)
{
	if (*s == '.' || *s == '\'')
		fputs("\\&", out);
	for (; *s; s++) {
		if (*s == '\\')
			fputs("\\e", out);
		else
			fputc(*s, out);
	}
}

/* A sentence of a row: its lines joined, with a full stop unless it asks. */
static void sentence(FILE *out, const char *s)
{
	char line[512];
	size_t n = 0;

	for (; *s && n < sizeof(line) - 1; s++)
		line[n++] = *s == '\n' ? ' ' : *s;
	line[n] = '\0';
	text(out, line);
	fputs(n > 0 && line[n - 1] == '?' ? "\n" : ".\n", out);
}

static void head(FILE *out, const char *date, const char *title, const char *section,
		 const char *name, const char *what)
{
	fprintf(out, ".\\\" Made by packaging/docgen; do not edit.\n.Dd %s\n.Dt %s %s\n.Os\n", date,
		title, section);
	fprintf(out, ".Sh NAME\n.Nm %s\n.Nd %s\n", name, what);
}

static void synopsis(FILE *out)
{
	fputs(".Sh SYNOPSIS\n.Nm\n.Fl \\-config Ar guest.toml\n.Op Ar options\n", out);
	for (const struct cli_command *c = cli_commands; c->name; c++)
		fprintf(out, ".Nm\n.Cm %s\n.Op Ar options\n", c->name);
}

static void commands(FILE *out)
{
	fputs(".Sh COMMANDS\nWithout a command the guest runs.\n.Bl -tag -width Ds\n", out);
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		fprintf(out, ".It Cm %s\n", c->name);
		sentence(out, c->help);
	}
	fputs(".El\n", out);
}

/* What ctl can ask: those that are built. */
static void ctl_verbs(FILE *out)
{
	fputs(".Ss Verbs of ctl\n.Bl -tag -width Ds\n", out);
	for (const struct verb *v = verbs; v->path; v++) {
		if (v->id == VERB_LATER)
			continue;
		fprintf(out, ".It Cm %s", v->path);
		for (const struct verb_field *f = v->fields; f && f->name; f++)
			fprintf(out, " Ar %s", f->name);
		fputs("\n", out);
		sentence(out, v->help);
	}
	fputs(".El\n", out);
}

static void options(FILE *out)
{
	fputs(".Sh OPTIONS\n.Bl -tag -width Ds\n", out);
	for (const struct cli_option *o = cli_options; o->name; o++) {
		fputs(".It", out);
		if (o->letter)
			fprintf(out, " Fl %c%s%s ,", o->letter, o->arg ? " Ar " : "",
				o->arg ? o->arg : "");
		fprintf(out, " Fl \\-%s%s%s\n", o->name, o->arg ? " Ar " : "",
			o->arg ? o->arg : "");
		sentence(out, o->help);
	}
	fputs(".El\n", out);
}

static void statuses(FILE *out)
{
	fputs(".Sh EXIT STATUS\n.Bl -tag -width Ds\n", out);
	for (const struct cli_status *s = cli_statuses; s->help; s++) {
		fprintf(out, ".It %d\n", s->status);
		sentence(out, s->help);
	}
	fputs(".El\n", out);
}

void make_man1(FILE *out, const char *date)
{
	head(out, date, "SPAPR-VMM", "1", "spapr-vmm", "run a pseries guest under KVM on POWER");
	synopsis(out);
	fputs(".Sh DESCRIPTION\n"
	      ".Nm\n"
	      "boots a guest, straight from a kernel image, on a POWER host with KVM-HV, and hands\n"
	      "PCI devices of the host to it.\n"
	      "A configuration,\n"
	      ".Xr spapr-vmm.toml 5 ,\n"
	      "says what the guest is.\n"
	      "One process runs one guest, and ends with it.\n"
	      ".Pp\n"
	      "SIGTERM and SIGINT ask the guest to shut down; a second one ends it at once.\n"
	      "A guest that does not listen loses power after two seconds, one that does not\n"
	      "finish after ten.\n",
	      out);
	commands(out);
	ctl_verbs(out);
	options(out);
	fputs(".Sh ENVIRONMENT\n.Bl -tag -width Ds\n"
	      ".It Ev NOTIFY_SOCKET , Ev WATCHDOG_USEC\n"
	      "A service manager is told of the start, of the mark that\n"
	      ".Em service.ready\n"
	      "names, of the end, and that the guest's processors are alive.\n"
	      ".It Ev NO_COLOR\n"
	      "The table of\n"
	      ".Cm check\n"
	      "has no colours on a terminal, either.\n"
	      ".El\n",
	      out);
	fputs(".Sh FILES\n.Bl -tag -width Ds\n"
	      ".It Pa /etc/spapr-vmm/NAME.toml\n"
	      "The guest of the unit spapr-vmm@NAME.service.\n"
	      ".It Pa /run/spapr-vmm\n"
	      "Notes of which driver a device goes back to.\n"
	      ".El\n",
	      out);
	statuses(out);
	fputs(".Sh SEE ALSO\n.Xr spapr-vmm.toml 5\n", out);
}

static void default_of(FILE *out, const struct conf_key *key)
{
	if (key->required && key->or_section)
		fprintf(out, "It is required where there is no [[%s]]%s%s.\n", key->or_section,
			key->or_key ? " and no " : "", key->or_key ? key->or_key : "");
	else if (key->required)
		fputs("It is required.\n", out);
	if (!key->def || !*key->def)
		return;
	fputs("The default is\n.Ql ", out);
	text(out, key->def);
	fputs(" .\n", out);
}

static void range(FILE *out, const struct conf_key *key)
{
	bool size = key->type == CONF_SIZE;

	if (key->max && size)
		fprintf(out, "From %s to %s.\n", conf_size_text(key->min).text,
			conf_size_text(key->max).text);
	else if (key->max)
		fprintf(out, "From %" PRIu64 " to %" PRIu64 ".\n", key->min, key->max);
	if (key->multiple)
		fprintf(out, "A multiple of %s.\n", conf_size_text(key->multiple).text);
	for (const struct conf_word *w = key->words; w && w->name; w++)
		fprintf(out, "Or\n.Ql %s .\n", w->name);
}

static void kind(FILE *out, const struct conf_key *key)
{
	static const char *const names[] = { "boolean", "number", "size", "word",
					     "text",    "path",   "list" };

	fprintf(out, ".It Cm %s Pq %s\n", key->name, names[key->type]);
}

static void words(FILE *out, const struct conf_key *key)
{
	if (key->type != CONF_ENUM)
		return;
	fputs("One of\n", out);
	for (int i = 0; key->choices[i]; i++)
		fprintf(out, ".Ql %s %s\n", key->choices[i], key->choices[i + 1] ? "," : ".");
}

static void section(FILE *out, const struct conf_section *s)
{
	fprintf(out, ".Ss %s%s%s\n", s->array ? "[[" : "[", s->name, s->array ? "]]" : "]");
	sentence(out, s->help);
	fputs(".Bl -tag -width Ds\n", out);
	for (const struct conf_key *key = s->keys; key->name; key++) {
		kind(out, key);
		sentence(out, key->help);
		if (key->form) {
			fputs("Its form is\n.Ql ", out);
			text(out, key->form);
			fputs(" .\n", out);
		}
		range(out, key);
		words(out, key);
		default_of(out, key);
	}
	fputs(".El\n", out);
}

void make_man5(FILE *out, const char *date)
{
	head(out, date, "SPAPR-VMM.TOML", "5", "spapr-vmm.toml", "a guest of spapr-vmm");
	fputs(".Sh DESCRIPTION\n"
	      "The configuration of a guest is a TOML file.\n"
	      "A relative path starts at the file's folder.\n"
	      "A size is a number of bytes, or a text with KiB, MiB, GiB or TiB.\n"
	      "Sections in double brackets may stand there any number of times.\n"
	      ".Sh KEYS\n",
	      out);
	for (const struct conf_section *s = options_sections(); s->name; s++)
		section(out, s);
	fputs(".Sh FILES\n.Bl -tag -width Ds\n"
	      ".It Pa /usr/share/doc/spapr-vmm/examples\n"
	      "Samples.\n"
	      ".It Pa /usr/share/doc/spapr-vmm/guest.schema.json\n"
	      "The same keys, for editors and checkers.\n"
	      ".El\n"
	      ".Sh SEE ALSO\n.Xr spapr-vmm 1\n",
	      out);
}
