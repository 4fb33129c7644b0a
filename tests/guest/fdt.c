/* SPDX-License-Identifier: BSD-2-Clause */
/* Properties of the flattened tree, by path. Source: Devicetree Specification 0.4, chapter 5. */
#include "guest.h"

enum { BEGIN_NODE = 1, END_NODE = 2, PROP = 3, NOP = 4, END = 9 };

static const uint8_t *blob;

uint32_t be32(const void *p)
{
	const uint8_t *b = p;

	return (uint32_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
}

void be32_put(void *p, uint32_t v)
{
	uint8_t *b = p;

	b[0] = (uint8_t)(v >> 24);
	b[1] = (uint8_t)(v >> 16);
	b[2] = (uint8_t)(v >> 8);
	b[3] = (uint8_t)v;
}

uint64_t be64(const void *p)
{
	return (uint64_t)be32(p) << 32 | be32((const uint8_t *)p + 4);
}

void fdt_open(const void *fdt)
{
	blob = fdt;
}

/* Does the next name of @path ("/a/b") stand here? Return what follows it, or NULL. */
static const char *step(const char *path, const char *name)
{
	size_t n = strlen(name);

	if (*path != '/' || memcmp(path + 1, name, n) != 0)
		return NULL;
	path += 1 + n;
	return *path == '/' || !*path ? path : NULL;
}

/* The first property behind the header of the node, or NULL. */
static const uint8_t *find_node(const char *path)
{
	const uint8_t *p = blob + be32(blob + 8);
	unsigned int depth = 0, matched = 1; /* nodes around us; of them on the path */
	const char *rest = path, *after;

	for (;;) {
		uint32_t tag = be32(p);

		p += 4;
		switch (tag) {
		case BEGIN_NODE:
			after = depth == 0         ? rest
				: depth == matched ? step(rest, (const char *)p)
						   : NULL;
			matched += after && depth;
			depth++;
			p += (strlen((const char *)p) + 4) & ~3ul;
			if (after && !*after)
				return p;
			rest = after ? after : rest;
			break;
		case END_NODE:
			depth--;
			break;
		case PROP:
			p += 8 + ((be32(p) + 3) & ~3u);
			break;
		case NOP:
			break;
		default:
			return NULL;
		}
	}
}

bool fdt_prop_at(const char *path, unsigned int i, const char **name, const void **value,
		 uint32_t *len)
{
	const uint8_t *p = find_node(path);

	for (; p && (be32(p) == PROP || be32(p) == NOP); p += 4) {
		if (be32(p) == NOP)
			continue;
		*len = be32(p + 4);
		*name = (const char *)blob + be32(blob + 12) + be32(p + 8);
		*value = p + 12;
		if (i-- == 0)
			return true;
		p += 8 + ((*len + 3) & ~3u);
	}
	return false;
}

const void *fdt_prop(const char *path, const char *name, uint32_t *len)
{
	const char *n;
	const void *value;

	for (unsigned int i = 0; fdt_prop_at(path, i, &n, &value, len); i++)
		if (strcmp(n, name) == 0)
			return value;
	return NULL;
}

uint32_t fdt_cell(const char *path, const char *name, unsigned int i)
{
	uint32_t len;
	const uint8_t *p = fdt_prop(path, name, &len);

	return p && len / 4 > i ? be32(p + 4 * i) : 0;
}

static void join(char *to, size_t size, const char *path, const char *name)
{
	size_t n = strcmp(path, "/") == 0 ? 0 : strlen(path);

	*to = 0;
	if (n + strlen(name) + 2 > size)
		return;
	memcpy(to, path, n);
	to[n] = '/';
	memcpy(to + n + 1, name, strlen(name) + 1);
}

bool fdt_child(const char *path, unsigned int i, char *child, size_t size)
{
	const uint8_t *p = find_node(strcmp(path, "/") == 0 ? "" : path);

	for (unsigned int depth = 0; p; p += 4) {
		uint32_t tag = be32(p);

		if (tag == BEGIN_NODE) {
			if (depth++ == 0 && i-- == 0) {
				join(child, size, path, (const char *)p + 4);
				return true;
			}
			p += (strlen((const char *)p + 4) + 4) & ~3ul;
		} else if (tag == END_NODE) {
			if (depth-- == 0)
				return false;
		} else if (tag == PROP) {
			p += 8 + ((be32(p + 4) + 3) & ~3u);
		} else if (tag != NOP) {
			return false;
		}
	}
	return false;
}
