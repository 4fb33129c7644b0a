/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/sample.h"

#include "vmm/control/client.h"
#include "vmm/control/jread.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void copy(char *to, size_t size, const char *text, size_t len)
{
	snprintf(to, size, "%.*s", (int)len, text);
}

static void see_count(void *ctx, const char *path, const char *text, size_t len)
{
	const char *dot = strchr(path, '.');
	struct sample *s = ctx;
	struct sample_count *c = &s->counts[s->n];

	(void)len;
	if (!dot || s->n == SAMPLE_COUNTS)
		return;
	copy(c->id, sizeof(c->id), path, (size_t)(dot - path));
	copy(c->name, sizeof(c->name), dot + 1, strlen(dot + 1));
	c->value = strtoull(text, NULL, 10);
	s->n++;
}

static void see_info(void *ctx, const char *path, const char *text, size_t len)
{
	struct sample *s = ctx;

	if (strcmp(path, "state") == 0)
		copy(s->state, sizeof(s->state), text, len);
	else if (strcmp(path, "phase") == 0)
		copy(s->phase, sizeof(s->phase), text, len);
	else if (strcmp(path, "uptime_s") == 0)
		s->uptime_s = strtoull(text, NULL, 10);
	else if (strcmp(path, "reboots") == 0)
		s->reboots = strtoull(text, NULL, 10);
	else if (strcmp(path, "memory_actual_size") == 0)
		s->memory = strtoull(text, NULL, 10);
}

static struct sample_number number(const char *text)
{
	return (struct sample_number){ strtoull(text, NULL, 10), *text != 'n' };
}

/* "0.windows.1.tce.put" */
static void see_call(struct sample_window *w, const char *name, const char *text)
{
	static const char *const names[SAMPLE_CALLS] = { "put", "indirect", "stuff", "failed" };

	for (int i = 0; i < SAMPLE_CALLS; i++)
		if (strcmp(name, names[i]) == 0)
			w->calls[i] = number(text);
}

/* A window begins with its LIOBN. */
static void begin_window(struct sample *s, const char *text, size_t len)
{
	struct sample_window *w = &s->windows[s->nwindows];

	s->past = s->nwindows == SAMPLE_WINDOWS;
	if (s->past)
		return;
	*w = (struct sample_window){ 0 };
	copy(w->liobn, sizeof(w->liobn), text, len);
	s->nwindows++;
}

/* "0.windows.1.size" */
static void see_window(void *ctx, const char *path, const char *text, size_t len)
{
	const char *name = strrchr(path, '.');
	struct sample *s = ctx;
	struct sample_window *w;

	if (!name || !strstr(path, ".windows."))
		return;
	name++;
	if (strcmp(name, "liobn") == 0)
		begin_window(s, text, len);
	if (s->nwindows == 0 || s->past)
		return;
	w = &s->windows[s->nwindows - 1];
	if (strcmp(name, "start") == 0) {
		copy(w->start, sizeof(w->start), text, len);
	} else if (strcmp(name, "served_by") == 0) {
		copy(w->served_by, sizeof(w->served_by), text, len);
	} else if (strcmp(name, "size") == 0) {
		w->size = strtoull(text, NULL, 10);
	} else if (strcmp(name, "page_shift") == 0) {
		w->page_shift = strtoull(text, NULL, 10);
	} else if (strcmp(name, "mapped_pages") == 0) {
		w->mapped = number(text);
	} else {
		see_call(w, name, text);
	}
}

static int look(struct sample *s, int fd, const char *verb, jread_fn *fn)
{
	struct client_reply reply;
	int r = client_ask(fd, verb_find(verb), NULL, &reply);

	if (r == 0 && (reply.status != 200 || !jread(reply.body, fn, s)))
		r = -EPROTO;
	client_reply_free(&reply);
	return r;
}

int sample_take(struct sample *s, int fd)
{
	struct timespec ts;
	int r;

	*s = (struct sample){ 0 };
	clock_gettime(CLOCK_MONOTONIC, &ts);
	s->at_ms = (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
	r = look(s, fd, "vm.counters", see_count);
	if (r == 0)
		r = look(s, fd, "vm.info", see_info);
	if (r == 0)
		r = look(s, fd, "vm.dma-windows", see_window);
	return r;
}

uint64_t sample_more(const struct sample *before, const struct sample_count *c)
{
	for (uint32_t i = 0; i < before->n; i++) {
		const struct sample_count *b = &before->counts[i];

		if (strcmp(b->id, c->id) == 0 && strcmp(b->name, c->name) == 0)
			return c->value > b->value ? c->value - b->value : 0;
	}
	return c->value;
}
