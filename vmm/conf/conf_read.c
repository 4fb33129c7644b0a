/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the document to the struct: sections, tables and keys; unknown, misspelled and missing ones
 * are noted.
 */
#include "vmm/base/suggest.h"
#include "vmm/conf/conf_private.h"

#include <stdlib.h>
#include <string.h>

static const struct conf_key *find_key(const struct conf_key *keys, const char *name)
{
	for (; keys->name; keys++)
		if (strcmp(keys->name, name) == 0)
			return keys;
	return NULL;
}

static const struct conf_section *find_section(const struct conf_section *s, const char *name)
{
	for (; s->name; s++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

static const char *suggest_key(const struct conf_key *keys, const char *name)
{
	struct suggest s = { .word = name };

	for (; keys->name; keys++)
		suggest_offer(&s, keys->name);
	return s.best;
}

static const char *suggest_section(const struct conf_section *sections, const char *name)
{
	struct suggest s = { .word = name };

	for (; sections->name; sections++)
		suggest_offer(&s, sections->name);
	return s.best;
}

/* The first section that has a key of this name. */
static const struct conf_section *home_of(const struct conf_section *sections, const char *key)
{
	for (; sections->name; sections++)
		if (find_key(sections->keys, key))
			return sections;
	return NULL;
}

/* What every step of a walk needs. */
struct reading {
	struct conf *conf;
	const struct conf_section *sections;
};

static void unknown_key(const struct reading *r, const struct conf_section *section,
			const struct toml_node *node, const char *prefix)
{
	const struct conf_section *home = home_of(r->sections, node->key);
	const char *near = suggest_key(section->keys, node->key);

	if (home)
		conf_error(r->conf, conf_at_key(node),
			   "%s.%.60s: unknown key here, it belongs in %s%s%s", prefix, node->key,
			   home->array ? "[[" : "[", home->name, home->array ? "]]" : "]");
	else if (near)
		conf_error(r->conf, conf_at_key(node),
			   "%s.%.60s: unknown key, did you mean \"%s\"?", prefix, node->key, near);
	else
		conf_error(r->conf, conf_at_key(node), "%s.%.60s: unknown key", prefix, node->key);
}

static void unknown_section(const struct reading *r, const struct toml_node *node)
{
	const struct conf_section *home = home_of(r->sections, node->key);
	const char *near = suggest_section(r->sections, node->key);
	const char *what = node->type == TOML_TABLE || node->type == TOML_ARRAY ? "section" : "key";

	if (home)
		conf_error(r->conf, conf_at_key(node), "%.60s: unknown %s, it belongs in %s%s%s",
			   node->key, what, home->array ? "[[" : "[", home->name,
			   home->array ? "]]" : "]");
	else if (near)
		conf_error(r->conf, conf_at_key(node), "%.60s: unknown %s, did you mean \"%s\"?",
			   node->key, what, near);
	else
		conf_error(r->conf, conf_at_key(node), "%.60s: unknown %s", node->key, what);
}

/* Is there an unknown key, noted already, that looks like @key? Then a missing @key is no news. */
static bool was_misspelled(const struct conf_section *section, const struct toml_node *table,
			   const char *key)
{
	for (const struct toml_node *n = table ? table->child : NULL; n; n = n->next) {
		const char *near;

		if (find_key(section->keys, n->key))
			continue;
		near = suggest_key(section->keys, n->key);
		if (near && strcmp(near, key) == 0)
			return true;
	}
	return false;
}

static bool section_was_misspelled(const struct reading *r, const char *name)
{
	for (const struct toml_node *n = r->conf->root->child; n; n = n->next) {
		const char *near;

		if (find_section(r->sections, n->key))
			continue;
		near = suggest_section(r->sections, n->key);
		if (near && strcmp(near, name) == 0)
			return true;
	}
	return false;
}

static void required_key(const struct reading *r, const struct conf_section *section,
			 const struct conf_key *key, const struct toml_node *table,
			 const char *path)
{
	const char *other = key->or_section, *why = NULL;
	char instead[CONF_PATH_LEN] = "";

	if (was_misspelled(section, table, key->name) ||
	    (!table && section_was_misspelled(r, section->name)))
		return;
	if (other && toml_length(toml_child(r->conf->root, other)) > 0)
		return;
	if (key->or_key && table && toml_child(table, key->or_key))
		return;
	if (other)
		snprintf(instead, sizeof(instead), ", and there is no [[%s]]", other);
	if (key->not_section && toml_length(toml_child(r->conf->root, key->not_section)) > 0)
		why = key->not_why;
	conf_error(r->conf, conf_at_key(table), "%s: required key is missing from %s%s%s%s%s%s",
		   path, section->array ? "[[" : "[", section->name, section->array ? "]]" : "]",
		   instead, why ? ": " : "", why ? why : "");
}

static void absent_key(const struct reading *r, const struct conf_section *section,
		       const struct conf_key *key, const struct toml_node *table,
		       const char *prefix, void *object)
{
	char path[CONF_PATH_LEN];

	snprintf(path, sizeof(path), "%s.%s", prefix, key->name);
	if (key->def)
		conf_value_default(r->conf, key, path, object);
	else if (key->required)
		required_key(r, section, key, table, path);
}

/* --set KEY= of a path that need not be there: as if the file did not have it. */
static void drop_unset(const struct conf_section *section, struct toml_node *table)
{
	for (const struct conf_key *key = section->keys; key->name; key++) {
		struct toml_node *n = toml_child(table, key->name);

		if (n && n->set && n->type == TOML_STRING && !*n->string &&
		    key->type == CONF_PATH && (!key->required || key->or_section))
			toml_remove(table, n);
	}
}

/* @table: NULL when the file has no such section, and everything is at its default. */
static void read_table(const struct reading *r, const struct conf_section *section,
		       struct toml_node *table, const char *prefix, void *object)
{
	const struct conf_key *key;
	char path[CONF_PATH_LEN];

	drop_unset(section, table);
	for (const struct toml_node *n = table ? table->child : NULL; n; n = n->next) {
		key = find_key(section->keys, n->key);
		if (!key) {
			unknown_key(r, section, n, prefix);
			continue;
		}
		snprintf(path, sizeof(path), "%s.%s", prefix, key->name);
		conf_value_read(r->conf, key, n, path, object);
	}
	for (key = section->keys; key->name; key++)
		if (!toml_child(table, key->name))
			absent_key(r, section, key, table, prefix, object);
}

/* Room for @n elements, which the object owns from here on; NULL: none, or no memory for them. */
static char *add_elements(const struct reading *r, const struct conf_section *section, size_t n,
			  void *object)
{
	char *elements = n ? calloc(n, section->size) : NULL;

	if (!elements) {
		r->conf->no_memory |= n > 0;
		return NULL;
	}
	*(char **)conf_field(object, section->offset) = elements;
	*(size_t *)conf_field(object, section->count_offset) = n;
	return elements;
}

static void read_array(const struct reading *r, const struct conf_section *section,
		       const struct toml_node *array, void *object)
{
	char *elements = add_elements(r, section, toml_length(array), object);
	size_t index = 0;
	char prefix[CONF_PATH_LEN];

	if (!elements)
		return;
	for (struct toml_node *e = array->child; e; e = e->next, index++) {
		snprintf(prefix, sizeof(prefix), "%s.%zu", section->name, index);
		if (e->type == TOML_TABLE)
			read_table(r, section, e, prefix, elements + index * section->size);
		else
			conf_error(r->conf, conf_at_value(e), "%s: expected a table, got %s",
				   prefix, toml_type_name(e->type));
	}
}

static void read_section(const struct reading *r, const struct conf_section *section, void *object)
{
	struct toml_node *node = toml_child(r->conf->root, section->name);

	if ((section->array || section->optional) && !node)
		return;
	if (section->optional && node->type == TOML_TABLE)
		object = add_elements(r, section, 1, object);
	if (!object)
		return;
	if (section->array && node->type == TOML_ARRAY)
		read_array(r, section, node, object);
	else if (section->array)
		conf_error(r->conf, conf_at_key(node),
			   node->set ? "%s: there may be several: write %s.0.KEY=VALUE"
				     : "%s: expected an array of tables: write [[%s]]",
			   section->name, section->name);
	else if (!node || node->type == TOML_TABLE)
		read_table(r, section, node, section->name,
			   section->optional ? object : conf_field(object, section->offset));
	else
		conf_error(r->conf, conf_at_key(node), "%s: expected one table: write [%s]",
			   section->name, section->name);
}

void conf_read(struct conf *c, const struct conf_section *sections, void *object)
{
	struct reading r = { .conf = c, .sections = sections };

	for (const struct toml_node *n = c->root->child; n; n = n->next)
		if (!find_section(sections, n->key))
			unknown_section(&r, n);
	for (; sections->name; sections++)
		read_section(&r, sections, object);
}
