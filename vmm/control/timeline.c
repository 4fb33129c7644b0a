/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/timeline.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/control/timeline_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (40 * KiB)

/* ---- marks ---- */

static void add(struct timeline *t, enum timeline_lane lane, uint64_t from_ns, uint64_t len_ns,
		const char *name, const char *of)
{
	struct timeline_mark *m = &t->marks[t->n];

	if (t->n == TIMELINE_MARKS)
		return;
	t->n++;
	m->ns = from_ns - t->start_ns;
	m->len_ns = len_ns;
	m->lane = lane;
	snprintf(m->name, sizeof(m->name), "%s%s%s", of ? of : "", of && *name ? " " : "", name);
}

void timeline_phase(struct timeline *t, const char *name, uint64_t from_ns, uint64_t to_ns)
{
	add(t, LANE_HOST, from_ns, to_ns - from_ns, name, NULL);
}

static enum timeline_lane lane_of(const char *name)
{
	static const struct {
		const char *source;
		enum timeline_lane lane;
	} lanes[] = {
		{ "call.", LANE_CALLS },  { "dma.", LANE_DMA },        { "device.", LANE_DEVICES },
		{ "eeh.", LANE_DEVICES }, { "virtio-", LANE_DEVICES },
	};

	for (size_t i = 0; i < ARRAY_LEN(lanes); i++)
		if (strncmp(name, lanes[i].source, strlen(lanes[i].source)) == 0)
			return lanes[i].lane;
	return LANE_GUEST;
}

/* The first property of an event, where that is a name of ours: a guest's own words stay out of the picture. */
static const char *object_of(enum event e, const struct event_value *v)
{
	const char *kind = strchr(event_rows[e].props, ':');

	return e != EVENT_PANIC && kind && kind[1] == 's' ? v[0].s : NULL;
}

void timeline_take(struct timeline *t, enum event e, const struct event_value *values)
{
	const char *name = event_rows[e].name;
	enum timeline_lane lane = lane_of(name);

	if (e == EVENT_STARTING || e == EVENT_BOOTING)
		return;
	add(t, lane, sys_now_ns(), 0, lane == LANE_CALLS ? "" : strchr(name, '.') + 1,
	    object_of(e, values));
}

/* ---- the file ---- */

static void json(const struct timeline *t, struct text *out)
{
	text_add(out, "{\"v\":1,\"marks\":[");
	for (uint32_t i = 0; i < t->n; i++)
		text_add(out,
			 "%s\n{\"lane\":\"%s\",\"name\":\"%s\",\"us\":%llu,\"length_us\":%llu}",
			 i ? "," : "", timeline_lanes[t->marks[i].lane], t->marks[i].name,
			 (unsigned long long)t->marks[i].ns / 1000,
			 (unsigned long long)t->marks[i].len_ns / 1000);
	text_add(out, "\n]}\n");
}

/* Over what the file had: blanks behind the end mean nothing in either form. */
void timeline_write(struct timeline *t)
{
	struct text out = { .buf = malloc(TEXT_MAX), .size = TEXT_MAX };
	ssize_t r = -ENOMEM;

	if (out.buf) {
		if (t->is_svg)
			timeline_svg(t, &out);
		else
			json(t, &out);
		while (out.len < t->written)
			text_add(&out, "\n");
		r = out.len < TEXT_MAX ? sys_pwrite(t->fd, out.buf, out.len, 0) : -EFBIG;
	}
	if (r < 0)
		log_warn("--timeline %s: %s: it is not complete", t->path, strerror((int)-r));
	else
		t->written = out.len;
	free(out.buf);
}

static bool ends_in(const char *path, const char *end)
{
	size_t n = strlen(path), k = strlen(end);

	return n > k && strcmp(path + n - k, end) == 0;
}

struct timeline *timeline_open(const char *path, uint64_t start_ns, int *err)
{
	struct timeline *t = calloc(1, sizeof(*t));

	*err = t ? 0 : -ENOMEM;
	if (t && !ends_in(path, ".svg") && !ends_in(path, ".json"))
		*err = -EINVAL;
	if (*err == 0)
		*err = t->fd = sys_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (*err < 0) {
		log_error("--timeline %.200s: %s", path,
			  *err == -EINVAL ? "its name must end in .svg or .json" : strerror(-*err));
		free(t);
		return NULL;
	}
	*err = 0;
	t->is_svg = ends_in(path, ".svg");
	t->path = path;
	t->start_ns = start_ns;
	return t;
}

void timeline_close(struct timeline *t)
{
	if (!t)
		return;
	timeline_write(t);
	sys_close(t->fd);
	free(t);
}
