/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONF_TOML_H
#define VMM_CONF_TOML_H

/*
 * A TOML document as a tree of plain C nodes. toml.cpp builds the tree with toml++, and is the only
 * file that knows that library; toml_node.c walks, edits and frees the tree. Besides conf*.c only a
 * device's own check of its keys looks at nodes.
 *
 * Every node remembers where its key and its value begin, so that a message can name the place.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum toml_type {
	TOML_TABLE,
	TOML_ARRAY,
	TOML_STRING,
	TOML_INT,
	TOML_FLOAT, /* its number is not kept: no key of ours takes one */
	TOML_BOOL,
	TOML_DATE, /* date, time or both; not kept either */
};

struct toml_node {
	enum toml_type type;
	unsigned int line, column;         /* of the value, from 1; columns count characters */
	unsigned int key_line, key_column; /* of the key; 0 in an array */
	char *key;                         /* owned; NULL in an array and for the root */
	char *string;                      /* owned; TOML_STRING: UTF-8 without a NUL inside */
	int64_t integer;
	bool boolean;
	struct toml_node *child; /* owned; an array keeps its order, a table is in no order */
	struct toml_node *last;  /* the last child */
	struct toml_node *next;
	const char *set; /* borrowed; "KEY=VALUE" that put the node here, NULL: the file did */
	const char *raw; /* borrowed; VALUE as typed, on the one node that KEY names */
};

struct toml_error {
	unsigned int line, column;
	char text[256];
};

/**
 * toml_parse - read a document
 * @root: out, a TOML_TABLE for the caller to toml_free(); NULL on failure
 * @err:  out, filled when the text is at fault
 * Return 0; -EINVAL not TOML (not UTF-8, a NUL in a string or key, ...); -ENOMEM.
 */
int toml_parse(struct toml_node **root, const char *text, size_t len, struct toml_error *err);

/* @key is copied; NULL for an element or a root. NULL when there is no memory. */
struct toml_node *toml_new(enum toml_type type, const char *key);

/* @child becomes the last one of @parent, which owns it from now on. */
void toml_append(struct toml_node *parent, struct toml_node *child);

/* @old, a child of @parent, is freed, and @child takes its place. */
void toml_replace(struct toml_node *parent, struct toml_node *old, struct toml_node *child);

/* @child of @parent is freed. */
void toml_remove(struct toml_node *parent, struct toml_node *child);

/* NULL is fine. */
void toml_free(struct toml_node *node);

/* NULL: @table has no such key, is NULL, or is no table. */
struct toml_node *toml_child(const struct toml_node *table, const char *key);

/* NULL: @array is shorter, is NULL, or is no array. */
struct toml_node *toml_element(const struct toml_node *array, size_t index);
size_t toml_length(const struct toml_node *array);

/* "a string", "an integer", ... for messages */
const char *toml_type_name(enum toml_type type);

#ifdef __cplusplus
}
#endif

#endif
