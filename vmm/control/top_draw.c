/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/top_draw.h"

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

struct words {
	char text[24];
};

/* 12345 as "12.3K", in units of @unit. */
static struct words short_number(uint64_t n, uint64_t unit, const char *suffix)
{
	static const char units[] = " KMGTPE";
	uint64_t whole = n, rest = 0;
	struct words w;
	int i = 0;

	for (; whole >= (i || unit == 1024 ? unit : 10 * unit) && units[i + 1]; i++) {
		rest = whole % unit * 10 / unit;
		whole /= unit;
	}
	if (i == 0)
		snprintf(w.text, sizeof(w.text), "%" PRIu64 "%s", whole, suffix);
	else if (whole < 100)
		snprintf(w.text, sizeof(w.text), "%" PRIu64 ".%" PRIu64 "%c%s", whole, rest,
			 units[i], suffix);
	else
		snprintf(w.text, sizeof(w.text), "%" PRIu64 "%c%s", whole, units[i], suffix);
	return w;
}

static struct words bytes(uint64_t n)
{
	return short_number(n, 1024, "");
}

static struct words rate(const struct sample *before, const struct sample *now,
			 const struct sample_count *c)
{
	uint64_t ms = now->at_ms - before->at_ms;

	return short_number(sample_more(before, c) * 1000 / (ms ? ms : 1), 1000, "");
}

static void head(struct draw *d, const struct sample *s)
{
	uint64_t t = s->uptime_s;

	draw_line(d,
		  "guest %s  up %02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 "  reboots %" PRIu64
		  "  RAM %s",
		  s->state, t / 3600, t / 60 % 60, t % 60, s->reboots, bytes(s->memory).text);
}

static bool is_vcpu(const struct sample_count *c)
{
	return strncmp(c->id, "vcpu", 4) == 0;
}

/* Columns are what the first vCPU has. A state is shown as it is, counts as what happened a second. */
static void vcpus(struct draw *d, const struct sample *before, const struct sample *now)
{
	char line[256], id[24] = "";
	int n = 0;

	for (uint32_t i = 0; i < now->n && strcmp(now->counts[i].id, "vcpu0") == 0; i++)
		if ((size_t)n < sizeof(line) - 16)
			n += snprintf(line + n, sizeof(line) - (size_t)n, " %11.11s",
				      now->counts[i].name);
	if (n == 0)
		return;
	draw_line(d, "%-7s%.*s", "vCPU", n, line);
	n = 0;
	for (uint32_t i = 0; i < now->n; i++) {
		const struct sample_count *c = &now->counts[i];
		bool last = i + 1 == now->n || strcmp(now->counts[i + 1].id, c->id) != 0;

		if (!is_vcpu(c))
			continue;
		snprintf(id, sizeof(id), "%s", c->id + 4);
		if ((size_t)n < sizeof(line) - 16)
			n += snprintf(line + n, sizeof(line) - (size_t)n, " %11.11s",
				      strcmp(c->name, "running") != 0 ? rate(before, now, c).text
				      : c->value                      ? "yes"
								      : "no");
		if (!last)
			continue;
		draw_line(d, "%-7.7s%.*s", id, n, line);
		n = 0;
	}
}

static void windows(struct draw *d, const struct sample *s)
{
	if (s->nwindows)
		draw_line(d, "%-12s %-20s %10s %6s %10s  %s", "window", "start", "size", "page",
			  "mapped", "by");
	for (uint32_t i = 0; i < s->nwindows; i++) {
		const struct sample_window *w = &s->windows[i];

		draw_line(d, "%-12s %-20s %10s %6s %10s  %s", w->liobn, w->start,
			  bytes(w->size).text, bytes(1ull << (w->page_shift & 63)).text,
			  w->has_mapped ? short_number(w->mapped, 1000, "").text : "-",
			  w->served_by);
	}
}

/* All counts of one thing on a line: those of calls the busiest first. */
static void busiest(struct draw *d, const struct sample *before, const struct sample *now,
		    uint32_t first, uint32_t end)
{
	uint64_t below = UINT64_MAX;
	char line[256];
	int n = 0;

	for (uint32_t shown = 0; shown < CALLS; shown++) {
		const struct sample_count *best = NULL;

		for (uint32_t i = first; i < end; i++) {
			uint64_t more = sample_more(before, &now->counts[i]);

			if (more && more < below && (!best || more > sample_more(before, best)))
				best = &now->counts[i];
		}
		if (!best || (size_t)n > sizeof(line) - 64)
			break;
		below = sample_more(before, best);
		n += snprintf(line + n, sizeof(line) - (size_t)n, "%s%.40s %s", n ? "  " : "",
			      best->name, rate(before, now, best).text);
	}
	draw_line(d, "%-12.12s %.*s", now->counts[first].id, n, line);
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
	head(d, now);
	vcpus(d, before, now);
	windows(d, now);
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
