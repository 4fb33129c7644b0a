/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "events"
#include "vmm/control/events.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/base/text.h"
#include "vmm/control/events_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS 1000000000ULL
#define TAIL 64u /* bytes of a line that are kept free for its end, and for numbers behind a text */

/* ---- one line ---- */

/* The value of a property, whose name and kind stand at @p; false: it is not there. */
static bool add_property(struct text *t, const char *p, const struct event_value *v, bool first)
{
	size_t name = strcspn(p, ":");
	char kind = p[name + 1];

	if (kind == 's' ? !v->s : v->n == EVENT_NONE)
		return false;
	text_add(t, "%s\"%.*s\":", first ? "" : ",", (int)name, p);
	switch (kind) {
	case 'n':
		text_add(t, "%llu", (unsigned long long)v->n);
		break;
	case 'x':
		text_add(t, "\"0x%llx\"", (unsigned long long)v->n);
		break;
	default:
		text_add(t, "\"");
		text_add_json(t, v->s, TAIL);
		text_add(t, "\"");
	}
	return true;
}

/* A text may be as long as the line: what stands behind it in a row is short. */
static void write_line(struct text *t, const struct events *e, uint64_t seq, enum event ev,
		       const struct event_value *v)
{
	const struct event_row *row = &event_rows[ev];
	size_t source = strcspn(row->name, ".");
	bool first = true;

	text_add(t, "{\"v\":1,\"seq\":%llu,\"time\":\"", (unsigned long long)seq);
	text_add_time(t, sys_wall_ns());
	text_add(t,
		 "\",\"mono_ns\":%llu,\"boot\":%llu,\"source\":\"%.*s\",\"event\":\"%s\","
		 "\"properties\":{",
		 (unsigned long long)sys_now_ns(), (unsigned long long)e->boot, (int)source,
		 row->name, row->name + source + 1);
	for (const char *p = row->props; *p; p = strchr(p, ' ') + 1)
		if (add_property(t, p, v++, first))
			first = false;
	text_add(t, "}}\n");
}

/* ---- the ring ---- */

static uint64_t oldest(const struct events *e)
{
	return e->next > EVENTS_LINES ? e->next - EVENTS_LINES : 1;
}

size_t events_line(const struct events *e, uint64_t *seq, uint64_t *lost, char *buf)
{
	const struct events_line *l = &e->ring[*seq % EVENTS_LINES];
	struct text t = { .buf = buf, .size = EVENTS_LINE_MAX };
	uint64_t from = *seq;

	*lost = 0;
	if (*seq >= oldest(e) && l->text) {
		memcpy(buf, l->text, l->len);
		return l->len;
	}
	if (*seq < oldest(e))
		*seq = oldest(e) - 1;
	*lost = *seq - from + 1;
	write_line(&t, e, *seq, EVENT_LOST, (const struct event_value[]){ { from }, { *seq } });
	return t.len;
}

static void keep(struct events *e, enum event ev, const struct event_value *v)
{
	struct events_line *l = &e->ring[e->next % EVENTS_LINES];
	char buf[EVENTS_LINE_MAX];
	struct text t = { .buf = buf, .size = sizeof(buf) };

	write_line(&t, e, e->next, ev, v);
	free(l->text);
	l->len = (uint32_t)t.len;
	l->text = malloc(t.len);
	if (l->text)
		memcpy(l->text, buf, t.len);
	e->next++;
}

/* ---- what a guest can cause ---- */

static void tell_more(struct events *e)
{
	for (uint32_t i = 0; i < EVENTS; i++) {
		struct events_kind *k = &e->kinds[i];
		uint32_t more = k->more;

		if (!more)
			continue;
		k->more = 0;
		keep(e, EVENT_MORE,
		     (const struct event_value[]){ { .s = event_rows[i].name }, { more } });
	}
}

static void more_later(void *ctx)
{
	struct events *e = ctx;

	tell_more(e);
	events_flush(e);
}

/* May it be told now? If not, it is counted. */
static bool may_tell(struct events *e, enum event ev)
{
	struct events_kind *k = &e->kinds[ev];
	uint64_t now = sys_now_ns();

	if (!event_rows[ev].guest)
		return true;
	if (now - k->since_ns >= SECOND_NS) {
		k->since_ns = now;
		k->told = 0;
	}
	if (k->told < EVENTS_GUEST_MAX) {
		k->told++;
		return true;
	}
	k->more++;
	if (e->loop && !e->more_timer.armed)
		loop_timer_set(e->loop, &e->more_timer, SECOND_NS, more_later, e);
	return false;
}

/* A signal handler may have interrupted anything: no memory is asked for, no list is looked at. */
static void last_words(struct events *e, enum event ev, const struct event_value *v)
{
	char buf[EVENTS_LINE_MAX];
	struct text t = { .buf = buf, .size = sizeof(buf) };

	write_line(&t, e, e->next++, ev, v);
	if (e->fd >= 0 && !e->nrest)
		(void)!sys_write(e->fd, buf, t.len);
}

void events_take(void *ctx, enum event ev, const struct event_value *values)
{
	struct events *e = ctx;

	if (event_rows[ev].mark)
		return;
	if (ev == EVENT_VIOLATION) {
		last_words(e, ev, values);
		return;
	}
	if (!may_tell(e, ev))
		return;
	keep(e, ev, values);
	if (e->loop && e->path)
		loop_wake(e->loop);
}

void events_set_boot(struct events *e, uint64_t boot)
{
	e->boot = boot;
}

size_t events_since(const struct events *e, uint64_t seq, char *buf, size_t size)
{
	char line[EVENTS_LINE_MAX];
	size_t used = 0;
	uint64_t lost;

	for (seq++; seq < e->next; seq++) {
		size_t n = events_line(e, &seq, &lost, line);

		if (n >= size - used)
			break;
		memcpy(buf + used, line, n);
		used += n;
	}
	if (size)
		buf[used] = '\0';
	return used;
}

uint64_t events_told(const struct events *e)
{
	return e->next - 1;
}

uint64_t events_lost(const struct events *e)
{
	return e->lost;
}

/* ---- life ---- */

struct events *events_open(const char *path, int *err)
{
	struct events *e = calloc(1, sizeof(*e));

	*err = -ENOMEM;
	if (!e) {
		log_error("out of memory");
		return NULL;
	}
	e->next = e->out = 1;
	e->path = path;
	e->fd = e->sock.fd = -1;
	*err = path ? events_out_open(e) : 0;
	if (*err < 0) {
		events_close(e);
		return NULL;
	}
	return e;
}

int events_watch(struct events *e, struct loop *loop)
{
	e->loop = loop;
	return e->path ? events_out_watch(e) : 0;
}

void events_close(struct events *e)
{
	if (!e)
		return;
	tell_more(e);
	events_flush(e);
	if (e->loop)
		loop_timer_cancel(e->loop, &e->more_timer);
	events_out_close(e);
	for (uint32_t i = 0; i < EVENTS_LINES; i++)
		free(e->ring[i].text);
	free(e);
}
