/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FIRMWARE_OF_TREE_H
#define FIRMWARE_OF_TREE_H

/*
 * The device tree as a client of Open Firmware walks it: nodes with handles, and properties that the
 * client may add and change. The tree is made of a flat one, which stays its memory; firmware's own nodes
 * and what the client sets are allocated beside that.
 *
 * A tree may be replaced under a running client. Nodes are the same if their paths are: they keep
 * their handles and what the client has set.
 *
 * of_tree.c nodes and properties;  of_load.c from a flat tree;  of_path.c paths
 */

#include "vmm/base/types.h"

#define OF_NAME_MAX 64               /* bytes of a property's name, the NUL included */
#define OF_PATH_MAX 256              /* of a path */
#define OF_TREE_CLIENT_MAX (1 * MiB) /* bytes that a client may set, all properties together */

enum of_from {
	OF_FROM_BLOB,
	OF_FROM_FIRMWARE,
	OF_FROM_CLIENT,
};

struct of_prop {
	struct of_prop *next;
	const char *name;
	const void *data; /* big-endian, as the client reads it */
	uint32_t len;
	enum of_from from; /* not of the blob: one allocation with name and data behind it */
};

struct of_node {
	const char *name; /* with its unit: "memory@0"; "" is the root */
	uint32_t handle;  /* not 0, below 2 GiB: clients compare signed numbers */
	struct of_node *parent, *child, *peer;
	struct of_prop *props; /* in the order in which nextprop tells them */
};

struct of_tree {
	void *blob; /* owned */
	struct of_node *nodes;
	struct of_prop *blob_props;
	uint32_t nnodes, room; /* used, allocated */
	uint32_t next_handle;
	uint64_t client_bytes; /* of OF_TREE_CLIENT_MAX */
};

/**
 * of_tree_load - nodes from a flat tree
 * @blob: malloc'd, made by spapr_fdt_build(), so without a fault; owned from here on, whatever the result
 * @old:  the tree that this one shall replace, for handles; NULL: none
 * Return 0, -EINVAL or -ENOMEM. of_tree_free() in every case.
 */
int of_tree_load(struct of_tree *t, void *blob, const struct of_tree *old);
void of_tree_free(struct of_tree *t);

/* The two of which the above is made: a node behind its parent's others, and the handle that it shall have. */
struct of_node *of_tree_append(struct of_tree *t, struct of_node *parent, const char *name);
uint32_t of_tree_handle(struct of_tree *t, const struct of_node *n, const struct of_tree *old);

/* What the client has set in @old, moved to where @t has the same nodes. */
void of_tree_inherit(struct of_tree *t, struct of_tree *old);

/*
 * By a path, which ends at its first ':'; it may begin with an alias, leave out units, and write them
 * in either case. NULL: no such node.
 */
struct of_node *of_tree_find(const struct of_tree *t, const char *path);
/* The alias at the beginning of @path replaced by what it stands for, the rest as it is. False: there is none. */
bool of_tree_expand(const struct of_tree *t, const char *path, char full[2 * OF_PATH_MAX]);
struct of_node *of_tree_node(const struct of_tree *t, uint32_t handle); /* NULL: none */

/* One more node below @parent, one of OF_OWN_NODES; @old as above. NULL: no room. */
struct of_node *of_tree_add(struct of_tree *t, struct of_node *parent, const char *name,
			    const struct of_tree *old);
#define OF_OWN_NODES 4

struct of_prop *of_node_prop(const struct of_node *n, const char *name); /* NULL: none */

/* @from is not the blob. @data is copied. 0; -ENOMEM; -ENOSPC the client has set enough. */
int of_node_set(struct of_tree *t, struct of_node *n, const char *name, const void *data,
		uint32_t len, enum of_from from);

/* The path of @n into @buf, cut to @size bytes with the NUL. Returns the whole path's length without it. */
size_t of_node_path(const struct of_node *n, char *buf, size_t size);

#endif
