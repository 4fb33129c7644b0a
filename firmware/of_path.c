/* SPDX-License-Identifier: BSD-2-Clause */
/* From a path to a node, and back. */
#include "firmware/of_tree.h"

#include <string.h>
#include <strings.h>

/* Is @n what @len bytes of a path name? A unit that is left out is any. */
static bool is_named(const struct of_node *n, const char *part, size_t len)
{
	const char *unit = strchr(n->name, '@');
	size_t base = unit ? (size_t)(unit - n->name) : strlen(n->name);
	const char *asked = memchr(part, '@', len);

	if (!asked)
		return len == base && memcmp(part, n->name, len) == 0;
	return unit && len == strlen(n->name) && (size_t)(asked - part) == base &&
	       memcmp(part, n->name, base) == 0 && strncasecmp(asked, unit, len - base) == 0;
}

static struct of_node *walk(const struct of_tree *t, const char *path)
{
	struct of_node *n = &t->nodes[0];

	for (;;) {
		size_t len;

		while (*path == '/')
			path++;
		len = strcspn(path, "/:");
		if (len == 0)
			return n;
		for (n = n->child; n && !is_named(n, path, len); n = n->peer)
			;
		if (!n)
			return NULL;
		path += len;
	}
}

bool of_tree_expand(const struct of_tree *t, const char *path, char full[2 * OF_PATH_MAX])
{
	size_t len = strcspn(path, "/:");
	const struct of_node *aliases;
	const struct of_prop *p;
	char name[OF_PATH_MAX];

	if (!t->nnodes || len == 0 || len >= sizeof(name))
		return false;
	memcpy(name, path, len);
	name[len] = '\0';
	aliases = walk(t, "/aliases");
	p = aliases ? of_node_prop(aliases, name) : NULL;
	if (!p || p->len == 0 || p->len > OF_PATH_MAX || ((const char *)p->data)[p->len - 1] ||
	    *(const char *)p->data != '/' || strlen(path + len) >= OF_PATH_MAX)
		return false;
	strcpy(full, p->data);
	strcat(full, path + len);
	return true;
}

struct of_node *of_tree_find(const struct of_tree *t, const char *path)
{
	char full[2 * OF_PATH_MAX];

	if (t->nnodes && *path == '/')
		return walk(t, path);
	return of_tree_expand(t, path, full) ? walk(t, full) : NULL;
}

/* The @depth-th node on the way from the root, which is the 0th, to @n. */
static const struct of_node *on_the_way(const struct of_node *n, size_t depth)
{
	size_t below = 0;

	for (const struct of_node *up = n; up->parent; up = up->parent)
		below++;
	for (; below > depth; below--)
		n = n->parent;
	return n;
}

size_t of_node_path(const struct of_node *n, char *buf, size_t size)
{
	const struct of_node *part;
	size_t at = 0, depth = n->parent ? 1 : 0;

	do {
		part = on_the_way(n, depth++);
		if (at < size)
			buf[at] = '/';
		at++;
		for (const char *s = part->name; *s; s++, at++)
			if (at < size)
				buf[at] = *s;
	} while (part != n);
	if (size)
		buf[at < size ? at : size - 1] = '\0';
	return at;
}
