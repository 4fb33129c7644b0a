/* SPDX-License-Identifier: BSD-2-Clause */
/* Nodes from a flat tree, the core's own work: nothing but the tree's header is doubted. */
#include "firmware/of_tree.h"

#include <assert.h>
#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>

#define FIRST_HANDLE 0x1000u /* above the phandles that the flat tree brings */

struct counts {
	uint32_t nodes, props;
};

static struct counts count(const void *blob)
{
	struct counts n = { 0 };
	int next = 0;

	for (uint32_t tag = FDT_NOP; tag != FDT_END;) {
		tag = fdt_next_tag(blob, next, &next);
		n.nodes += tag == FDT_BEGIN_NODE;
		n.props += tag == FDT_PROP;
	}
	return n;
}

static void take_prop(struct of_prop *p, const void *blob, int at)
{
	int len;

	p->data = fdt_getprop_by_offset(blob, at, &p->name, &len);
	p->len = (uint32_t)len;
}

/* Properties are a node's, and a node that ends has begun. */
static void take_all(struct of_tree *t)
{
	struct of_prop *p = t->blob_props, **tail = &p;
	struct of_node *n = NULL;
	int at, next = 0;

	for (;;) {
		at = next;
		switch (fdt_next_tag(t->blob, at, &next)) {
		case FDT_BEGIN_NODE:
			n = of_tree_append(t, n, fdt_get_name(t->blob, at, NULL));
			assert(n);
			tail = &n->props;
			break;
		case FDT_PROP:
			take_prop(p, t->blob, at);
			*tail = p;
			tail = &p++->next;
			break;
		case FDT_END_NODE:
			n = n ? n->parent : NULL;
			break;
		case FDT_END:
			return;
		default:
			break;
		}
	}
}

int of_tree_load(struct of_tree *t, void *blob, const struct of_tree *old)
{
	struct counts n;

	*t = (struct of_tree){ .blob = blob,
			       .next_handle =
				       old && old->nnodes ? old->next_handle : FIRST_HANDLE };
	if (fdt_check_header(blob) < 0)
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
