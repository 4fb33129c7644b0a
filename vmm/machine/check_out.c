/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/machine/check_out.h"

#include "vmm/base/sys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define OBJECT_WIDTH 22
#define INDENT (6 + OBJECT_WIDTH + 1) /* of causes and remedies */
#define MIN_TEXT 30                   /* columns of them, however narrow the terminal is */

static const char *const words[] = { "ok", "note", "note", "FAIL" };

/* ---- a line a row ---- */

/* A finding about the object of the line before is indented, and leaves out the object's kind. */
static void put_line(const struct finding *f)
{
	struct finding shown = *f;
	char line[FINDING_LINE];

	if (f->inner)
		shown.kind = "";
	finding_line(&shown, line);
	printf("%-5s%s%s\n", words[f->verdict], f->inner ? "  " : "", line);
}

/* ---- a table ---- */

/* From column INDENT on, where the cursor is: broken at blanks, and where a word is a whole line. */
static void put_wrapped(const struct check_out *o, const char *text)
{
	size_t room = o->columns > INDENT + MIN_TEXT ? o->columns - INDENT : MIN_TEXT;

	while (strlen(text) > room) {
		size_t n = room;

		while (n > 0 && text[n] != ' ')
			n--;
		if (n == 0)
			n = room;
		printf("%.*s\n%*s", (int)n, text, INDENT, "");
		text += n + (text[n] == ' ');
	}
	printf("%s\n", text);
}

static void put_state(const struct check_out *o, enum verdict verdict)
{
	static const char *const colours[] = { "32", "33", "33", "1;31" };

	if (o->colours)
		printf("\033[%sm%-5s\033[0m ", colours[verdict], words[verdict]);
	else
		printf("%-5s ", words[verdict]);
}

static void put_table_row(const struct check_out *o, const struct finding *f, const char *object)
{
	if (o->rows == 0)
		printf("%-5s %-*s %s\n", "STATE", OBJECT_WIDTH, "OBJECT", "CAUSE, AND -> REMEDY");
	put_state(o, f->verdict);
	if (strlen(object) > OBJECT_WIDTH)
		printf("%s\n%*s", object, INDENT, "");
	else
		printf("%-*s ", OBJECT_WIDTH, object);
	put_wrapped(o, f->text);
	if (!*f->remedy)
		return;
	printf("%*s-> ", INDENT - 3, "");
	put_wrapped(o, f->remedy);
}

/* ---- JSON ---- */

/* In ASCII: other bytes become U+0080 to U+00FF, whatever they meant. */
static void put_json(const char *name, const char *s)
{
	printf("\"%s\": \"", name);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < ' ' || c > '~')
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void put_json_row(const struct check_out *o, const struct finding *f, const char *object)
{
	fputs(o->rows ? ",\n  { " : "[\n  { ", stdout);
	put_json("state", words[f->verdict]);
	fputs(", ", stdout);
	put_json("object", object);
	fputs(", ", stdout);
	put_json("cause", f->text);
	fputs(", ", stdout);
	put_json("remedy", f->remedy);
	fputs(" }", stdout);
}

/* ---- rows of either ---- */

/* A row without an object of its own is about that of the row before. */
static void find_object(struct check_out *o, const struct finding *f)
{
	if (!*f->object && !*f->kind)
		return;
	snprintf(o->object, sizeof(o->object), "%s%s%s", f->inner ? "" : f->kind,
		 !f->inner && *f->kind && *f->object ? " " : "", f->object);
}

bool check_out_row(void *ctx, const struct finding *f)
{
	struct check_out *o = ctx;

	find_object(o, f);
	if (o->json)
		put_json_row(o, f, o->object);
	else if (o->columns)
		put_table_row(o, f, o->object);
	else
		put_line(f);
	o->rows++;
	fflush(stdout); /* in step with messages on standard error */
	return true;
}

void check_out_begin(struct check_out *o, bool json)
{
	struct winsize size = { 0 };
	const char *no_color = getenv("NO_COLOR");

	*o = (struct check_out){ .json = json };
	if (json || !isatty(STDOUT_FILENO))
		return;
	sys_ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	o->columns = size.ws_col ? size.ws_col : 80;
	o->colours = !no_color || !*no_color;
}

void check_out_end(struct check_out *o)
{
	if (o->json)
		puts(o->rows ? "\n]" : "[]");
}
