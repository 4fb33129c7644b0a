/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/openapi.yaml is made of the rows in vmm/control/verbs.c, and is what is printed here. A change that
 * is meant is taken over by tests/golden/update.
 */
#include "tests/unit/said.h"
#include "vmm/control/verbs.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdbool.h>
#include <stdlib.h>

#define PAGE SPAPR_SOURCE_DIR "/docs/openapi.yaml"

static void print_field(FILE *f, const struct verb_field *field)
{
	if (field->type == VERB_UINT)
		fputs("type: integer, minimum: 0", f);
	else if (field->type == VERB_BOOL)
		fputs("type: boolean", f);
	else
		fputs("type: string, enum: [error, warn, info, debug]", f);
	fprintf(f, ", description: \"%s\"", field->help);
}

static void print_body(FILE *f, const struct verb *v)
{
	bool required = false;

	fputs("      requestBody:\n        content:\n          application/json:\n"
	      "            schema:\n              type: object\n"
	      "              additionalProperties: false\n              properties:\n",
	      f);
	for (const struct verb_field *field = v->fields; field->name; field++) {
		fprintf(f, "                %s: { ", field->name);
		print_field(f, field);
		fputs(" }\n", f);
		required |= field->required;
	}
	if (!required)
		return;
	fputs("              required: [", f);
	for (const struct verb_field *field = v->fields; field->name; field++)
		if (field->required)
			fprintf(f, "%s%s", field == v->fields ? "" : ", ", field->name);
	fputs("]\n", f);
}

static void print_query(FILE *f, const struct verb *v)
{
	fputs("      parameters:\n", f);
	for (const struct verb_field *field = v->fields; field->name; field++) {
		fprintf(f, "        - { name: %s, in: query, schema: { ", field->name);
		print_field(f, field);
		fputs(" } }\n", f);
	}
}

static void print_status(FILE *f, const struct verb *v, const struct verb_status *s)
{
	if (s->status >= 400) {
		fprintf(f, "        \"%u\": { $ref: \"#/components/responses/%u\" }\n", s->status,
			s->status);
		return;
	}
	fprintf(f, "        \"%u\":\n          description: %s\n", s->status, s->help);
	if (s->status == 200)
		fprintf(f, "          content: { \"%s\": {} }\n", v->type);
}

static void print_verb(FILE *f, const struct verb *v)
{
	fprintf(f, "  /%s:\n    %s:\n      operationId: %s\n      summary: \"%s\"\n", v->path,
		v->put ? "put" : "get", v->path, v->help);
	if (v->fields && v->put)
		print_body(f, v);
	else if (v->fields)
		print_query(f, v);
	fputs("      responses:\n", f);
	for (const struct verb_status *s = verb_statuses; s->status; s++)
		if (!s->bit || v->statuses & s->bit)
			print_status(f, v, s);
}

static char *print_all(void)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fputs("# SPDX-License-Identifier: BSD-2-Clause\n"
	      "# Made of vmm/control/verbs.c by tests/golden/update.\n"
	      "openapi: 3.0.3\n"
	      "info:\n"
	      "  title: spapr-vmm\n"
	      "  version: \"1\"\n"
	      "  description: >-\n"
	      "    The control API of a running guest, on the Unix socket of api.socket. An error's body is an\n"
	      "    array of strings: what is wrong and what to do, and \"code=WORD\". A head that is no\n"
	      "    HTTP is answered, or cut, by the server below, without such a body.\n"
	      "servers:\n"
	      "  - url: http://localhost/api/v1\n"
	      "paths:\n",
	      f);
	for (const struct verb *v = verbs; v->path; v++)
		print_verb(f, v);
	fputs("components:\n  responses:\n", f);
	for (const struct verb_status *s = verb_statuses; s->status; s++)
		if (s->status >= 400)
			fprintf(f,
				"    \"%u\":\n      description: \"%s: %s\"\n      content:\n"
				"        application/json:\n"
				"          schema: { type: array, items: { type: string } }\n",
				s->status, s->name, s->help);
	fclose(f);
	return text;
}

static char *read_page(void)
{
	static char text[200000];
	FILE *f = fopen(PAGE, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = '\0';
	return text;
}

Test(openapi, the_page_is_what_the_rows_say)
{
	char *text = print_all();

	if (getenv("SPAPR_GOLDEN_UPDATE")) {
		FILE *f = fopen(PAGE, "w");

		fputs(text, f);
		fclose(f);
	}
	cr_assert(strcmp(read_page(), text) == 0, "docs/openapi.yaml: run tests/golden/update");
	free(text);
}
