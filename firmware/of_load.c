/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nodes from a flat tree. It is the core's own work, so nothing but its first word is doubted.
 * Source: Devicetree Specification 0.4, "Flattened Devicetree (DTB) Format".
 */
#include "firmware/of_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC 0xd00dfeedu
#define FIRST_HANDLE 0x1000u /* above the phandles that the flat tree brings */

enum { BEGIN_NODE = 1, END_NODE = 2, PROP = 3, END = 9 };

/* A place in the flat tree. */
struct cursor {
	const char *blob, *at, *strings;
};

static struct cursor start_of(const char *blob)
{
	return (struct cursor){ blob, blob + be32_load(blob + 8), blob + be32_load(blob + 12) };
}

static uint32_t cell(struct cursor *c)
{
	uint32_t v = be32_load(c->at);

	c->at += 4;
	return v;
}

/* @n bytes, and what fills them up to a cell. */
static const char *take(struct cursor *c, size_t n)
{
	const char *p = c->at;

	c->at += ALIGN_UP(n, 4);
	return p;
}

static struct of_prop prop(struct cursor *c)
{
	struct of_prop p = { .len = cell(c) };

	p.name = c->strings + cell(c);
	p.data = take(c, p.len);
	return p;
}

struct counts {
	uint32_t nodes, props;
};

static struct counts count(const char *blob)
{
	struct cursor c = start_of(blob);
	struct counts n = { 0 };

	for (;;)
		switch (cell(&c)) {
		case BEGIN_NODE:
			take(&c, strlen(c.at) + 1);
			n.nodes++;
			break;
		case PROP:
			prop(&c);
			n.props++;
			break;
		case END:
			return n;
		default:
			break;
		}
}

static void take_all(struct of_tree *t)
{
	struct cursor c = start_of(t->blob);
	struct of_prop *p = t->blob_props, **tail = NULL;
	struct of_node *n = NULL;

	for (;;)
		switch (cell(&c)) {
		case BEGIN_NODE:
			n = of_tree_append(t, n, take(&c, strlen(c.at) + 1));
			tail = &n->props;
			break;
		case PROP:
			*p = prop(&c);
			*tail = p;
			tail = &p++->next;
			break;
		case END_NODE:
			n = n->parent;
			break;
		case END:
			return;
		default:
			break;
		}
}

int of_tree_load(struct of_tree *t, void *blob, const struct of_tree *old)
{
	struct counts n;

	*t = (struct of_tree){ .blob = blob,
			       .next_handle =
				       old && old->nnodes ? old->next_handle : FIRST_HANDLE };
	if (be32_load(blob) != MAGIC)
		return -EINVAL;
	n = count(blob);
	t->room = n.nodes + OF_OWN_NODES;
	t->nodes = calloc(t->room, sizeof(*t->nodes));
	t->blob_props = calloc(n.props + 1, sizeof(*t->blob_props));
	if (!t->nodes || !t->blob_props)
		return -ENOMEM;
	take_all(t);
	for (uint32_t i = 0; i < t->nnodes; i++) /* parents come before their children */
		t->nodes[i].handle = of_tree_handle(t, &t->nodes[i], old);
	return 0;
}
