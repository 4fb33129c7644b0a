/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's console: its terminal (sphapr/vty.h) and a back end of the host, joined. */
#include "vmm/machine/machine_impl.h"

static size_t console_receive(void *ctx, const uint8_t *buf, size_t len)
{
	struct machine *m = ctx;

	return vty_input(&m->sp, &m->sp.vtys[0], buf, len);
}

static void console_quit(void *ctx)
{
	machine_request_stop(ctx, STOP_OFF, NULL);
}

static bool console_write(void *ctx, const uint8_t *buf, size_t len)
{
	return chardev_write(&((struct machine *)ctx)->console, buf, len);
}

static void console_drained(void *ctx)
{
	chardev_resume(&((struct machine *)ctx)->console);
}

int machine_open_console(struct machine *m)
{
	const struct chardev_callbacks cb = { m, console_receive, console_quit };

	m->sp.vtys[0].backend = (struct vty_backend){ m, console_write, console_drained };
	return chardev_open(&m->console, m->opt->console.backend, &m->loop, &cb);
}
