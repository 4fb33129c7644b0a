/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --set KEY=VALUE: a node of the document is put in, or in place of another, as if the file had
 * said so.
 */
#include "vmm/conf/conf_private.h"

#include <stdlib.h>
#include <string.h>

/* One override on its way down the tree. */
struct override {
	struct conf *conf;
	const char *set; /* KEY=VALUE as given */
	const char *raw; /* its VALUE */
	char *path;      /* its KEY */
};

static void fail(struct override *o, const char *what)
{
	conf_error(o->conf, (struct conf_at){ .set = o->set }, "%s", what);
}

/* NOLINTNEXTLINE(misc-no-recursion): toml_parse() has bounded the depth */
static void mark(struct toml_node *n, const char *set)
{
	n->set = set;
	for (struct toml_node *child = n->child; child; child = child->next)
		mark(child, set);
}

/* "v = TEXT": the node of v. NULL if the text is no TOML, or brings a second key with it. */
static struct toml_node *parse_line(const char *line, size_t len)
{
	struct toml_node *root, *value = NULL;
	struct toml_error err;

	if (toml_parse(&root, line, len, &err) < 0)
		return NULL;
	if (root->child && root->child == root->last) {
		value = root->child;
		root->child = root->last = NULL;
	}
	toml_free(root);
	return value;
}

static struct toml_node *parse_as(const char *text, bool bare)
{
	struct toml_node *value;
	char *line = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&line, &len);

	if (!f)
		return NULL;
	fputs("v = ", f);
	if (bare)
		conf_print_string(f, text);
	else
		fputs(text, f);
	fputc('\n', f);
	value = fclose(f) == 0 ? parse_line(line, len) : NULL;
	free(line);
	return value;
}

/* NULL after a note. */
static struct toml_node *make_value(struct override *o, const char *key)
{
	struct toml_node *value = parse_as(o->raw, false);

	if (!value)
		value = parse_as(o->raw, true);
	if (!value) {
		fail(o, "the value is not valid UTF-8");
		return NULL;
	}
	free(value->key);
	value->key = key ? strdup(key) : NULL;
	if (key && !value->key) {
		o->conf->no_memory = true;
		toml_free(value);
		return NULL;
	}
	mark(value, o->set);
	value->raw = o->raw;
	return value;
}

/* Is the first part of a dotted path a number? Six digits are more than any array has. */
static bool is_index(const char *path)
{
	size_t len = strcspn(path, ".");

	return len >= 1 && len <= 6 && strspn(path, "0123456789") == len;
}

/*
 * The child of @node that @part names; *@child is NULL when it would be a new one. False after a
 * note: there can be no such child.
 */
static bool find_part(struct override *o, struct toml_node *node, const char *part,
		      struct toml_node **child)
{
	char text[160];
	size_t index;

	*child = NULL;
	if (node->type == TOML_TABLE) {
		*child = toml_child(node, part);
		return true;
	}
	if (node->type != TOML_ARRAY) {
		snprintf(text, sizeof(text), "nothing can be below %s", toml_type_name(node->type));
	} else if (!is_index(part)) {
		snprintf(text, sizeof(text), "\"%.40s\" is no index: write %.40s.0.%.40s", part,
			 node->key ? node->key : "", part);
	} else {
		index = strtoul(part, NULL, 10);
		*child = toml_element(node, index);
		if (*child || index == toml_length(node))
			return true;
		snprintf(text, sizeof(text), "the next new index is %zu", toml_length(node));
	}
	fail(o, text);
	return false;
}

/* A new table, or an array where an index follows. @rest: what the path goes on with. */
static struct toml_node *make_container(struct override *o, struct toml_node *node,
					const char *part, const char *rest)
{
	struct toml_node *n = toml_new(is_index(rest) ? TOML_ARRAY : TOML_TABLE,
				       node->type == TOML_TABLE ? part : NULL);

	if (!n) {
		o->conf->no_memory = true;
		return NULL;
	}
	n->set = o->set;
	toml_append(node, n);
	return n;
}

static void put_value(struct override *o, struct toml_node *node, const char *part)
{
	struct toml_node *old, *value;

	if (!find_part(o, node, part, &old))
		return;
	value = make_value(o, node->type == TOML_TABLE ? part : NULL);
	if (!value)
		return;
	if (old)
		toml_replace(node, old, value);
	else
		toml_append(node, value);
}

/* Walk o->path, which is cut at its dots on the way. */
static void apply(struct override *o)
{
	struct toml_node *node = o->conf->root, *child;
	char *part = o->path, *next;

	while ((next = strchr(part, '.'))) {
		*next++ = '\0';
		if (!find_part(o, node, part, &child))
			return;
		node = child ? child : make_container(o, node, part, next);
		if (!node)
			return;
		part = next;
	}
	put_value(o, node, part);
}

void conf_set(struct conf *c, const char *assignment)
{
	const char *equals = strchr(assignment, '=');
	struct override o = { .conf = c, .set = assignment };

	if (!equals || equals == assignment || assignment[0] == '.' || equals[-1] == '.' ||
	    (strstr(assignment, "..") && strstr(assignment, "..") < equals)) {
		fail(&o, "write KEY=VALUE, with KEY as a dotted path (machine.memory=4GiB)");
		return;
	}
	o.raw = equals + 1;
	o.path = strndup(assignment, (size_t)(equals - assignment));
	if (o.path)
		apply(&o);
	else
		c->no_memory = true;
	free(o.path);
}
