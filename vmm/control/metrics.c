/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/metrics.h"

#include "vmm/base/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LABELS_MAX 160u
#define NS 1000000000ULL

struct metric_out {
	struct text text;
	const struct metric *row;
	bool has_head;             /* HELP and TYPE stand before the first sample */
	metrics_sample_fn *sample; /* in place of the text; NULL: the text */
	void *ctx;
};

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && strcmp(s + n - k, end) == 0;
}

static void put_name(struct metric_out *o)
{
	const char *name = o->row->name;

	if (strncmp(name, "process_", 8) != 0)
		text_put(&o->text, "spapr_");
	text_put(&o->text, name);
}

static void put_head(struct metric_out *o)
{
	if (o->has_head)
		return;
	o->has_head = true;
	text_put(&o->text, "# HELP ");
	put_name(o);
	text_add(&o->text, " %s\n# TYPE ", o->row->help);
	put_name(o);
	text_put(&o->text, ends_with(o->row->name, "_total") ? " counter\n" : " gauge\n");
}

static void put_front(struct metric_out *o, const char *labels)
{
	put_head(o);
	put_name(o);
	if (labels[0]) {
		text_put(&o->text, "{");
		text_put(&o->text, labels);
		text_put(&o->text, "}");
	}
	text_put(&o->text, " ");
}

void metric_put(struct metric_out *out, uint64_t value, const char *labels, ...)
{
	char text[LABELS_MAX];
	va_list ap;

	va_start(ap, labels);
	vsnprintf(text, sizeof(text), labels, ap);
	va_end(ap);
	if (out->sample) {
		out->sample(out->ctx, out->row, text, value);
		return;
	}
	put_front(out, text);
	text_put_number(&out->text, value);
	text_put(&out->text, "\n");
}

void metric_put_ns(struct metric_out *out, uint64_t ns, const char *labels, ...)
{
	char text[LABELS_MAX];
	va_list ap;

	va_start(ap, labels);
	vsnprintf(text, sizeof(text), labels, ap);
	va_end(ap);
	if (out->sample) {
		out->sample(out->ctx, out->row, text, ns / 1000);
		return;
	}
	put_front(out, text);
	text_add(&out->text, "%llu.%06llu\n", (unsigned long long)(ns / NS),
		 (unsigned long long)(ns % NS / 1000));
}

void metrics_add(struct metrics *m, const struct metric *rows, const void *obj)
{
	assert(m->n < METRICS_MAX_TABLES);
	m->tables[m->n].rows = rows;
	m->tables[m->n++].obj = obj;
}

static void walk(const struct metrics *m, struct metric_out *out)
{
	for (uint32_t i = 0; i < m->n; i++)
		for (out->row = m->tables[i].rows; out->row->name; out->row++) {
			out->has_head = false;
			out->row->fn(out->row, m->tables[i].obj, out);
		}
}

size_t metrics_render(const struct metrics *m, char *buf, size_t size)
{
	struct metric_out out = { .text = { .buf = buf, .size = size } };

	walk(m, &out);
	return out.text.len;
}

void metrics_walk(const struct metrics *m, metrics_sample_fn *fn, void *ctx)
{
	struct metric_out out = { .sample = fn, .ctx = ctx };

	walk(m, &out);
}
