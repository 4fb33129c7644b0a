/* SPDX-License-Identifier: BSD-2-Clause */
/* An event as a line of JSON, and the last lines in memory. */
#include "vmm/base/sys.h"
#include "vmm/base/text.h"
#include "vmm/control/events_private.h"

#include <stdlib.h>
#include <string.h>

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
size_t events_write(const struct events *e, uint64_t seq, enum event ev,
		    const struct event_value *v, char *buf)
{
	struct text line = { .buf = buf, .size = EVENTS_LINE_MAX }, *t = &line;
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
	return t->len;
}

/* ---- the ring ---- */

static uint64_t oldest(const struct events *e)
{
	return e->next > EVENTS_LINES ? e->next - EVENTS_LINES : 1;
}

size_t events_line(const struct events *e, uint64_t *seq, uint64_t *lost, char *buf)
{
	const struct events_line *l = &e->ring[*seq % EVENTS_LINES];
	uint64_t from = *seq;

	*lost = 0;
	if (*seq >= oldest(e) && l->text) {
		memcpy(buf, l->text, l->len);
		return l->len;
	}
	if (*seq < oldest(e))
		*seq = oldest(e) - 1;
	*lost = *seq - from + 1;
	return events_write(e, *seq, EVENT_LOST, (const struct event_value[]){ { from }, { *seq } },
			    buf);
}

void events_keep(struct events *e, enum event ev, const struct event_value *v)
{
	struct events_line *l = &e->ring[e->next % EVENTS_LINES];
	char buf[EVENTS_LINE_MAX];
	size_t n = events_write(e, e->next, ev, v, buf);

	free(l->text);
	l->len = (uint32_t)n;
	l->text = malloc(n);
	if (l->text)
		memcpy(l->text, buf, n);
	e->next++;
}
