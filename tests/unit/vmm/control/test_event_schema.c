/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/events.schema.json is made of the table of events: SPAPR_GOLDEN_UPDATE=1 makes it anew. A line of
 * each row is held against it by Python's jsonschema, where that is installed.
 */
#include "tests/unit/vmm/control/events_fixture.h"

#include "vmm/base/text.h"

#define SCHEMA SPAPR_SOURCE_DIR "/docs/events.schema.json"

TestSuite(event_schema, .init = fx_setup, .fini = fx_teardown, .timeout = 60);

static char made[1 << 16], lines[1 << 18];

static const char head[] =
	"{\n"
	"  \"$schema\": \"http://json-schema.org/draft-07/schema#\",\n"
	"  \"title\": \"A line of spapr-vmm's events\",\n"
	"  \"type\": \"object\",\n"
	"  \"required\": [\"v\", \"seq\", \"time\", \"mono_ns\", \"boot\", \"source\", \"event\", "
	"\"properties\"],\n"
	"  \"additionalProperties\": false,\n"
	"  \"properties\": {\n"
	"    \"v\": {\"const\": 1},\n"
	"    \"seq\": {\"type\": \"integer\", \"minimum\": 1, \"description\": \"goes on by one; "
	"vmm.lost has that of the last line that it stands for\"},\n"
	"    \"time\": {\"type\": \"string\", \"pattern\": "
	"\"^[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\\\\.[0-9]{6}Z$\"},\n"
	"    \"mono_ns\": {\"type\": \"integer\", \"minimum\": 0, \"description\": "
	"\"CLOCK_MONOTONIC\"},\n"
	"    \"boot\": {\"type\": \"integer\", \"minimum\": 0, \"description\": \"reboots before\"},\n"
	"    \"source\": {\"type\": \"string\"},\n"
	"    \"event\": {\"type\": \"string\"},\n"
	"    \"properties\": {\"type\": \"object\"}\n"
	"  },\n"
	"  \"oneOf\": [\n";

static const char *type_of(char kind)
{
	switch (kind) {
	case 'n':
		return "{\"type\": \"integer\", \"minimum\": 0}";
	case 'x':
		return "{\"type\": \"string\", \"pattern\": \"^0x[0-9a-f]+$\"}";
	default:
		return "{\"type\": \"string\"}";
	}
}

/* All properties of a row, or the names of those of kind @only. */
static void add_props(struct text *t, const struct event_row *row, char only)
{
	bool first = true;

	for (const char *p = row->props; *p; p = strchr(p, ' ') + 1) {
		size_t n = strcspn(p, ":");

		if (only && p[n + 1] != only)
			continue;
		text_add(t, "%s\"%.*s\"", first ? "" : ", ", (int)n, p);
		if (!only)
			text_add(t, ": %s", type_of(p[n + 1]));
		first = false;
	}
}

static void make(void)
{
	struct text t = { .buf = made, .size = sizeof(made) };
	bool first = true;

	text_add(&t, "%s", head);
	for (int i = 0; i < EVENTS; i++) {
		const struct event_row *row = &event_rows[i];
		size_t n = strcspn(row->name, ".");

		if (row->mark)
			continue;
		text_add(
			&t,
			"%s    {\"description\": \"%s\",\n     \"properties\": {\"source\": {\"const\": \"%.*s\"}, "
			"\"event\": {\"const\": \"%s\"},\n       \"properties\": {\"additionalProperties\": false, ",
			first ? "" : ",\n", event_help[i], (int)n, row->name, row->name + n + 1);
		text_add(&t, "\"required\": [");
		add_props(&t, row, 'x');
		text_add(&t, "],\n         \"properties\": {");
		add_props(&t, row, 0);
		text_add(&t, "}}}}");
		first = false;
	}
	text_add(&t, "\n  ]\n}\n");
	cr_assert(lt(sz, t.len, sizeof(made)));
}

Test(event_schema, the_document_is_that_of_the_table)
{
	static char have[1 << 16];
	FILE *f;

	make();
	if (getenv("SPAPR_GOLDEN_UPDATE")) {
		f = fopen(SCHEMA, "w");
		fputs(made, f);
		fclose(f);
	}
	f = fopen(SCHEMA, "r");
	cr_assert(f != NULL);
	have[fread(have, 1, sizeof(have) - 1, f)] = '\0';
	fclose(f);
	cr_assert(strcmp(have, made) == 0,
		  "tests/golden/update makes docs/events.schema.json anew");
}

Test(event_schema, each_row_has_a_help_and_a_name_of_its_own)
{
	for (int i = 0; i < EVENTS; i++) {
		cr_assert(event_rows[i].name != NULL && event_help[i] != NULL, "row %d", i);
		for (int j = 0; j < i; j++)
			cr_assert(ne(str, chars(event_rows[i].name), chars(event_rows[j].name)));
	}
}

/* Is @text what the document describes? */
static bool is_valid(const char *text)
{
	char command[400];
	FILE *f = fopen(fx_file, "w");

	fputs(text, f);
	fclose(f);
	snprintf(command, sizeof(command), "python3 %s/tests/lab/check_events %s >%s.said 2>&1",
		 SPAPR_SOURCE_DIR, fx_file, fx_file);
	return system(command) == 0;
}

Test(event_schema, a_line_of_each_row_is_valid_and_others_are_not)
{
	const struct event_value full[8] = {
		{ 1, "a" }, { 2, "b\n" }, { 3, "\"" }, { 4, "\x1b" }, { 5, "e" }, { 6, "f" },
	};
	const struct event_value none[8] = { { EVENT_NONE, NULL }, { 2, NULL }, { 3, NULL },
					     { 4, NULL },          { 5, NULL }, { 6, NULL } };
	struct events *e;

	if (system("python3 -c 'import jsonschema' 2>/dev/null") != 0)
		cr_skip_test("python3-jsonschema is not installed");
	e = fx_events(NULL);
	for (int i = 0; i < EVENTS; i++) {
		event_put((enum event)i, full);
		event_put((enum event)i, none);
	}
	events_since(e, 0, lines, sizeof(lines));
	cr_expect(is_valid(lines));
	events_since(e, 4, lines, sizeof(lines));
	cr_expect(not(is_valid("{\"v\":1}\n")));
	*strchr(lines, '\n') = '\0';
	memcpy(strstr(lines, "\"source\":\"") + 10, "x", 1);
	cr_expect(not(is_valid(lines)), "%s", lines);
	fx_close(e);
}
