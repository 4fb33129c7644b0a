/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/machine/console.h"

#include <inttypes.h>
#include <stdio.h>

static size_t console_receive(void *ctx, const uint8_t *buf, size_t len)
{
	struct console *c = ctx;

	return vty_input(c->sp, &c->sp->vty, buf, len);
}

static void console_quit(void *ctx)
{
	stop_off(((struct console *)ctx)->stop, "console");
}

/* ---- who waits for a word ---- */

/* Was it said since offset @from of the ring? A text may have begun before @from, in this boot. */
static bool was_said(const struct console *c, const struct console_watch *w, uint64_t from)
{
	const struct ring *ring = &c->dev.ring;

	if (!w->text || !*w->text)
		return ring->end > c->said_from;
	for (uint64_t end = from + 1; end <= ring->end; end++)
		if (ring_ends_with(ring, c->said_from, end, w->text))
			return true;
	return false;
}

/* A watch that comes true leaves the list first: its owner may come again at once. */
static void look(struct console *c, uint64_t from)
{
	struct console_watch **p = &c->watches, *w;

	while ((w = *p)) {
		if (!was_said(c, w, from)) {
			p = &w->next;
			continue;
		}
		*p = w->next;
		w->fn(w->ctx);
	}
}

void console_watch(struct console *c, struct console_watch *w)
{
	uint64_t from = ring_oldest(&c->dev.ring);

	w->next = c->watches;
	c->watches = w;
	look(c, from > c->said_from ? from : c->said_from);
}

/* ---- the guest ---- */

static bool console_write(void *ctx, const uint8_t *buf, size_t len)
{
	struct console *c = ctx;
	uint64_t before = c->dev.ring.end;

	if (!chardev_write(&c->dev, buf, len))
		return false;
	log_file_kick(&c->log);
	if (c->watches)
		look(c, before);
	return true;
}

static void console_drained(void *ctx)
{
	chardev_resume(&((struct console *)ctx)->dev);
}

void console_rebooted(struct console *c)
{
	char text[40];

	snprintf(text, sizeof(text), "reboot %" PRIu64, ++c->reboots);
	chardev_mark(&c->dev, text);
	log_file_kick(&c->log);
	c->said_from = c->dev.ring.end;
}

/* ---- life ---- */

int console_open(struct console *c, const struct opt_console *opt, struct spapr *sp,
		 struct loop *loop, struct stop *stop)
{
	const struct chardev_callbacks cb = { c, console_receive, console_quit };
	const struct log_file_conf log = { opt->log, opt->log_rate, opt->log_size };
	int r;

	c->sp = sp;
	c->stop = stop;
	sp->vty.backend = (struct vty_backend){ c, console_write, console_drained };
	sp->vty.said = &c->dev.ring;
	r = chardev_open(&c->dev, opt->backend, loop, &cb);
	if (r == 0 && opt->log)
		r = log_file_open(&c->log, &log, &c->dev.ring, loop);
	return r;
}

int console_attach(struct console *c, int fd, unsigned int how)
{
	return chardev_add_reader(&c->dev, fd, how);
}

void console_rotate(struct console *c)
{
	log_file_rotate(&c->log);
}

void console_close(struct console *c)
{
	log_file_close(&c->log);
	chardev_close(&c->dev);
}
