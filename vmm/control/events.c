/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "events"
#include "vmm/control/events.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/control/events_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS 1000000000ULL

/* ---- what a guest can cause ---- */

static void tell_more(struct events *e)
{
	for (uint32_t i = 0; i < EVENTS; i++) {
		struct events_kind *k = &e->kinds[i];
		uint32_t more = k->more;

		if (!more)
			continue;
		k->more = 0;
		events_keep(e, EVENT_MORE,
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
	size_t n = events_write(e, e->next++, ev, v, buf);

	if (e->fd >= 0 && !e->nrest)
		(void)!sys_write(e->fd, buf, n);
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
	events_keep(e, ev, values);
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

	while (seq < events_told(e)) {
		size_t n;

		seq++;
		n = events_line(e, &seq, &lost, line);

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
	e->fd = e->sock.fd = e->file.fd = -1;
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
