/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers: the metrics as {thing: {name: integer}}. A sample's thing is made of its labels: vcpu="3" is
 * "vcpu3", device="disk0" is "disk0", liobn="0x80000001" is "window-0x80000001", name="H_RTAS" is a name of
 * "hcall". What has no label is of "vmm". Seconds become integers, "_us".
 */
#include "vmm/machine/api.h"
#include "vmm/machine/watch.h"

#include <stdio.h>
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
	snprintf(c->name, sizeof(c->name), "%.*s%s", (int)whole, name, whole < len ? "_us" : "");
}

static void add(struct count *c, const char *value, size_t len)
{
	size_t n = strlen(c->name);

	snprintf(c->name + n, sizeof(c->name) - n, "_%.*s", (int)len, value);
}

static bool is(const char *key, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(key, word, len) == 0;
}

static void take_label(struct count *c, const struct metric *row, const char *key, size_t key_len,
		       const char *value, int len)
{
	if (is(key, key_len, "vcpu")) {
		snprintf(c->id, sizeof(c->id), "vcpu%.*s", len, value);
	} else if (is(key, key_len, "device")) {
		snprintf(c->id, sizeof(c->id), "%.*s", len, value);
	} else if (is(key, key_len, "liobn")) {
		snprintf(c->id, sizeof(c->id), "window-%.*s", len, value);
	} else if (is(key, key_len, "group")) {
		snprintf(c->id, sizeof(c->id), "group%.*s", len, value);
	} else if (is(key, key_len, "name")) {
		snprintf(c->id, sizeof(c->id), "%s", row->name[0] == 'r' ? "rtas" : "hcall");
		snprintf(c->name, sizeof(c->name), "%.*s", len, value);
	} else {
		add(c, value, (size_t)len);
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

		take_label(c, row, labels, key, labels + key + 2, (int)len);
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
