/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware/of_tree.h"

#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FIRST_HANDLE 0x1000u /* above the phandles that the flat tree brings */

/* ---- properties ---- */

struct of_prop *of_node_prop(const struct of_node *n, const char *name)
{
	struct of_prop *p = n->props;

	while (p && strcmp(p->name, name) != 0)
		p = p->next;
	return p;
}

static uint64_t cost(const struct of_prop *p)
{
	return p->from == OF_FROM_CLIENT ? sizeof(*p) + OF_NAME_MAX + p->len : 0;
}

static void prop_free(struct of_prop *p)
{
	if (p->from != OF_FROM_BLOB)
		free(p);
}

/* Puts @p where one of its name is, else behind all others. */
static void attach(struct of_tree *t, struct of_node *n, struct of_prop *p)
{
	struct of_prop **at = &n->props, *old;

	while (*at && strcmp((*at)->name, p->name) != 0)
		at = &(*at)->next;
	old = *at;
	p->next = old ? old->next : NULL;
	*at = p;
	t->client_bytes += cost(p);
	if (old) {
		t->client_bytes -= cost(old);
		prop_free(old);
	}
}

int of_node_set(struct of_tree *t, struct of_node *n, const char *name, const void *data,
		uint32_t len, enum of_from from)
{
	size_t name_size = strlen(name) + 1;
	struct of_prop *p, *old = of_node_prop(n, name);
	struct of_prop like = { .len = len, .from = from };
	uint64_t spent = t->client_bytes - (old ? cost(old) : 0);
	char *mem;

	if (cost(&like) > 0 && spent + cost(&like) > OF_TREE_CLIENT_MAX)
		return -ENOSPC;
	p = malloc(sizeof(*p) + len + name_size);
	if (!p)
		return -ENOMEM;
	mem = (char *)(p + 1);
	if (len)
		memcpy(mem, data, len);
	memcpy(mem + len, name, name_size);
	*p = (struct of_prop){ .name = mem + len, .data = mem, .len = len, .from = from };
	attach(t, n, p);
	return 0;
}

/* ---- nodes ---- */

struct of_node *of_tree_node(const struct of_tree *t, uint32_t handle)
{
	for (uint32_t i = 0; i < t->nnodes; i++)
		if (t->nodes[i].handle == handle)
			return &t->nodes[i];
	return NULL;
}

static struct of_node *child_named(const struct of_node *parent, const char *name)
{
	struct of_node *n = parent ? parent->child : NULL;

	while (n && strcmp(n->name, name) != 0)
		n = n->peer;
	return n;
}

/* As the flat tree says, else as the node of the same path had it, else a new one. */
static uint32_t handle_of(struct of_tree *t, const struct of_node *n, const struct of_tree *old)
{
	const struct of_prop *p = of_node_prop(n, "phandle");
	const struct of_node *same = NULL;

	if (p && p->len == 4)
		return be32_load(p->data);
	if (old && old->nnodes)
		same = n->parent ? child_named(of_tree_node(old, n->parent->handle), n->name)
				 : &old->nodes[0];
	return same ? same->handle : t->next_handle++;
}

/* The node is the last of its parent's. */
static struct of_node *append(struct of_tree *t, struct of_node *parent, const char *name)
{
	struct of_node *n = &t->nodes[t->nnodes++], **at;

	*n = (struct of_node){ .name = name, .parent = parent };
	if (parent) {
		for (at = &parent->child; *at; at = &(*at)->peer)
			;
		*at = n;
	}
	return n;
}

struct of_node *of_tree_add(struct of_tree *t, struct of_node *parent, const char *name,
			    const struct of_tree *old)
{
	struct of_node *n = t->nnodes < t->room ? append(t, parent, name) : NULL;

	if (n)
		n->handle = handle_of(t, n, old);
	return n;
}

struct counts {
	uint32_t nodes, props;
};

static struct counts count(const void *blob)
{
	struct counts c = { 0 };
	int next = 0;

	for (uint32_t tag = 0; tag != FDT_END;) {
		tag = fdt_next_tag(blob, next, &next);
		c.nodes += tag == FDT_BEGIN_NODE;
		c.props += tag == FDT_PROP;
	}
	return c;
}

