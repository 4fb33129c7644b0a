/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers: the metrics as {thing: {name: integer}}. A sample's thing is made of its labels: vcpu="3" is
 * "vcpu3", device="disk0" is "disk0", liobn="0x80000001" is "window-0x80000001", name="H_RTAS" is a name of
 * "hcall". What has no label is of "vmm". Seconds become integers, "_us".
 */
#include "vmm/machine/api.h"

#include "vmm/base/text.h"
#include "vmm/machine/watch.h"

#include <stdlib.h>
#include <string.h>

#define MAX_COUNTS 2048u

struct count {
	char id[32], name[48];
	uint64_t value;
	bool put;
};

struct counts {
	struct count *c;
	uint32_t n;
};

/* The length without @end, where the name of @len bytes ends so. */
static size_t less(const char *name, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len > n && memcmp(name + len - n, end, n) == 0 ? len - n : len;
}

static void id_is(struct count *c, const char *kind, const char *value, size_t len)
{
	struct text id = { .buf = c->id, .size = sizeof(c->id) };

	text_put(&id, kind);
	text_put_bytes(&id, value, len);
}

static void name_is(struct count *c, const char *name, size_t len)
{
	text_put_bytes(&(struct text){ .buf = c->name, .size = sizeof(c->name) }, name, len);
}

static void name_goes_on(struct count *c, const char *word, size_t len)
{
	struct text name = { .buf = c->name, .size = sizeof(c->name), .len = strlen(c->name) };

	text_put(&name, "_");
	text_put_bytes(&name, word, len);
}

/* What the thing says already, and "_total", is left out: a vCPU has "exits". */
static void name_of(struct count *c, const struct metric *row)
{
	static const char *const fronts[] = { "vcpu_", "disk_", "net_", "virtio_", "dma_window_" };
	const char *name = row->name;
	size_t len, whole;

	for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
		if (strncmp(name, fronts[i], strlen(fronts[i])) == 0)
			name += strlen(fronts[i]);
	len = less(name, strlen(name), "_total");
	whole = less(name, len, "_seconds");
	name_is(c, name, whole);
	if (whole < len)
		name_goes_on(c, "us", 2);
}

static bool is(const char *key, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(key, word, len) == 0;
}

static void take_label(struct count *c, const struct metric *row, const char *key, size_t key_len,
		       const char *value, size_t len)
{
	if (is(key, key_len, "vcpu")) {
		id_is(c, "vcpu", value, len);
	} else if (is(key, key_len, "device")) {
		id_is(c, "", value, len);
	} else if (is(key, key_len, "liobn")) {
		id_is(c, "window-", value, len);
	} else if (is(key, key_len, "group")) {
		id_is(c, "group", value, len);
	} else if (is(key, key_len, "name")) {
		id_is(c, row->name[0] == 'r' ? "rtas" : "hcall", "", 0);
		name_is(c, value, len);
	} else {
		name_goes_on(c, value, len);
	}
}

static void see(void *ctx, const struct metric *row, const char *labels, uint64_t value)
{
	struct counts *all = ctx;
	struct count *c;

	if (all->n == MAX_COUNTS || strncmp(row->name, "build_", 6) == 0)
		return;
	c = &all->c[all->n++];
	*c = (struct count){ .id = "vmm", .value = value };
	name_of(c, row);
	while (*labels) {
		size_t key = strcspn(labels, "="), len = strcspn(labels + key + 2, "\"");

		take_label(c, row, labels, key, labels + key + 2, len);
		labels += key + 2 + len;
		labels += strspn(labels, "\",");
	}
}

/* All of one thing stand together. */
static void put_thing(struct counts *all, uint32_t first, struct jtext *to)
{
	jtext_object(to, all->c[first].id);
	for (uint32_t i = first; i < all->n; i++) {
		struct count *c = &all->c[i];

		if (c->put || strcmp(c->id, all->c[first].id) != 0)
			continue;
		jtext_number(to, c->name, c->value);
		c->put = true;
	}
	jtext_end(to);
}

void api_counters(const struct api *a, struct jtext *to)
{
	struct counts all = { .c = calloc(MAX_COUNTS, sizeof(struct count)) };

	jtext_object(to, NULL);
	if (all.c)
		metrics_walk(&a->from.watch->metrics, see, &all);
	for (uint32_t i = 0; i < all.n; i++)
		if (!all.c[i].put)
			put_thing(&all, i, to);
	jtext_end(to);
	free(all.c);
}
