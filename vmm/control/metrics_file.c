/* SPDX-License-Identifier: BSD-2-Clause */
/* The file: text goes to the caretaker, which writes it beside the file and renames it over that. */
#define LOG_PREFIX "metrics"
#include "vmm/base/caretaker.h"
#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/control/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <stdio.h>
#include <unistd.h>

#define SPARE (4 * KiB) /* for numbers that grow */

/* The new text is beside the file until it is whole. */
static void beside(const struct metrics *m, char name[PATH_MAX])
{
	snprintf(name, PATH_MAX, "%s.new", m->path);
}

static void begin(struct metrics *m, const char *name)
{
	if (m->fd >= 0)
		sys_close(m->fd);
	unlink(name);
	m->fd = sys_open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);
	m->failed = m->fd < 0;
}

static void finish(struct metrics *m, const char *name)
{
	if (m->fd >= 0)
		sys_close(m->fd);
	m->fd = -1;
	if (!m->failed && rename(name, m->path) < 0)
		m->failed = true;
	if (m->failed)
		unlink(name);
}

/* In the caretaker, or here where there is none. A reader sees the old text or the new one. */
static void replace(void *ctx, const char *part, size_t len, bool first, bool last)
{
	struct metrics *m = ctx;
	char name[PATH_MAX];

	beside(m, name);
	if (first)
		begin(m, name);
	if (!m->failed && file_write_all(m->fd, part, len) < 0)
		m->failed = true;
	if (last)
		finish(m, name);
}

/* All that there is to say; the room grows with it. 0: no memory. */
static size_t render(struct metrics *m)
{
	size_t n = metrics_render(&m->samples, m->text, m->size);
	char *text;

	if (n < m->size)
		return n;
	text = realloc(m->text, n + SPARE);
	if (!text)
		return 0;
	m->text = text;
	m->size = n + SPARE;
	return metrics_render(&m->samples, m->text, m->size);
}

static void render_and_send(void *ctx)
{
	struct metrics *m = ctx;
	size_t n = render(m);

	if (n > 0)
		caretaker_send(m->task, replace, m, m->text, n);
}

void metrics_write(struct metrics *m)
{
	if (m->path && metrics_take(m, &m->samples) == 0)
		loop_unlocked(m->loop, render_and_send, m);
}

static void write_again(void *ctx)
{
	struct metrics *m = ctx;

	metrics_write(m);
	loop_timer_set(m->loop, &m->timer, m->interval_ns, write_again, m);
}

int metrics_to_file(struct metrics *m, struct loop *loop, const char *path, uint64_t interval)
{
	m->path = path;
	m->fd = -1;
	m->loop = loop;
	m->interval_ns = interval * 1000000000ULL;
	m->task = caretaker_add_letters(replace, m);
	write_again(m);
	if (!m->failed)
		return 0;
	log_error("%s: it cannot be made: name a file in a folder that can be written", path);
	return -EACCES;
}

void metrics_close(struct metrics *m)
{
	if (!m->path)
		return;
	loop_timer_cancel(m->loop, &m->timer);
	free(m->text);
	metric_samples_free(&m->samples);
	m->path = NULL;
}
