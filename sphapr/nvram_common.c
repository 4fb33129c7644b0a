/* SPDX-License-Identifier: BSD-2-Clause */
/* Source: LoPAR 2.8 "Non-Volatile Memory", "System (0x70)"; strings as PowerPC's Linux tools write them. */
#include "sphapr/nvram.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NAME "common"
#define SIZE (4 * KiB) /* of a new one, header included */

bool nvram_complete(struct nvram *nv, struct nvram_range *out)
{
	struct nvram_range common, free;

	if (nvram_find(nv, NVRAM_SYSTEM, NAME, out) || !nvram_find(nv, NVRAM_FREE, NULL, &free) ||
	    free.len < SIZE + NVRAM_HEADER)
		return false;
	common = (struct nvram_range){ free.offset, SIZE };
	*out = (struct nvram_range){ free.offset, SIZE + NVRAM_HEADER };
	free.offset += SIZE;
	free.len -= SIZE;
	nvram_put_header(nv, free, NVRAM_FREE, "", NVRAM_NAME_FREE);
	nvram_put_header(nv, common, NVRAM_SYSTEM, NAME, 0);
	memset(nv->bytes + common.offset + NVRAM_HEADER, 0, SIZE - NVRAM_HEADER);
	return true;
}

struct nvram_range nvram_settings(const struct nvram *nv)
{
	struct nvram_range r;

	if (!nvram_find(nv, NVRAM_SYSTEM, NAME, &r))
		return (struct nvram_range){ 0 };
	r.offset += NVRAM_HEADER;
	r.len -= NVRAM_HEADER;
	return r;
}

/* The next string; false: an empty one ends them, or one that does not end. */
static bool next_string(const struct nvram *nv, struct nvram_range *left, const char **out)
{
	const char *s = (const char *)nv->bytes + left->offset;
	size_t len = strnlen(s, left->len);

	if (len == 0 || len == left->len)
		return false;
	*out = s;
	left->offset += (uint32_t)len + 1;
	left->len -= (uint32_t)len + 1;
	return true;
}

bool nvram_next(const struct nvram *nv, struct nvram_range *left, struct nvram_setting *out)
{
	const char *s;

	while (next_string(nv, left, &s)) {
		const char *is = strchr(s, '=');

		if (!is || is == s)
			continue;
		*out = (struct nvram_setting){ s, (size_t)(is - s), is + 1 };
		return true;
	}
	return false;
}

static bool is_text(const char *s)
{
	while ((unsigned char)*s >= ' ' && *s != 0x7f)
		s++;
	return *s == '\0';
}

static bool is_of(const char *s, const char *name, size_t len)
{
	return strncmp(s, name, len) == 0 && s[len] == '=';
}

/* How many bytes all strings but those of one setting take; with @move, they are moved together. */
static uint32_t others(struct nvram *nv, struct nvram_range all, const char *name, size_t len,
		       bool move)
{
	uint32_t n = 0;
	const char *s;

	for (struct nvram_range left = all; next_string(nv, &left, &s);) {
		uint32_t size = (uint32_t)strlen(s) + 1;

		if (is_of(s, name, len))
			continue;
		if (move)
			memmove(nv->bytes + all.offset + n, s, size);
		n += size;
	}
	return n;
}

int nvram_set(struct nvram *nv, const char *name, const char *value, struct nvram_range *changed)
{
	struct nvram_range all = nvram_settings(nv);
	size_t len = strlen(name), value_len = strlen(value);
	uint32_t used;
	char *p;

	if (len == 0 || strchr(name, '=') || !is_text(name) || !is_text(value))
		return -EINVAL;
	used = others(nv, all, name, len, false);
	if (len > all.len || value_len > all.len || used + len + value_len + 3 > all.len)
		return -ENOSPC;
	others(nv, all, name, len, true);
	p = (char *)nv->bytes + all.offset + used;
	memset(p, 0, all.len - used);
	snprintf(p, all.len - used, "%s=%s", name, value);
	*changed = all;
	return 0;
}
