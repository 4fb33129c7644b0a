/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/jread.h"

#include <stdio.h>
#include <string.h>

#define DEPTH 16

struct reader {
	const char *at;
	char path[JREAD_PATH];
	size_t len; /* of the path */
	jread_fn *fn;
	void *ctx;
};

/* NOLINTBEGIN(misc-no-recursion): the text nests, and value() looks at how deep. */
static bool value(struct reader *r, int depth);

static char next(struct reader *r)
{
	r->at += strspn(r->at, " \t\r\n");
	return *r->at;
}

static bool take(struct reader *r, char c)
{
	if (next(r) != c)
		return false;
	r->at++;
	return true;
}

/* A string's first byte and length; NULL: none. */
static const char *string(struct reader *r, size_t *len)
{
	const char *start;

	if (!take(r, '"'))
		return NULL;
	for (start = r->at; *r->at && *r->at != '"'; r->at++)
		if (*r->at == '\\' && r->at[1])
			r->at++;
	*len = (size_t)(r->at - start);
	return take(r, '"') ? start : NULL;
}

/* The value behind a name, or at a place of an array. */
static bool member(struct reader *r, const char *name, size_t len, int depth)
{
	size_t before = r->len;
	bool good;
	int n = snprintf(r->path + before, sizeof(r->path) - before, "%s%.*s", before ? "." : "",
			 (int)len, name);

	if (n < 0 || (size_t)n >= sizeof(r->path) - before)
		return false;
	r->len = before + (size_t)n;
	good = value(r, depth + 1);
	r->len = before;
	r->path[before] = '\0';
	return good;
}

static bool object(struct reader *r, int depth)
{
	const char *name;
	size_t len;

	if (take(r, '}'))
		return true;
	do {
		name = string(r, &len);
		if (!name || !take(r, ':') || !member(r, name, len, depth))
			return false;
	} while (take(r, ','));
	return take(r, '}');
}

static bool array(struct reader *r, int depth)
{
	char place[16];

	if (take(r, ']'))
		return true;
	for (unsigned int i = 0; i == 0 || take(r, ','); i++) {
		int n = snprintf(place, sizeof(place), "%u", i);

		if (!member(r, place, (size_t)n, depth))
			return false;
	}
	return take(r, ']');
}

static bool value(struct reader *r, int depth)
{
	const char *start;
	size_t len;

	if (depth > DEPTH)
		return false;
	if (take(r, '{'))
		return object(r, depth);
	if (take(r, '['))
		return array(r, depth);
	if (next(r) == '"') {
		start = string(r, &len);
		if (!start)
			return false;
	} else {
		start = r->at;
		len = strspn(start, "-+.0123456789abcdefghijklmnopqrstuvwxyzE");
		r->at += len;
		if (len == 0)
			return false;
	}
	r->fn(r->ctx, r->path, start, len);
	return true;
}

/* NOLINTEND(misc-no-recursion) */

bool jread(const char *text, jread_fn *fn, void *ctx)
{
	struct reader r = { .at = text, .fn = fn, .ctx = ctx };

	return value(&r, 0) && next(&r) == '\0';
}
