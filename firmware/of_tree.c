/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware/of_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

/* @p in the place of the property of its name; false: the node has none. */
static bool replace(struct of_tree *t, struct of_node *n, struct of_prop *p)
{
	struct of_prop **at = &n->props, *old;

	while (*at && strcmp((*at)->name, p->name) != 0)
		at = &(*at)->next;
	old = *at;
	if (!old)
		return false;
	p->next = old->next;
	*at = p;
	t->client_bytes -= cost(old);
	prop_free(old);
	return true;
}

static void append(struct of_node *n, struct of_prop *list)
{
	struct of_prop **at = &n->props;

	while (*at)
		at = &(*at)->next;
	*at = list;
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
	t->client_bytes += cost(p);
	if (!replace(t, n, p))
		append(n, p);
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
uint32_t of_tree_handle(struct of_tree *t, const struct of_node *n, const struct of_tree *old)
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
struct of_node *of_tree_append(struct of_tree *t, struct of_node *parent, const char *name)
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
	struct of_node *n = t->nnodes < t->room ? of_tree_append(t, parent, name) : NULL;

	if (n)
		n->handle = of_tree_handle(t, n, old);
	return n;
}

/* No two of them have the same name: each is held against what @n brought along, and not against the others. */
static void move_set(struct of_tree *t, struct of_node *n, struct of_node *from)
{
	struct of_prop **at = &from->props, *moved = NULL, **end = &moved, *p;

	while ((p = *at)) {
		if (p->from != OF_FROM_CLIENT) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		t->client_bytes += cost(p);
		if (!replace(t, n, p)) {
			*end = p;
			end = &p->next;
		}
	}
	*end = NULL;
	append(n, moved);
}

void of_tree_inherit(struct of_tree *t, struct of_tree *old)
{
	for (uint32_t i = 0; i < old->nnodes; i++) {
		struct of_node *same = of_tree_node(t, old->nodes[i].handle);

		if (same)
			move_set(t, same, &old->nodes[i]);
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
