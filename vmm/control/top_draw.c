/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/top_draw.h"

#include "vmm/control/top_words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CALLS 6u /* of all, the busiest */

void draw_line(struct draw *d, const char *fmt, ...)
{
	char line[256];
	size_t most = d->columns && d->columns < sizeof(line) ? d->columns : sizeof(line) - 1;
	va_list ap;

	if ((d->lines && d->used >= d->lines) || d->len + sizeof(line) + 16 > sizeof(d->text))
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	d->len += (size_t)snprintf(d->text + d->len, sizeof(d->text) - d->len, "%.*s%s", (int)most,
				   line, d->end);
	d->used++;
}

static struct top_words rate(const struct sample *before, const struct sample *now,
			     const struct sample_count *c)
{
	uint64_t ms = now->at_ms - before->at_ms;

	return top_number(sample_more(before, c) * 1000 / (ms ? ms : 1), 1000);
}

/* A number of this program as a whole; 0: it is not told. */
static const struct sample_count *of_vmm(const struct sample *s, const char *name)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (strcmp(s->counts[i].id, "vmm") == 0 && strcmp(s->counts[i].name, name) == 0)
			return &s->counts[i];
	return NULL;
}

static uint64_t value(const struct sample *s, const char *name)
{
	const struct sample_count *c = of_vmm(s, name);

	return c ? c->value : 0;
}

/* Which part of the time between two looks @c took, a count of microseconds. */
static struct top_words percent(const struct sample *before, const struct sample *now,
				const struct sample_count *c)
{
	uint64_t ms = now->at_ms - before->at_ms, of_1000 = 0;
	struct top_words w;

	if (c)
		of_1000 = sample_more(before, c) / (ms ? ms : 1);
	snprintf(w.text, sizeof(w.text), "%" PRIu64 ".%" PRIu64 "%%", of_1000 / 10, of_1000 % 10);
	return w;
}

static void head(struct draw *d, const struct sample *before, const struct sample *now)
{
	uint64_t t = now->uptime_s;

	draw_line(d,
		  "guest %s  up %02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 "  reboots %" PRIu64
		  "  RAM %s  phase %s",
		  now->state, t / 3600, t / 60 % 60, t % 60, now->reboots,
		  top_bytes(now->memory).text, now->phase);
	draw_line(d,
		  "VMM %s  locked %s  CPU %s  events %" PRIu64 " lost %" PRIu64
		  "  console dropped %s",
		  top_bytes(value(now, "process_resident_memory_bytes")).text,
		  top_bytes(value(now, "memory_locked_bytes")).text,
		  percent(before, now, of_vmm(now, "process_cpu_us")).text, value(now, "events"),
		  value(now, "events_lost"),
		  top_bytes(value(now, "console_dropped_bytes_reader") +
			    value(now, "console_dropped_bytes_log"))
			  .text);
}

static bool is_vcpu(const struct sample_count *c)
{
	return strncmp(c->id, "vcpu", 4) == 0;
}

/* In eighty columns: what happened a second, a state, a part of the time. */
static const struct column {
	const char *count, *head;
	enum { RATE, STATE, PART } kind;
} columns[] = {
	{ "running", "run", STATE },
	{ "exits_hcall", "hcall", RATE },
	{ "exits_mmio", "mmio", RATE },
	{ "exits_signal", "kicks", RATE },
	{ "exits_other", "other", RATE },
	{ "kvm_exits", "kvm", RATE },
	{ "kvm_decrementer_exits", "clock", RATE },
	{ "kvm_external_interrupts", "irq", RATE },
	{ "kvm_halt_wakeups", "wake", RATE },
	{ "steal_us", "steal", PART },
};

static struct top_words cell(const struct sample *before, const struct sample *now,
			     const struct sample_count *c, const struct column *column)
{
	if (column->kind == PART)
		return percent(before, now, c);
	if (column->kind == RATE)
		return rate(before, now, c);
	if (c->value)
		return (struct top_words){ "yes" };
	return (struct top_words){ "no" };
}

/* The vCPU whose counts are from place @i on. */
static void vcpu(struct draw *d, const struct sample *before, const struct sample *now, uint32_t i)
{
	const char *id = now->counts[i].id;
	char line[256];
	int n = snprintf(line, sizeof(line), "%-4.4s", id + 4);

	for (size_t k = 0; k < ARRAY_LEN(columns); k++) {
		struct top_words w = { "-" };

		for (uint32_t j = i; j < now->n && strcmp(now->counts[j].id, id) == 0; j++)
			if (strcmp(now->counts[j].name, columns[k].count) == 0)
				w = cell(before, now, &now->counts[j], &columns[k]);
		n += snprintf(line + n, sizeof(line) - (size_t)n, " %6s", w.text);
	}
	draw_line(d, "%s", line);
}

static void vcpu_heads(struct draw *d)
{
	char line[256];
	int n = snprintf(line, sizeof(line), "vCPU");

	for (size_t k = 0; k < ARRAY_LEN(columns); k++)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " %6s", columns[k].head);
	draw_line(d, "%s", line);
}

