/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration as JSON schema, draft-07: what a type and a range can say. What the program judges
 * besides (names of files, values together) a schema cannot.
 */
#include "packaging/docgen/docgen.h"

#include <inttypes.h>
#include <string.h>

static void string(FILE *out, const char *s)
{
	fputc('"', out);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fputc('\\', out);
		if (*s == '\n')
			fputs("\\n", out);
		else
			fputc(*s, out);
	}
	fputc('"', out);
}

static void integer(FILE *out, const struct conf_key *key)
{
	fprintf(out, "\"type\": \"integer\", \"minimum\": %" PRIu64, key->max ? key->min : 0);
	if (key->max)
		fprintf(out, ", \"maximum\": %" PRIu64, key->max);
	if (key->multiple)
		fprintf(out, ", \"multipleOf\": %" PRIu32, key->multiple);
}

static void powers(FILE *out, const struct conf_key *key)
{
	const char *comma = "";

	fputs(", \"enum\": [", out);
	for (uint64_t n = 1; n && n <= key->max; n <<= 1) {
		if (n < key->min)
			continue;
		fprintf(out, "%s%" PRIu64, comma, n);
		comma = ", ";
	}
	fputs("]", out);
}

static void size(FILE *out, const struct conf_key *key)
{
	fputs("\"anyOf\": [{ ", out);
	integer(out, key);
	fputs(" }, { \"type\": \"string\", \"pattern\": \"^[0-9]+([KMGT](iB)?)?$\" }", out);
	for (const struct conf_word *w = key->words; w && w->name; w++)
		fprintf(out, ", { \"const\": \"%s\" }", w->name);
	fputs("]", out);
}

static void choices(FILE *out, const struct conf_key *key)
{
	fputs("\"enum\": [", out);
	for (int i = 0; key->choices[i]; i++)
		fprintf(out, "%s\"%s\"", i ? ", " : "", key->choices[i]);
	fputs("]", out);
}

/* What is in an array: strings; or numbers, and lists of them unless each is judged alone. */
static void items(FILE *out, const struct conf_key *key)
{
	fputs("\"type\": \"array\", \"items\": { ", out);
	if (!key->numbers) {
		fputs("\"type\": \"string\"", out);
	} else if (key->check) {
		integer(out, key);
	} else {
		fputs("\"anyOf\": [{ ", out);
		integer(out, key);
		fputs(" }, { \"type\": \"array\", \"items\": { ", out);
		integer(out, key);
		fputs(" } }]", out);
	}
	fputs(" }", out);
}

static void type(FILE *out, const struct conf_key *key)
{
	switch (key->type) {
	case CONF_BOOL:
		fputs("\"type\": \"boolean\"", out);
		break;
	case CONF_UINT:
		if (key->words) {
			size(out, key);
			break;
		}
		integer(out, key);
		if (key->power_of_2 && key->max)
			powers(out, key);
		break;
	case CONF_SIZE:
		size(out, key);
		break;
	case CONF_ENUM:
		choices(out, key);
		break;
	case CONF_STRING:
	case CONF_PATH:
		fputs("\"type\": \"string\"", out);
		if (key->max_len)
			fprintf(out, ", \"maxLength\": %" PRIu32, key->max_len);
		break;
	case CONF_LIST:
		items(out, key);
		break;
	}
}

static void default_of(FILE *out, const struct conf_key *key)
{
	if (!key->def || key->type == CONF_LIST)
		return;
	fputs(", \"default\": ", out);
	if (key->type == CONF_BOOL ||
	    (key->type == CONF_UINT && strspn(key->def, "0123456789") == strlen(key->def)))
		fputs(strcmp(key->def, "yes") == 0  ? "true"
		      : strcmp(key->def, "no") == 0 ? "false"
						    : key->def,
		      out);
	else
		string(out, key->def);
}

static void property(FILE *out, const struct conf_key *key)
{
	fprintf(out, "\t\t\t\t\"%s\": { ", key->name);
	type(out, key);
	default_of(out, key);
	fputs(", \"description\": ", out);
	string(out, key->help);
	fprintf(out, " }%s\n", key[1].name ? "," : "");
}

static void required(FILE *out, const struct conf_key *key)
{
	const char *comma = "";

	fputs("\"required\": [", out);
	for (; key->name; key++) {
		if (!key->required || key->or_section)
			continue;
		fprintf(out, "%s\"%s\"", comma, key->name);
		comma = ", ";
	}
	fputs("]", out);
}

static void section(FILE *out, const struct conf_section *s)
{
	fprintf(out, "\t\t\"%s\": {\n\t\t\t\"description\": ", s->name);
	string(out, s->help);
	fputs(s->array ? ",\n\t\t\t\"type\": \"array\", \"items\": { \"type\": \"object\",\n"
		       : ",\n\t\t\t\"type\": \"object\",\n",
	      out);
	fputs("\t\t\t\"additionalProperties\": false, ", out);
	required(out, s->keys);
	fputs(",\n\t\t\t\"properties\": {\n", out);
	for (const struct conf_key *key = s->keys; key->name; key++)
		property(out, key);
	fprintf(out, "\t\t\t}\n\t\t%s}%s\n", s->array ? "} " : "", s[1].name ? "," : "");
}

/* A section has to be there when one of its keys has to, unless there may be none of it. */
static void required_sections(FILE *out)
{
	const char *comma = "";

	fputs("\t\"required\": [", out);
	for (const struct conf_section *s = options_sections(); s->name; s++) {
		bool needed = false;

		for (const struct conf_key *key = s->keys; key->name; key++)
			needed |= key->required && !key->or_section;
		if (!needed || s->array || s->optional)
			continue;
		fprintf(out, "%s\"%s\"", comma, s->name);
		comma = ", ";
	}
	fputs("],\n", out);
}

static void with_key(FILE *out, const char *section, const char *key)
{
	fprintf(out,
		",\n\t\t\t{ \"required\": [\"%s\"], \"properties\": { \"%s\": { \"required\": "
		"[\"%s\"] } } }",
		section, section, key);
}

/* A key that is required unless there is a section of another name, or another key. */
static void required_or_section(FILE *out)
{
	const char *comma = "";

	fputs("\t\"allOf\": [\n", out);
	for (const struct conf_section *s = options_sections(); s->name; s++)
		for (const struct conf_key *key = s->keys; key->name; key++) {
			if (!key->required || !key->or_section)
				continue;
			fprintf(out, "%s\t\t{ \"anyOf\": [\n\t\t\t{ \"required\": [\"%s\"] }",
				comma, key->or_section);
			with_key(out, s->name, key->name);
			if (key->or_key)
				with_key(out, s->name, key->or_key);
			fputs(" ] }", out);
			comma = ",\n";
		}
	fputs("\n\t],\n", out);
}

void make_schema(FILE *out, const char *date)
{
	(void)date;
	fputs("{\n\t\"$schema\": \"http://json-schema.org/draft-07/schema#\",\n"
	      "\t\"title\": \"a guest of spapr-vmm\",\n\t\"type\": \"object\",\n"
	      "\t\"additionalProperties\": false,\n",
	      out);
	required_sections(out);
	required_or_section(out);
	fputs("\t\"properties\": {\n", out);
	for (const struct conf_section *s = options_sections(); s->name; s++)
		section(out, s);
	fputs("\t}\n}\n", out);
}
