/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/machine/console.h"

static size_t console_receive(void *ctx, const uint8_t *buf, size_t len)
{
	struct console *c = ctx;

	return vty_input(c->sp, &c->sp->vty, buf, len);
}

static void console_quit(void *ctx)
{
	stop_off(((struct console *)ctx)->stop, "console");
}

static bool console_write(void *ctx, const uint8_t *buf, size_t len)
{
	return chardev_write(&((struct console *)ctx)->dev, buf, len);
}

static void console_drained(void *ctx)
{
	chardev_resume(&((struct console *)ctx)->dev);
}

int console_open(struct console *c, const char *backend, struct spapr *sp, struct loop *loop,
		 struct stop *stop)
{
	const struct chardev_callbacks cb = { c, console_receive, console_quit };

	c->sp = sp;
	c->stop = stop;
	sp->vty.backend = (struct vty_backend){ c, console_write, console_drained };
	return chardev_open(&c->dev, backend, loop, &cb);
}

void console_close(struct console *c)
{
	chardev_close(&c->dev);
}