static void vcpus(struct draw *d, const struct sample *before, const struct sample *now)
{
	bool any = false;

	for (uint32_t i = 0; i < now->n; i++) {
		if (!is_vcpu(&now->counts[i]) ||
		    (i > 0 && strcmp(now->counts[i - 1].id, now->counts[i].id) == 0))
			continue;
		if (!any)
			vcpu_heads(d);
		any = true;
		vcpu(d, before, now, i);
	}
}

static const struct sample_window *earlier(const struct sample *s, const char *liobn)
{
	for (uint32_t i = 0; i < s->nwindows; i++)
		if (strcmp(s->windows[i].liobn, liobn) == 0)
			return &s->windows[i];
	return NULL;
}

/* What nobody counts is "-". */
static struct top_words calls(const struct sample *before, const struct sample *now,
			      const struct sample_window *w, enum sample_call k)
{
	const struct sample_window *b = earlier(before, w->liobn);
	uint64_t ms = now->at_ms - before->at_ms, more = w->calls[k].n;

	if (!w->calls[k].known)
		return (struct top_words){ "-" };
	if (b)
		more = more > b->calls[k].n ? more - b->calls[k].n : 0;
	return top_number(more * 1000 / (ms ? ms : 1), 1000);
}

static void windows(struct draw *d, const struct sample *before, const struct sample *now)
{
	if (now->nwindows)
		draw_line(d, "%-10s %-17s %5s %5s %6s %5s %5s %5s %4s %s", "window", "start",
			  "size", "page", "mapped", "put/s", "ind/s", "stuff", "fail", "by");
	for (uint32_t i = 0; i < now->nwindows; i++) {
		const struct sample_window *w = &now->windows[i];

		draw_line(d, "%-10s %-17s %5s %5s %6s %5s %5s %5s %4s %s", w->liobn, w->start,
			  top_bytes(w->size).text, top_bytes(1ull << (w->page_shift & 63)).text,
			  w->mapped.known ? top_number(w->mapped.n, 1000).text : "-",
			  calls(before, now, w, SAMPLE_PUT).text,
			  calls(before, now, w, SAMPLE_INDIRECT).text,
			  calls(before, now, w, SAMPLE_STUFF).text,
			  calls(before, now, w, SAMPLE_FAILED).text, w->served_by);
	}
}

/* The busiest count of a thing but for @last and those before it; NULL: there is none. */
static const struct sample_count *busiest_behind(const struct sample *before,
						 const struct sample *now, uint32_t first,
						 uint32_t end, const struct sample_count *last)
{
	uint64_t most = 0, below = last ? sample_more(before, last) : UINT64_MAX;
	const struct sample_count *best = NULL;

	for (uint32_t i = first; i < end; i++) {
		const struct sample_count *c = &now->counts[i];
		uint64_t more = sample_more(before, c);

		if (strncmp(c->name, "process_", 8) == 0)
			continue; /* the head has them */
		if (more > most && (more < below || (more == below && c > last))) {
			best = c;
			most = more;
		}
	}
	return best;
}

/* Counts of one thing on a line, the busiest first, as many as the line has room for. */
static void busiest(struct draw *d, const struct sample *before, const struct sample *now,
		    uint32_t first, uint32_t end)
{
	int room = d->columns && d->columns < 200 ? (int)d->columns - 1 : 200;
	const struct sample_count *c = NULL;
	char line[256];
	int n = snprintf(line, sizeof(line), "%-12.12s", now->counts[first].id);

	for (uint32_t shown = 0; shown < CALLS; shown++) {
		char more[80];
		int len;

		c = busiest_behind(before, now, first, end, c);
		if (!c)
			break;
		len = snprintf(more, sizeof(more), "%s%.40s %s", shown ? "  " : " ", c->name,
			       rate(before, now, c).text);
		if (shown && n + len > room)
			break;
		n += snprintf(line + n, sizeof(line) - (size_t)n, "%s", more);
	}
	draw_line(d, "%s", line);
}

static void others(struct draw *d, const struct sample *before, const struct sample *now)
{
	draw_line(d, "%-12s %s", "thing", "counts a second");
	for (uint32_t i = 0, end; i < now->n; i = end) {
		for (end = i + 1;
		     end < now->n && strcmp(now->counts[end].id, now->counts[i].id) == 0;)
			end++;
		if (!is_vcpu(&now->counts[i]))
			busiest(d, before, now, i, end);
	}
}

void draw_table(struct draw *d, const struct sample *before, const struct sample *now)
{
	head(d, before, now);
	vcpus(d, before, now);
	windows(d, before, now);
	others(d, before, now);
}

void draw_json(struct jtext *to, const struct sample *before, const struct sample *now)
{
	const char *id = NULL;

	jtext_object(to, NULL);
	jtext_number(to, "interval_ms", now->at_ms - before->at_ms);
	jtext_string(to, "state", now->state);
	jtext_object(to, "counters");
	for (uint32_t i = 0; i < now->n; i++) {
		const struct sample_count *c = &now->counts[i];

		if (!id || strcmp(id, c->id) != 0) {
			if (id)
				jtext_end(to);
			jtext_object(to, c->id);
		}
		id = c->id;
		jtext_number(to, c->name, sample_more(before, c));
	}
	if (id)
		jtext_end(to);
	jtext_end(to);
	jtext_end(to);
}
