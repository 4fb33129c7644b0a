/* SPDX-License-Identifier: BSD-2-Clause */
/* One value of the document into one field, by the type and the limits of its key. */
#include "vmm/base/suggest.h"
#include "vmm/conf/conf_private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int wrong_type(struct conf_value *v, const char *expected)
{
	return conf_why(v, "expected %s, got %s", expected, toml_type_name(v->node->type));
}

/*
 * The value as a string. After --set the shell took the quotes away, so what looks like a number or
 * a date may have been meant as a string.
 */
static const char *text_of(const struct toml_node *n)
{
	if (n->type == TOML_STRING)
		return n->string;
	return n->type == TOML_TABLE || n->type == TOML_ARRAY ? NULL : n->raw;
}

static int read_bool(struct conf_value *v, void *field)
{
	if (v->node->type != TOML_BOOL)
		return wrong_type(v, "true or false");
	*(bool *)field = v->node->boolean;
	return 0;
}

static int out_of_range(struct conf_value *v)
{
	const struct conf_key *key = v->key;

	if (key->type == CONF_SIZE)
		return conf_why(v, "out of range: %s to %s", conf_size_text(key->min).text,
				conf_size_text(key->max).text);
	return conf_why(v, "out of range: %" PRIu64 " to %" PRIu64, key->min, key->max);
}

static int check_number(struct conf_value *v, uint64_t n)
{
	const struct conf_key *key = v->key;

	if (key->max && (n < key->min || n > key->max))
		return out_of_range(v);
	if (key->multiple && n % key->multiple != 0)
		return conf_why(v, "not a multiple of %s", conf_size_text(key->multiple).text);
	if (key->power_of_2 && !is_power_of_2(n))
		return conf_why(v, "not a power of two");
	return 0;
}

static int read_integer(struct conf_value *v, uint64_t *field)
{
	int r;

	if (v->node->integer < 0)
		return v->key->max ? out_of_range(v) : conf_why(v, "must not be negative");
	r = check_number(v, (uint64_t)v->node->integer);
	if (r == 0)
		*field = (uint64_t)v->node->integer;
	return r;
}

static int read_uint(struct conf_value *v, void *field)
{
	if (v->node->type != TOML_INT)
		return wrong_type(v, "an integer");
	return read_integer(v, field);
}

/* "4Gib" is refused, since Gb and Gib may mean bits; the message says what was likely meant. */
static int not_a_size(struct conf_value *v, const char *text)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits + strspn(text + digits, " ");
	struct suggest s = { .word = text };

	for (const struct conf_word *w = v->key->words; w && w->name; w++)
		suggest_offer(&s, w->name);
	if (s.best)
		return conf_why(v, "\"%.60s\" is not a size, did you mean \"%s\"?", text, s.best);
	for (size_t i = 0; digits && digits < 20 && i < ARRAY_LEN(units); i++)
		if (strcasecmp(unit, units[i]) == 0 || strncasecmp(unit, units[i], 1) == 0)
			return conf_why(v, "\"%.60s\" is not a size, did you mean \"%.*s%s\"?",
					text, (int)digits, text, units[i]);
	return conf_why(v,
			"\"%.60s\" is not a size: write bytes, or a whole number with KiB, MiB, "
			"GiB or TiB",
			text);
}

static int read_size(struct conf_value *v, void *field)
{
	const char *text = v->node->type == TOML_STRING ? v->node->string : NULL;
	uint64_t n;
	int r;

	if (v->node->type == TOML_INT)
		return read_integer(v, field);
	if (!text)
		return wrong_type(v, "a size");
	for (const struct conf_word *w = v->key->words; w && w->name; w++) {
		if (strcmp(w->name, text) == 0) {
			*(uint64_t *)field = w->value;
			return 0;
		}
	}
	r = conf_size_parse(text, &n);
	if (r == -EINVAL)
		return not_a_size(v, text);
	if (r == -ERANGE)
		return v->key->max ? out_of_range(v) : conf_why(v, "more than 64 bits");
	r = check_number(v, n);
	if (r == 0)
		*(uint64_t *)field = n;
	return r;
}

static int read_enum(struct conf_value *v, void *field)
{
	const char *text = text_of(v->node);
	struct suggest s = { .word = text };
	char list[128] = "";

	for (int i = 0; v->key->choices[i]; i++) {
		if (text && strcmp(v->key->choices[i], text) == 0) {
			*(int *)field = i;
			return 0;
		}
		if (text)
			suggest_offer(&s, v->key->choices[i]);
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "",
			 v->key->choices[i]);
	}
	if (!text)
		return conf_why(v, "expected one of %s, got %s", list,
				toml_type_name(v->node->type));
	if (s.best)
		return conf_why(v, "\"%.60s\" is none of %s, did you mean \"%s\"?", text, list,
				s.best);
	return conf_why(v, "\"%.60s\" is none of %s", text, list);
}

/* v->text has come about with @r: 0, it is judged and becomes *@field's; an error, it is given back. */
static int give_text(struct conf_value *v, int r, char **field)
{
	if (r == 0 && v->key->check)
		r = v->key->check(v);
	if (r < 0)
		free(v->text);
	else
		*field = v->text;
	v->text = NULL;
	return r;
}