static void take_prop(struct of_prop *p, const void *blob, int at, struct of_prop ***tail)
{
	int len;

	p->data = fdt_getprop_by_offset(blob, at, &p->name, &len);
	p->len = (uint32_t)len;
	**tail = p;
	*tail = &p->next;
}

static void take_all(struct of_tree *t, const struct of_tree *old)
{
	struct of_prop *p = t->blob_props, **tail = NULL;
	struct of_node *n = NULL;
	int at, next = 0;

	for (;;) {
		at = next;
		switch (fdt_next_tag(t->blob, at, &next)) {
		case FDT_BEGIN_NODE:
			n = append(t, n, fdt_get_name(t->blob, at, NULL));
			tail = &n->props;
			break;
		case FDT_PROP:
			take_prop(p++, t->blob, at, &tail);
			break;
		case FDT_END_NODE:
			n = n->parent;
			break;
		case FDT_NOP:
			break;
		default:
			/* Parents come before their children. */
			for (uint32_t i = 0; i < t->nnodes; i++)
				t->nodes[i].handle = handle_of(t, &t->nodes[i], old);
			return;
		}
	}
}

int of_tree_load(struct of_tree *t, void *blob, const struct of_tree *old)
{
	struct counts c;

	*t = (struct of_tree){ .blob = blob,
			       .next_handle =
				       old && old->nnodes ? old->next_handle : FIRST_HANDLE };
	if (fdt_check_header(blob) < 0)
		return -EINVAL;
	c = count(blob);
	t->room = c.nodes + OF_OWN_NODES;
	t->nodes = calloc(t->room, sizeof(*t->nodes));
	t->blob_props = calloc(c.props + 1, sizeof(*t->blob_props));
	if (!t->nodes || !t->blob_props)
		return -ENOMEM;
	take_all(t, old);
	return 0;
}

void of_tree_inherit(struct of_tree *t, struct of_tree *old)
{
	for (uint32_t i = 0; i < old->nnodes; i++) {
		struct of_node *same = of_tree_node(t, old->nodes[i].handle);
		struct of_prop **at = &old->nodes[i].props, *p;

		while (same && (p = *at)) {
			if (p->from != OF_FROM_CLIENT) {
				at = &p->next;
				continue;
			}
			*at = p->next;
			attach(t, same, p);
		}
	}
}

void of_tree_free(struct of_tree *t)
{
	for (uint32_t i = 0; i < t->nnodes; i++)
		for (struct of_prop *p = t->nodes[i].props, *next; p; p = next) {
			next = p->next;
			prop_free(p);
		}
	free(t->nodes);
	free(t->blob_props);
	free(t->blob);
	*t = (struct of_tree){ 0 };
}

/* ---- paths ---- */

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

struct of_node *of_tree_find(const struct of_tree *t, const char *path)
{
	char full[2 * OF_PATH_MAX], name[OF_PATH_MAX];
	size_t len = strcspn(path, "/:");
	const struct of_node *aliases;
	const struct of_prop *p;

	if (!t->nnodes || *path == '\0')
		return NULL;
	if (*path == '/')
		return walk(t, path);
	if (len >= sizeof(name))
		return NULL;
	memcpy(name, path, len);
	name[len] = '\0';
	aliases = walk(t, "/aliases");
	p = aliases ? of_node_prop(aliases, name) : NULL;
	if (!p || p->len == 0 || p->len > OF_PATH_MAX || ((const char *)p->data)[p->len - 1] ||
	    *(const char *)p->data != '/' || strlen(path + len) >= OF_PATH_MAX)
		return NULL;
	strcpy(full, p->data);
	strcat(full, path + len);
	return walk(t, full);
}

size_t of_node_path(const struct of_node *n, char *buf, size_t size)
{
	size_t at = 0;

	if (n->parent && n->parent->parent)
		at = of_node_path(n->parent, buf, size);
	if (at < size)
		buf[at] = '/';
	for (const char *s = n->name; *s; s++) {
		at++;
		if (at < size)
			buf[at] = *s;
	}
	at++;
	if (size)
		buf[at < size ? at : size - 1] = '\0';
	return at;
}
