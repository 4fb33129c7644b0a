/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration as JSON, by the key tables. */
#include "vmm/machine/api.h"

static void put_size(struct jtext *to, const struct conf_key *key, uint64_t bytes)
{
	for (const struct conf_word *w = key->words; w && w->name; w++)
		if (w->value == bytes) {
			jtext_string(to, key->name, w->name);
			return;
		}
	jtext_number(to, key->name, bytes);
}

static void put_list(struct jtext *to, const char *name, char *const *list, size_t n)
{
	jtext_array(to, name);
	for (size_t i = 0; i < n; i++)
		jtext_string(to, NULL, list[i]);
	jtext_end(to);
}

static const void *at(const void *object, size_t offset)
{
	return (const char *)object + offset;
}

static void put_key(struct jtext *to, const struct conf_key *key, const void *object)
{
	const void *field = at(object, key->offset);

	switch (key->type) {
	case CONF_BOOL:
		jtext_bool(to, key->name, *(const bool *)field);
		break;
	case CONF_UINT:
		jtext_number(to, key->name, *(const uint64_t *)field);
		break;
	case CONF_SIZE:
		put_size(to, key, *(const uint64_t *)field);
		break;
	case CONF_ENUM:
		jtext_string(to, key->name, key->choices[*(const int *)field]);
		break;
	case CONF_STRING:
	case CONF_PATH:
		if (*(char *const *)field)
			jtext_string(to, key->name, *(char *const *)field);
		break;
	case CONF_LIST:
		put_list(to, key->name, *(char **const *)field,
			 *(const size_t *)at(object, key->count_offset));
		break;
	}
}

static void put_table(struct jtext *to, const char *name, const struct conf_section *s,
		      const void *object)
{
	jtext_object(to, name);
	for (const struct conf_key *key = s->keys; key->name; key++)
		put_key(to, key, object);
	jtext_end(to);
}

void api_config(const struct options *opt, struct jtext *to)
{
	jtext_object(to, "config");
	for (const struct conf_section *s = options_sections(); s->name; s++) {
		size_t n;
		const char *base = conf_elements(s, opt, &n);

		if (s->array && n)
			jtext_array(to, s->name);
		for (size_t i = 0; i < n; i++)
			put_table(to, s->array ? NULL : s->name, s, base + i * s->size);
		if (s->array && n)
			jtext_end(to);
	}
	jtext_end(to);
}
