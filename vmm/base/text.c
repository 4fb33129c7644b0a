/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_add(struct text *t, const char *fmt, ...)
{
	size_t at = t->len < t->size ? t->len : t->size;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->buf ? t->buf + at : NULL, t->size - at, fmt, ap);
	va_end(ap);
	t->len += n < 0 ? 0 : (size_t)n;
}

void text_put_bytes(struct text *t, const char *bytes, size_t len)
{
	size_t room = t->len < t->size ? t->size - t->len - 1 : 0, n = len < room ? len : room;

	if (t->len < t->size) {
		memcpy(t->buf + t->len, bytes, n);
		t->buf[t->len + n] = '\0';
	}
	t->len += len;
}

void text_put(struct text *t, const char *s)
{
	text_put_bytes(t, s, strlen(s));
}

void text_put_number(struct text *t, uint64_t value)
{
	char digits[20], *first = digits + sizeof(digits);

	do
		*--first = (char)('0' + value % 10);
	while ((value /= 10) != 0);
	text_put_bytes(t, first, (size_t)(digits + sizeof(digits) - first));
}

#define ESCAPE_LEN 6u /* \u001b */

void text_add_json(struct text *t, const char *s, size_t reserve)
{
	for (; *s && t->len + ESCAPE_LEN + reserve < t->size; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			text_add(t, "\\%c", c);
		else if (c == '\n')
			text_put(t, "\\n");
		else if (c < 0x20 || c >= 0x7f)
			text_add(t, "\\u%04x", c);
		else
			text_put_bytes(t, s, 1);
	}
}

/* gmtime_r() may look for a file of time zones, which a thread that gave its rights up must not. */
void text_add_time(struct text *t, uint64_t wall_ns)
{
	uint64_t us = wall_ns / 1000, s = us / 1000000, day = s / 86400;
	/* Years that begin in March, of 400-year cycles: leap days come last in each. */
	uint64_t z = day + 719468, cycle = z / 146097, d = z % 146097;
	uint64_t y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
	uint64_t of_year = d - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;
	uint64_t month = m < 10 ? m + 3 : m - 9;

	text_add(t, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ",
		 (unsigned int)(y + cycle * 400 + (month <= 2)), (unsigned int)month,
		 (unsigned int)(of_year - (153 * m + 2) / 5 + 1), (unsigned int)(s / 3600 % 24),
		 (unsigned int)(s / 60 % 60), (unsigned int)(s % 60), (unsigned int)(us % 1000000));
}
