/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/metrics.h"

#include "vmm/base/text.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NS 1000000000ULL
#define SPARE 32u /* samples that may come until the next time */

/* ---- taking ---- */

struct metric_out {
	const struct metric *row;
	struct metric_samples *to; /* n counts those, too, that there is no room for */
};

void metric_put_sample(struct metric_out *out, uint64_t value, bool is_time,
		       const struct metric_label labels[METRIC_LABELS])
{
	struct metric_samples *to = out->to;
	struct metric_sample *s;

	if (to->n++ >= to->size)
		return;
	s = &to->s[to->n - 1];
	*s = (struct metric_sample){ .row = out->row, .value = value, .is_time = is_time };
	memcpy(s->labels, labels, sizeof(s->labels));
}

void metrics_add(struct metrics *m, const struct metric *rows, const void *obj)
{
	assert(m->n < METRICS_MAX_TABLES);
	m->tables[m->n].rows = rows;
	m->tables[m->n++].obj = obj;
}

/* True: there was room for all. */
static bool walk(const struct metrics *m, struct metric_samples *to)
{
	struct metric_out out = { .to = to };

	to->n = 0;
	for (uint32_t i = 0; i < m->n; i++)
		for (out.row = m->tables[i].rows; out.row->name; out.row++)
			out.row->fn(out.row, m->tables[i].obj, &out);
	return to->n <= to->size;
}

int metrics_take(const struct metrics *m, struct metric_samples *to)
{
	if (m->look)
		m->look(m->look_ctx);
	while (!walk(m, to)) {
		size_t size = to->n + SPARE;
		struct metric_sample *s = realloc(to->s, size * sizeof(*s));

		to->n = 0;
		if (!s)
			return -ENOMEM;
		to->s = s;
		to->size = size;
	}
	return 0;
}

void metric_samples_free(struct metric_samples *s)
{
	free(s->s);
	*s = (struct metric_samples){ 0 };
}

/* ---- text ---- */

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && strcmp(s + n - k, end) == 0;
}

static void put_name(struct text *t, const struct metric *row)
{
	if (strncmp(row->name, "process_", 8) != 0)
		text_put(t, "spapr_");
	text_put(t, row->name);
}

static void put_head(struct text *t, const struct metric *row)
{
	text_put(t, "# HELP ");
	put_name(t, row);
	text_put(t, " ");
	text_put(t, row->help);
	text_put(t, "\n# TYPE ");
	put_name(t, row);
	text_put(t, ends_with(row->name, "_total") ? " counter\n" : " gauge\n");
}

void metric_label_value(const struct metric_label *l, struct text *t)
{
	if (l->text)
		text_put(t, l->text);
	else if (l->hex)
		text_add(t, "0x%llx", (unsigned long long)l->number);
	else
		text_put_number(t, l->number);
}

static void put_labels(struct text *t, const struct metric_label labels[METRIC_LABELS])
{
	for (uint32_t i = 0; i < METRIC_LABELS && labels[i].key; i++) {
		text_put(t, i ? "," : "{");
		text_put(t, labels[i].key);
		text_put(t, "=\"");
		metric_label_value(&labels[i], t);
		text_put(t, "\"");
	}
	if (labels[0].key)
		text_put(t, "}");
}

static void put_value(struct text *t, const struct metric_sample *s)
{
	if (s->is_time)
		text_add(t, "%llu.%06llu", (unsigned long long)(s->value / NS),
			 (unsigned long long)(s->value % NS / 1000));
	else
		text_put_number(t, s->value);
}

size_t metrics_render(const struct metric_samples *of, char *buf, size_t size)
{
	struct text t = { .buf = buf, .size = size };

	for (size_t i = 0; i < of->n; i++) {
		const struct metric_sample *s = &of->s[i];

		if (i == 0 || s->row != of->s[i - 1].row)
			put_head(&t, s->row);
		put_name(&t, s->row);
		put_labels(&t, s->labels);
		text_put(&t, " ");
		put_value(&t, s);
		text_put(&t, "\n");
	}
	return t.len;
}
