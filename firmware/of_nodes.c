/* SPDX-License-Identifier: BSD-2-Clause */
/* What firmware adds to the core's tree: its own nodes, and where a client finds its console and disk. */
#include "firmware/of_impl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct adder {
	struct of_tree *t;
	const struct of_tree *old;
	struct of_node *options;
	int err; /* the first one */
};

static void set(struct adder *a, struct of_node *n, const char *name, const void *data, size_t len)
{
	if (a->err == 0)
		a->err = n ? of_node_set(a->t, n, name, data, (uint32_t)len, OF_FROM_FIRMWARE)
			   : -EINVAL;
}

static void set_text(struct adder *a, struct of_node *n, const char *name, const char *text)
{
	set(a, n, name, text, strlen(text) + 1);
}

static void set_cell(struct adder *a, struct of_node *n, const char *name, uint32_t v)
{
	uint8_t cell[4];

	be32_store(cell, v);
	set(a, n, name, cell, sizeof(cell));
}

static struct of_node *add(struct adder *a, const char *name)
{
	struct of_node *n = of_tree_add(a->t, &a->t->nodes[0], name, a->old);

	if (!n && a->err == 0)
		a->err = -ENOSPC;
	return n;
}

/* GRUB looks for disks among the aliases before it walks the tree. */
static void add_disks(struct adder *a, const struct of *of, struct of_node *aliases)
{
	char name[24] = "disk";

	for (uint32_t i = 0; i < of->env.ndisks; i++) {
		const char *path = of->env.disks[i].path;

		if (i > 0)
			snprintf(name, sizeof(name), "disk%u", i);
		set_text(a, aliases, name, path);
		set_text(a, of_tree_find(a->t, path), "device_type", "block");
	}
}

static void add_chosen(struct adder *a, const struct of *of)
{
	struct of_node *chosen = of_tree_find(a->t, "/chosen");

	set_cell(a, chosen, "stdin", OF_STDIN);
	set_cell(a, chosen, "stdout", OF_STDOUT);
	set_cell(a, chosen, "memory", OF_MEMORY_INSTANCE);
	set_cell(a, chosen, "mmu", OF_MMU_INSTANCE);
	set_text(a, chosen, "bootpath", of->bootpath);
	if (of->has_bootargs)
		set_text(a, chosen, "bootargs", of->bootargs);
}

static void add_option(void *arg, const char *name, const char *value)
{
	struct adder *a = arg;

	set_text(a, a->options, name, value);
}

static void add_options(struct adder *a, const struct of *of)
{
	a->options = add(a, OF_OPTIONS + 1);
	if (of->env.options)
		of->env.options(of->env.ctx, add_option, a);
	/* Without it, and with /chosen's mmu, GRUB wants a method that maps its heap. */
	set_text(a, a->options, "real-mode?", "true");
}

int of_nodes_add(struct of *of, struct of_tree *t)
{
	struct adder a = { .t = t, .old = &of->tree };
	struct of_node *aliases = add(&a, "aliases");
	const struct of_prop *console;

	add_chosen(&a, of);
	console = a.err ? NULL : of_node_prop(of_tree_find(t, "/chosen"), "stdout-path");
	if (console)
		set(&a, aliases, "hvterm", console->data, console->len);
	add_disks(&a, of, aliases);
	add_options(&a, of);
	set(&a, of_tree_find(t, OF_MEMORY_PATH), "available", NULL, 0); /* of_props.c knows it */
	return a.err;
}
