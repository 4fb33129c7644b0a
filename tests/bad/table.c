/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/bad/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH SPAPR_SOURCE_DIR "/tests/bad/table"

const char *bad_dir = "";

static const char *whole(void)
{
	static char *text; /* read once, then constant */
	size_t room = 1 << 20, n;
	FILE *f;

	if (text)
		return text;
	f = fopen(PATH, "r");
	text = calloc(1, room);
	n = f && text ? fread(text, 1, room - 1, f) : 0;
	if (n == 0 || n == room - 1)
		abort();
	fclose(f);
	return text;
}

static const char *line_end(const char *s)
{
	return s + strcspn(s, "\n");
}

static const char *line_next(const char *s)
{
	s = line_end(s);
	return *s ? s + 1 : s;
}

static bool is_head(const char *s)
{
	return strncmp(s, "== ", 3) == 0;
}

unsigned int bad_count(void)
{
	unsigned int n = 0;

	for (const char *s = whole(); *s; s = line_next(s))
		n += is_head(s);
	return n;
}

static void malformed(unsigned int line, const char *why)
{
	fprintf(stderr, PATH ":%u: %s\n", line, why);
	abort();
}

void bad_find(unsigned int n, struct bad_case *c)
{
	const char *s = whole();
	unsigned int line = 1;

	for (; *s && (!is_head(s) || n-- > 0); s = line_next(s))
		line++;
	*c = (struct bad_case){ .line = line, .at = line_next(s) };
	if (sscanf(s, "== %63s %d", c->name, &c->status) != 2)
		malformed(line, "a head is \"== NAME STATUS\"");
}

/* <x*2048>, <end>, <0d>: what a line of text cannot hold. Return its length, 0: it is none. */
static size_t escape(const char *s, const char *end, FILE *out, bool *open)
{
	unsigned int times = 1;
	char what[8] = "", c;
	int n = 0;

	if (end - s >= 5 && strncmp(s, "<end>", 5) == 0) {
		*open = true;
		return 5;
	}
	if (sscanf(s, "<%c*%u>%n", &c, &times, &n) == 2 && n > 0) {
		while (times-- > 0)
			fputc(c, out);
		return (size_t)n;
	}
	if (sscanf(s, "<%2[0-9a-f]>%n", what, &n) == 1 && n == 4) {
		fputc((int)strtol(what, NULL, 16), out);
		return 4;
	}
	return 0;
}

/* DIR is the folder; all else stands for itself. */
static void expand(const char *s, const char *end, struct bad_line *l)
{
	FILE *out = open_memstream(&l->text, &l->len);

	while (s < end) {
		size_t n = *s == '<' ? escape(s, end, out, &l->open) : 0;

		if (n == 0 && end - s >= 3 && strncmp(s, "DIR", 3) == 0) {
			fputs(bad_dir, out);
			n = 3;
		}
		if (n == 0)
			fputc(*s, out);
		s += n ? n : 1;
	}
	fclose(out);
}

bool bad_next(struct bad_case *c, struct bad_line *l)
{
	for (; *c->at && !is_head(c->at); c->at = line_next(c->at)) {
		const char *s = c->at, *end = line_end(s);

		c->line++;
		if (s == end || *s == '#')
			continue;
		if (!strchr("|+$@>", *s) || (s[1] != ' ' && s + 1 != end))
			malformed(c->line, "a line begins with |, +, $, @ or > and a blank");
		*l = (struct bad_line){ .kind = *s };
		expand(s + 1 < end ? s + 2 : end, end, l);
		c->at = line_next(c->at);
		return true;
	}
	return false;
}
