/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/jtext.h"

#include "vmm/base/text.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 4096u

char *jtext_room(struct jtext *j, size_t len)
{
	size_t size = j->size ? j->size : FIRST_SIZE;
	char *buf;

	if (j->failed || len > JTEXT_MAX - j->len) {
		j->failed = true;
		return NULL;
	}
	while (size < j->len + len)
		size *= 2;
	if (size != j->size) {
		buf = realloc(j->buf, size);
		if (!buf) {
			j->failed = true;
			return NULL;
		}
		j->buf = buf;
		j->size = size;
	}
	return j->buf + j->len;
}

void jtext_filled(struct jtext *j, size_t len)
{
	j->len += len;
}

void jtext_bytes(struct jtext *j, const void *bytes, size_t len)
{
	char *to = jtext_room(j, len);

	if (!to || !len)
		return;
	memcpy(to, bytes, len);
	j->len += len;
}

static void put(struct jtext *j, const char *text)
{
	jtext_bytes(j, text, strlen(text));
}

/* The code point at *@s, which moves on; 0xfffd: these bytes are no UTF-8. */
static uint32_t code_point(const unsigned char **s)
{
	static const uint32_t least[] = { 0x80, 0x800, 0x10000 };
	const unsigned char *p = *s;
	uint32_t c = *p++, more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
	uint32_t value = c & (0x3fu >> more);

	*s = p;
	if (c < 0xc2 || c > 0xf4)
		return 0xfffd;
	for (uint32_t i = 0; i < more; i++, p++) {
		if ((*p & 0xc0) != 0x80)
			return 0xfffd;
		value = value << 6 | (*p & 0x3fu);
	}
	if (value < least[more - 1] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return 0xfffd;
	*s = p;
	return value;
}

static void put_escaped(struct jtext *j, uint32_t value)
{
	char text[16];

	if (value >= 0x10000)
		snprintf(text, sizeof(text), "\\u%04x\\u%04x", 0xd7c0 + (value >> 10),
			 0xdc00 + (value & 0x3ff));
	else
		snprintf(text, sizeof(text), "\\u%04x", value);
	put(j, text);
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void put_string(struct jtext *j, const char *value)
{
	const unsigned char *s = (const unsigned char *)value, *plain;

	put(j, "\"");
	while (*s) {
		for (plain = s; is_plain(*s); s++)
			;
		jtext_bytes(j, plain, (size_t)(s - plain));
		if (*s >= 0x80)
			put_escaped(j, code_point(&s));
		else if (*s)
			put_escaped(j, *s++);
	}
	put(j, "\"");
}

static void begin(struct jtext *j, const char *key)
{
	if (j->more)
		put(j, ",");
	if (key) {
		put_string(j, key);
		put(j, ":");
	}
	j->more = true;
}

static void open_with(struct jtext *j, const char *key, const char *start, char end)
{
	begin(j, key);
	put(j, start);
	assert(j->depth < JTEXT_DEPTH);
	j->ends[j->depth++] = end;
	j->more = false;
}

void jtext_object(struct jtext *j, const char *key)
{
	open_with(j, key, "{", '}');
}

void jtext_array(struct jtext *j, const char *key)
{
	open_with(j, key, "[", ']');
}

void jtext_end(struct jtext *j)
{
	assert(j->depth > 0);
	jtext_bytes(j, &j->ends[--j->depth], 1);
	j->more = true;
}

void jtext_string(struct jtext *j, const char *key, const char *value)
{
	begin(j, key);
	if (value)
		put_string(j, value);
	else
		put(j, "null");
}

static void put_text(struct jtext *j, const char *key, const char *text)
{
	begin(j, key);
	put(j, text);
}

void jtext_number(struct jtext *j, const char *key, uint64_t value)
{
	char digits[24];
	struct text text = { .buf = digits, .size = sizeof(digits) };

	text_put_number(&text, value);
	put_text(j, key, digits);
}

void jtext_address(struct jtext *j, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "\"0x%" PRIx64 "\"", value);
	put_text(j, key, text);
}

void jtext_bool(struct jtext *j, const char *key, bool value)
{
	put_text(j, key, value ? "true" : "false");
}

void jtext_null(struct jtext *j, const char *key)
{
	put_text(j, key, "null");
}

int jtext_finish(const struct jtext *j)
{
	assert(j->depth == 0 || j->failed);
	return j->failed ? -EMSGSIZE : 0;
}

void jtext_reset(struct jtext *j)
{
	j->len = 0;
	j->depth = 0;
	j->failed = j->more = false;
}

void jtext_free(struct jtext *j)
{
	free(j->buf);
	*j = (struct jtext){ 0 };
}
