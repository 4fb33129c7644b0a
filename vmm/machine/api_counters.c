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

static void id_is(struct count *c, const char *kind, const struct metric_label *l)
{
	struct text id = { .buf = c->id, .size = sizeof(c->id) };

	text_put(&id, kind);
	if (l)
		metric_label_value(l, &id);
}

static void name_is(struct count *c, const char *name, size_t len)
{
	text_put_bytes(&(struct text){ .buf = c->name, .size = sizeof(c->name) }, name, len);
}

static void name_goes_on(struct count *c, const struct metric_label *l)
{
	struct text name = { .buf = c->name, .size = sizeof(c->name), .len = strlen(c->name) };

	text_put(&name, "_");
	metric_label_value(l, &name);
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
		name_goes_on(c, &(struct metric_label){ .text = "us" });
}

static void take_label(struct count *c, const struct metric *row, const struct metric_label *l)
{
	if (strcmp(l->key, "vcpu") == 0) {
		id_is(c, "vcpu", l);
	} else if (strcmp(l->key, "device") == 0) {
		id_is(c, "", l);
	} else if (strcmp(l->key, "liobn") == 0) {
		id_is(c, "window-", l);
	} else if (strcmp(l->key, "group") == 0) {
		id_is(c, "group", l);
	} else if (strcmp(l->key, "name") == 0) {
		id_is(c, row->name[0] == 'r' ? "rtas" : "hcall", NULL);
		name_is(c, l->text, strlen(l->text));
	} else {
		name_goes_on(c, l);
	}
}

static void see(struct counts *all, const struct metric_sample *s)
{
	struct count *c;

	if (all->n == MAX_COUNTS || strncmp(s->row->name, "build_", 6) == 0)
		return;
	c = &all->c[all->n++];
	*c = (struct count){ .id = "vmm", .value = s->is_time ? s->value / 1000 : s->value };
	name_of(c, s->row);
	for (uint32_t i = 0; i < METRIC_LABELS && s->labels[i].key; i++)
		take_label(c, s->row, &s->labels[i]);
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

void api_samples(const struct api *a, struct jtext *to, void (*put)(void *samples))
{
	struct api_samples s = { .to = to };

	(void)metrics_take(&a->from.watch->metrics, &s.samples); /* none where there is no memory */
	loop_unlocked(a->from.loop, put, &s);
	metric_samples_free(&s.samples);
}

static void put_counters(void *ctx)
{
	const struct api_samples *s = ctx;
	struct counts all = { .c = calloc(MAX_COUNTS, sizeof(struct count)) };

	jtext_object(s->to, NULL);
	for (size_t i = 0; all.c && i < s->samples.n; i++)
		see(&all, &s->samples.s[i]);
	for (uint32_t i = 0; i < all.n; i++)
		if (!all.c[i].put)
			put_thing(&all, i, s->to);
	jtext_end(s->to);
	free(all.c);
}

void api_counters(const struct api *a, struct jtext *to)
{
	api_samples(a, to, put_counters);
}
