/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A filled struct as TOML, by the key tables; and what conf_read() allocated in the struct, freed
 * by them.
 */
#include "vmm/conf/conf_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void conf_print_string(FILE *out, const char *s)
{
	fputc('"', out);
	for (; *s; s++) {
		unsigned char ch = (unsigned char)*s;

		if (ch == '"' || ch == '\\')
			fprintf(out, "\\%c", ch);
		else if (ch < 0x20 || ch == 0x7f)
			fprintf(out, "\\u%04X", ch);
		else
			fputc(ch, out);
	}
	fputc('"', out);
}

/* "8" is 8, and "8,9" is [8, 9]. */
static void print_numbers(FILE *out, const char *s)
{
	bool several = strchr(s, ',');

	if (several)
		fputc('[', out);
	for (; *s; s++)
		fprintf(out, *s == ',' ? "%c " : "%c", *s);
	if (several)
		fputc(']', out);
}

static void print_list(FILE *out, const struct conf_key *key, char *const *list, size_t n)
{
	fputc('[', out);
	for (size_t i = 0; i < n; i++) {
		if (i)
			fputs(", ", out);
		if (key->numbers)
			print_numbers(out, list[i]);
		else
			conf_print_string(out, list[i]);
	}
	fputc(']', out);
}

static void print_size(FILE *out, const struct conf_key *key, uint64_t bytes)
{
	for (const struct conf_word *w = key->words; w && w->name; w++) {
		if (w->value == bytes) {
			fprintf(out, "\"%s\"", w->name);
			return;
		}
	}
	fprintf(out, "\"%s\"", conf_size_text(bytes).text);
}

static void print_key(FILE *out, const struct conf_key *key, const void *object)
{
	const void *field = conf_field(object, key->offset);

	if ((key->type == CONF_STRING || key->type == CONF_PATH) && !*(char *const *)field)
		return;
	fprintf(out, "%s = ", key->name);
	switch (key->type) {
	case CONF_BOOL:
		fputs(*(const bool *)field ? "true" : "false", out);
		break;
	case CONF_UINT:
		fprintf(out, "%" PRIu64, *(const uint64_t *)field);
		break;
	case CONF_SIZE:
		print_size(out, key, *(const uint64_t *)field);
		break;
	case CONF_ENUM:
		fprintf(out, "\"%s\"", key->choices[*(const int *)field]);
		break;
	case CONF_STRING:
	case CONF_PATH:
		conf_print_string(out, *(char *const *)field);
		break;
	case CONF_LIST:
		print_list(out, key, *(char **const *)field,
			   *(const size_t *)conf_field(object, key->count_offset));
		break;
	}
	fputc('\n', out);
}

static void print_table(FILE *out, const struct conf_section *s, const void *object, bool first)
{
	fprintf(out, "%s%s%s%s\n", first ? "" : "\n", s->array ? "[[" : "[", s->name,
		s->array ? "]]" : "]");
	for (const struct conf_key *key = s->keys; key->name; key++)
		print_key(out, key, object);
}

static bool is_counted(const struct conf_section *s)
{
	return s->array || s->optional;
}

char *conf_elements(const struct conf_section *s, const void *object, size_t *n)
{
	*n = is_counted(s) ? *(const size_t *)conf_field(object, s->count_offset) : 1;
	return is_counted(s) ? *(char **)conf_field(object, s->offset)
			     : conf_field(object, s->offset);
}

void conf_print(const struct conf_section *sections, const void *object, FILE *out)
{
	for (const struct conf_section *s = sections; s->name; s++) {
		size_t n;
		const char *base = conf_elements(s, object, &n);

		for (size_t i = 0; i < n; i++)
			print_table(out, s, base + i * s->size, s == sections);
	}
}

static void release_key(const struct conf_key *key, void *object)
{
	char **field = conf_field(object, key->offset), **list;

	if (key->type == CONF_STRING || key->type == CONF_PATH)
		free(*field);
	if (key->type != CONF_LIST)
		return;
	list = *(char ***)conf_field(object, key->offset);
	for (size_t i = 0; i < *(size_t *)conf_field(object, key->count_offset); i++)
		free(list[i]);
	free(list);
}

void conf_release(const struct conf_section *sections, void *object)
{
	for (const struct conf_section *s = sections; s->name; s++) {
		size_t n;
		char *base = conf_elements(s, object, &n);

		for (size_t i = 0; i < n; i++)
			for (const struct conf_key *key = s->keys; key->name; key++)
				release_key(key, base + i * s->size);
		if (is_counted(s))
			free(base);
	}
}
