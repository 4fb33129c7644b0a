/* SPDX-License-Identifier: BSD-2-Clause */
/* The key tables as --help shows them. */
#include "vmm/conf/conf_private.h"

#include <inttypes.h>
#include <string.h>

/* A text that grows up to its buffer. */
struct form {
	char text[160];
};

static void add(struct form *f, const char *s)
{
	strncat(f->text, s, sizeof(f->text) - strlen(f->text) - 1);
}

static void add_alternative(struct form *f, const char *s)
{
	if (f->text[0])
		add(f, "|");
	add(f, s);
}

static void add_range(struct form *f, const struct conf_key *key)
{
	char range[64];

	if (key->type == CONF_SIZE)
		snprintf(range, sizeof(range), "%s..%s", conf_size_text(key->min).text,
			 conf_size_text(key->max).text);
	else
		snprintf(range, sizeof(range), "%" PRIu64 "..%" PRIu64, key->min, key->max);
	add_alternative(f, key->max ? range : key->type == CONF_SIZE ? "SIZE" : "N");
}

/* What may stand behind the equals sign. */
static struct form value_form(const struct conf_key *key)
{
	struct form f = { "" };

	switch (key->type) {
	case CONF_BOOL:
		add(&f, "true|false");
		break;
	case CONF_SIZE:
	case CONF_UINT:
		for (const struct conf_word *w = key->words; w && w->name; w++)
			add_alternative(&f, w->name);
		add_range(&f, key);
		break;
	case CONF_ENUM:
		for (int i = 0; key->choices[i]; i++)
			add_alternative(&f, key->choices[i]);
		break;
	case CONF_PATH:
		add(&f, "PATH");
		break;
	case CONF_STRING:
		add(&f, key->form ? key->form : "TEXT");
		break;
	case CONF_LIST:
		add(&f, "[");
		add(&f, key->form ? key->form : "TEXT");
		add(&f, ", ...]");
		break;
	}
	return f;
}

static void help_key(FILE *out, const struct conf_key *key)
{
	fprintf(out, "  %-19s %s: %s", key->name, key->help, value_form(key).text);
	if (key->required)
		fprintf(out, ", required%s%s%s%s%s", key->or_section ? " without [[" : "",
			key->or_section ? key->or_section : "", key->or_section ? "]]" : "",
			key->or_key ? " or " : "", key->or_key ? key->or_key : "");
	else if (key->def)
		fprintf(out, ", default %s", key->def);
	fputc('\n', out);
}

void conf_help(const struct conf_section *sections, FILE *out)
{
	for (const struct conf_section *s = sections; s->name; s++) {
		fprintf(out, "%s%s%s%s  %s\n", s == sections ? "" : "\n", s->array ? "[[" : "[",
			s->name, s->array ? "]]" : "]", s->help);
		for (const struct conf_key *key = s->keys; key->name; key++)
			help_key(out, key);
	}
}