/* Copy, check, and give the string to *@field. */
static int take_text(struct conf_value *v, const char *text, char **field)
{
	v->text = v->key->type == CONF_PATH ? conf_resolve(v, text) : strdup(text);
	if (!v->text)
		return -ENOMEM;
	return give_text(v, 0, field);
}

static int read_string(struct conf_value *v, void *field)
{
	const char *text = text_of(v->node);

	if (!text)
		return wrong_type(v, "a string");
	if (v->key->type == CONF_PATH && !text[0])
		return conf_why(v, "the path is empty");
	if (v->key->max_len && strlen(text) > v->key->max_len)
		return conf_why(v, "%zu bytes long, %u fit", strlen(text), v->key->max_len);
	return take_text(v, text, field);
}

/* A message of what a reader found wrong. @path names the value, with its index if it has one. */
static void note(struct conf_value *v, struct conf *c, const char *path, int r)
{
	if (r == -ENOMEM)
		c->no_memory = true;
	else if (r < 0)
		conf_error(c, conf_at_value(v->node), "%s: %s", path, v->why);
}

static int not_a_list(struct conf_value *v)
{
	if (!v->key->form)
		return wrong_type(v, "an array of strings");
	if (v->key->numbers)
		return conf_why(v, "expected an array of numbers, got %s: write [%s, ...]: %s",
				toml_type_name(v->node->type), v->key->form, v->key->help);
	return conf_why(v, "expected an array of strings, got %s: write [%s]",
			toml_type_name(v->node->type), v->key->form);
}

/* One number behind those that *@text has. */
static int add_number(struct conf_value *v, const struct toml_node *n, char **text)
{
	char *more;

	if (n->type != TOML_INT)
		return conf_why(v, "expected an integer, got %s", toml_type_name(n->type));
	if (n->integer < (int64_t)v->key->min || n->integer > (int64_t)v->key->max)
		return out_of_range(v);
	if (asprintf(&more, "%s%s%" PRId64, *text ? *text : "", *text ? "," : "", n->integer) < 0)
		return -ENOMEM;
	free(*text);
	*text = more;
	return 0;
}

/* An integer, or an array of some. */
static int read_numbers(struct conf_value *v, char **field)
{
	const struct toml_node *n = v->node;
	int r;

	v->text = NULL;
	if (n->type != TOML_ARRAY)
		r = add_number(v, n, &v->text);
	else
		r = n->child ? 0 : conf_why(v, "no number in it");
	for (n = n->type == TOML_ARRAY ? n->child : NULL; n && r == 0; n = n->next)
		r = add_number(v, n, &v->text);
	return give_text(v, r, field);
}

/* Each string has a place and a message of its own, so a list notes what is wrong here. */
static void read_list(struct conf *c, const struct conf_key *key, const struct toml_node *node,
		      const char *path, void *object)
{
	struct conf_value v = { .conf = c, .key = key, .node = node };
	size_t n = toml_length(node), *count = conf_field(object, key->count_offset);
	char **list, item[CONF_PATH_LEN + 24];

	if (node->type != TOML_ARRAY) {
		note(&v, c, path, not_a_list(&v));
		return;
	}
	list = n ? calloc(n, sizeof(*list)) : NULL;
	if (n && !list) {
		c->no_memory = true;
		return;
	}
	*(char ***)conf_field(object, key->offset) = list;
	for (v.node = node->child; v.node; v.node = v.node->next) {
		size_t index = (size_t)(*count);

		snprintf(item, sizeof(item), "%s.%zu", path, index);
		note(&v, c, item,
		     key->numbers ? read_numbers(&v, &list[index]) : read_string(&v, &list[index]));
		(*count)++;
	}
}

void conf_value_read(struct conf *c, const struct conf_key *key, const struct toml_node *node,
		     const char *path, void *object)
{
	static int (*const readers[])(struct conf_value *v, void *field) = {
		[CONF_BOOL] = read_bool, [CONF_UINT] = read_uint,     [CONF_SIZE] = read_size,
		[CONF_ENUM] = read_enum, [CONF_STRING] = read_string, [CONF_PATH] = read_string,
	};
	struct conf_value v = { .conf = c, .key = key, .node = node };

	if (key->type == CONF_LIST)
		read_list(c, key, node, path, object);
	else
		note(&v, c, path, readers[key->type](&v, conf_field(object, key->offset)));
}

void conf_value_default(struct conf *c, const struct conf_key *key, const char *path, void *object)
{
	struct toml_node n = { .type = TOML_STRING, .string = (char *)(uintptr_t)key->def };

	if (key->type == CONF_BOOL) {
		n.type = TOML_BOOL;
		n.boolean = strcmp(key->def, "true") == 0;
	} else if (key->type == CONF_UINT) {
		n.type = TOML_INT;
		n.integer = strtoll(key->def, NULL, 10);
	}
	conf_value_read(c, key, &n, path, object);
}
