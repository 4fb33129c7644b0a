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

static void put_name(struct metric_out *o, const char *what, const char *behind)
{
	const char *name = o->row->name;

	text_add(&o->text, "%s%s%s%s", what, strncmp(name, "process_", 8) == 0 ? "" : "spapr_",
		 name, behind);
}

static void put_head(struct metric_out *o)
{
	if (o->has_head)
		return;
	o->has_head = true;
	put_name(o, "# HELP ", " ");
	text_add(&o->text, "%s\n", o->row->help);
	put_name(o, "# TYPE ", ends_with(o->row->name, "_total") ? " counter\n" : " gauge\n");
}

static void put_labels(struct metric_out *o, const char *fmt, va_list ap)
{
	char labels[LABELS_MAX];

	put_head(o);
	put_name(o, "", "");
	vsnprintf(labels, sizeof(labels), fmt, ap);
	if (labels[0])
		text_add(&o->text, "{%s}", labels);
}

void metric_put(struct metric_out *out, uint64_t value, const char *labels, ...)
{
	char text[LABELS_MAX];
	va_list ap;

	va_start(ap, labels);
	if (out->sample)
		vsnprintf(text, sizeof(text), labels, ap);
	else
		put_labels(out, labels, ap);
	va_end(ap);
	if (out->sample)
		out->sample(out->ctx, out->row, text, value);
	else
		text_add(&out->text, " %llu\n", (unsigned long long)value);
}

void metric_put_ns(struct metric_out *out, uint64_t ns, const char *labels, ...)
{
	va_list ap;

	char text[LABELS_MAX];

	va_start(ap, labels);
	if (out->sample)
		vsnprintf(text, sizeof(text), labels, ap);
	else
		put_labels(out, labels, ap);
	va_end(ap);
	if (out->sample) {
		out->sample(out->ctx, out->row, text, ns / 1000);
		return;
	}
	text_add(&out->text, " %llu.%06llu\n", (unsigned long long)(ns / NS),
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
