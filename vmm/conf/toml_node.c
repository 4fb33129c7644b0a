/* SPDX-License-Identifier: BSD-2-Clause */
/* The tree of a document: made, walked, edited and freed. toml.cpp builds it. */
#include "vmm/conf/toml.h"

#include <stdlib.h>
#include <string.h>

struct toml_node *toml_new(enum toml_type type, const char *key)
{
	struct toml_node *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->type = type;
	n->key = key ? strdup(key) : NULL;
	if (key && !n->key) {
		free(n);
		return NULL;
	}
	return n;
}

void toml_append(struct toml_node *parent, struct toml_node *child)
{
	child->next = NULL;
	if (parent->last)
		parent->last->next = child;
	else
		parent->child = child;
	parent->last = child;
}

void toml_replace(struct toml_node *parent, struct toml_node *old, struct toml_node *child)
{
	struct toml_node **link = &parent->child;

	while (*link != old)
		link = &(*link)->next;
	child->next = old->next;
	*link = child;
	if (parent->last == old)
		parent->last = child;
	toml_free(old);
}

void toml_remove(struct toml_node *parent, struct toml_node *child)
{
	struct toml_node **link = &parent->child, *before = NULL;

	while (*link != child) {
		before = *link;
		link = &before->next;
	}
	*link = child->next;
	if (parent->last == child)
		parent->last = before;
	toml_free(child);
}

/* NOLINTNEXTLINE(misc-no-recursion): toml_parse() has bounded the depth */
void toml_free(struct toml_node *node)
{
	struct toml_node *child, *next;

	if (!node)
		return;
	for (child = node->child; child; child = next) {
		next = child->next;
		toml_free(child);
	}
	free(node->key);
	free(node->string);
	free(node);
}

struct toml_node *toml_child(const struct toml_node *table, const char *key)
{
	struct toml_node *n;

	if (!table || table->type != TOML_TABLE)
		return NULL;
	for (n = table->child; n; n = n->next)
		if (strcmp(n->key, key) == 0)
			return n;
	return NULL;
}

struct toml_node *toml_element(const struct toml_node *array, size_t index)
{
	struct toml_node *n;

	if (!array || array->type != TOML_ARRAY)
		return NULL;
	for (n = array->child; n && index; n = n->next)
		index--;
	return n;
}

size_t toml_length(const struct toml_node *array)
{
	size_t count = 0;

	if (!array || array->type != TOML_ARRAY)
		return 0;
	for (const struct toml_node *n = array->child; n; n = n->next)
		count++;
	return count;
}

const char *toml_type_name(enum toml_type type)
{
	static const char *const names[] = {
		[TOML_TABLE] = "a table",       [TOML_ARRAY] = "an array",
		[TOML_STRING] = "a string",     [TOML_INT] = "an integer",
		[TOML_FLOAT] = "a float",       [TOML_BOOL] = "a boolean",
		[TOML_DATE] = "a date or time",
	};

	return names[type];
}
