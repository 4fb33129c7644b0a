/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/body.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool wrong(struct body_fault *f, const char *code, const char *fmt, const char *what,
		  const char *more)
{
	f->code = code;
	snprintf(f->why, sizeof(f->why), fmt, what, more);
	return false;
}

static int field_of(const struct verb *v, const char *name)
{
	for (int i = 0; v->fields && v->fields[i].name; i++)
		if (strcmp(v->fields[i].name, name) == 0)
			return i;
	return -1;
}

static bool unknown(const struct verb *v, const char *name, struct body_fault *f)
{
	char word[40];

	snprintf(word, sizeof(word), "%.36s", name);
	if (!v->fields)
		return wrong(f, "unknown-field", "%s: %s: the verb takes no field: leave it out",
			     v->path, word);
	return wrong(f, "unknown-field", "%s: %s: no such field: see the description of the API",
		     v->path, word);
}

static void give(struct verb_args *args, int i, uint64_t value)
{
	args->value[i] = value;
	args->given |= 1u << i;
}

static bool take_level(const struct verb *v, int i, const char *word, struct verb_args *args,
		       struct body_fault *f)
{
	int level = word ? verb_level(word) : -1;

	if (level < 0)
		return wrong(f, "bad-value", "%s: %s: take error, warn, info or debug", v->path,
			     v->fields[i].name);
	give(args, i, (uint64_t)level);
	return true;
}

static bool take_json(const struct http_lib *lib, const struct verb *v, int i, const json_t *value,
		      struct verb_args *args, struct body_fault *f)
{
	if (v->fields[i].type == VERB_LEVEL)
		return take_level(v, i, lib->json_string_value(value), args, f);
	if (v->fields[i].type == VERB_BOOL) {
		if (!json_is_boolean(value))
			return wrong(f, "bad-value", "%s: %s: take true or false", v->path,
				     v->fields[i].name);
		give(args, i, json_is_true(value));
		return true;
	}
	if (!json_is_integer(value) || lib->json_integer_value(value) < 0)
		return wrong(f, "bad-value", "%s: %s: take an integer from 0 on", v->path,
			     v->fields[i].name);
	give(args, i, (uint64_t)lib->json_integer_value(value));
	return true;
}

static bool take_all(const struct http_lib *lib, const struct verb *v, json_t *root,
		     struct verb_args *args, struct body_fault *f)
{
	if (!json_is_object(root))
		return wrong(f, "bad-json", "%s: the body is no object%s", v->path, "");
	for (void *at = lib->json_object_iter(root); at;
	     at = lib->json_object_iter_next(root, at)) {
		const char *name = lib->json_object_iter_key(at);
		int i = field_of(v, name);

		if (i < 0)
			return unknown(v, name, f);
		if (!take_json(lib, v, i, lib->json_object_iter_value(at), args, f))
			return false;
	}
	return true;
}

static bool is_blank(const char *text, size_t len)
{
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) && text[len - 1])
		len--;
	return len == 0;
}

bool body_read(const struct http_lib *lib, const struct verb *v, const char *text, size_t len,
	       struct verb_args *args, struct body_fault *f)
{
	json_error_t error;
	json_t *root;
	bool good = true;

	if (v->id == VERB_LATER || is_blank(text, len)) {
		for (int i = 0; v->fields && v->fields[i].name; i++)
			if (v->fields[i].required)
				return wrong(f, "missing-field", "%s: %s: the body must have it",
					     v->path, v->fields[i].name);
		return true;
	}
	root = lib->json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!root) {
		char where[100];

		snprintf(where, sizeof(where), "line %d, column %d: %.60s", error.line,
			 error.column, error.text);
		return wrong(f, "bad-json", "%s: the body is no JSON: %s", v->path, where);
	}
	good = take_all(lib, v, root, args, f);
	for (int i = 0; good && v->fields && v->fields[i].name; i++)
		if (v->fields[i].required && !(args->given & 1u << i))
			good = wrong(f, "missing-field", "%s: %s: the body must have it", v->path,
				     v->fields[i].name);
	if (--root->refcount == 0) /* its header would link with the library */
		lib->json_delete(root);
	return good;
}

bool body_read_query(const struct verb *v, const char *name, const char *value,
		     struct verb_args *args, struct body_fault *f)
{
	int i = v->put ? -1 : field_of(v, name);
	char *end;

	if (i < 0)
		return unknown(v, name, f);
	if (args->given & 1u << i)
		return wrong(f, "bad-value", "%s: %s: say it once", v->path, v->fields[i].name);
	if (v->fields[i].type == VERB_LEVEL)
		return take_level(v, i, value, args, f);
	errno = 0;
	if (value && *value >= '0' && *value <= '9') {
		give(args, i, strtoull(value, &end, 10));
		if (!*end && errno == 0)
			return true;
	}
	return wrong(f, "bad-value", "%s: %s: take an integer from 0 on", v->path,
		     v->fields[i].name);
}
