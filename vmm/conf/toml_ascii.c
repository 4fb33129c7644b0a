/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A scanner of strings and comments:
 *
 *   outside     a quote opens a string, three of them a multi-line one; # opens a comment
 *   value       that begins neither with a quote nor with a bracket: a number, a date, a word. toml++ looks
 *               for its end, a blank, ",", "]" or "}", past anything: a quote in it opens no string
 *   comment     to the end of the line
 *   string      to its quote; a single-line one also to the end of the line, where toml++ stops
 *   in both kinds with "double quotes" a backslash takes the character behind it along
 */
#include "vmm/conf/toml_ascii.h"

#include <stdint.h>
#include <string.h>

#define DEPTH_MAX 64u /* of brackets; deeper, all are arrays */

struct scan {
	const char *at, *end;
	const char *bad;    /* the first character that has no place, or NULL */
	uint64_t tables;    /* of the open brackets, the last in bit 0: is it an inline table's? */
	unsigned int depth; /* how many are open */
	bool value;         /* a value comes, or is here; else a key, or nothing yet */
	bool within;        /* a word, a number or a date */
};

static bool ascii(char c)
{
	return ((unsigned char)c & 0x80) == 0;
}

static bool at_three(const struct scan *s, char quote)
{
	return s->end - s->at >= 3 && s->at[0] == quote && s->at[1] == quote && s->at[2] == quote;
}

static void skip_comment(struct scan *s)
{
	while (s->at < s->end && *s->at != '\n')
		s->at++;
}

static void skip_line_string(struct scan *s)
{
	char quote = *s->at++;

	while (s->at < s->end && *s->at != '\n') {
		char c = *s->at++;

		if (c == quote)
			return;
		if (c == '\\' && quote == '"' && s->at < s->end && *s->at != '\n')
			s->at++;
	}
}

/* Behind a backslash: when its line ends here, so do the blanks of the next ones. */
static void skip_escaped(struct scan *s)
{
	size_t blanks = 0;

	/* NOLINTNEXTLINE(bugprone-not-null-terminated-result): a set, not a string */
	while (s->at + blanks < s->end && memchr(" \t\r\n\v\f", s->at[blanks], 6))
		blanks++;
	s->at += blanks;
	if (s->at == s->end)
		return;
	if (!ascii(*s->at))
		s->bad = s->at;
	else if (!blanks)
		s->at++;
}

static void skip_multi_line_string(struct scan *s)
{
	char quote = *s->at;

	s->at += 3;
	while (s->at < s->end && !s->bad && !at_three(s, quote))
		if (*s->at++ == '\\' && quote == '"')
			skip_escaped(s);
	if (s->at == s->end || s->bad)
		return;
	s->at += 3;
	/* """a""""" ends in two quotes of its own. */
	for (int i = 0; i < 2 && s->at < s->end && *s->at == quote; i++)
		s->at++;
}

/* In a number, a date or a word that toml++ reads to its end, past quotes and brackets. */
static bool within_value(const struct scan *s)
{
	return s->within && s->value;
}

/* The name of a table in brackets is no value. */
static void open_bracket(struct scan *s, bool table)
{
	if (!s->value && !s->depth)
		return;
	s->tables = s->tables << 1 | (table && s->depth < DEPTH_MAX);
	s->depth++;
	s->value = !table;
}

static void close_bracket(struct scan *s)
{
	if (!s->depth)
		return;
	s->tables >>= 1;
	s->depth--;
}

/* One character outside of strings and comments. */
static void step(struct scan *s)
{
	char c = *s->at++;
	bool within = within_value(s);

	s->within = false;
	if ((c == '[' || c == '{') && !within)
		open_bracket(s, c == '{');
	else if (c == ']' || c == '}')
		close_bracket(s);
	else if (c == ',')
		s->value = s->depth && !(s->tables & 1);
	else if (c == '\n')
		s->value = s->value && s->depth;
	else if (c == '=' && !s->value)
		s->value = true;
	else
		s->within = c != ' ' && c != '\t' && c != '\r';
}

static void scan(struct scan *s)
{
	while (s->at < s->end && !s->bad) {
		bool opens = !within_value(s);

		if (*s->at == '#')
			skip_comment(s);
		else if (opens && (at_three(s, '"') || at_three(s, '\'')))
			skip_multi_line_string(s);
		else if (opens && (*s->at == '"' || *s->at == '\''))
			skip_line_string(s);
		else if (ascii(*s->at))
			step(s);
		else
			s->bad = s->at;
	}
}

bool toml_ascii_check(const char *text, size_t len, unsigned int *line, unsigned int *column)
{
	struct scan s = { .at = text, .end = text + len };

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) /* a byte order mark */
		s.at += 3;
	scan(&s);
	if (!s.bad)
		return true;
	*line = *column = 1;
	for (const char *c = text; c < s.bad; c++) {
		if (*c == '\n') {
			(*line)++;
			*column = 1;
		} else if (((unsigned char)*c & 0xc0) != 0x80) { /* no later byte of a character */
			(*column)++;
		}
	}
	return false;
}
