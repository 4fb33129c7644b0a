/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "machine"
#include "vmm/machine_impl.h"

#include "vmm/base/log.h"

#include <string.h>

static void lock_machine(void *ctx)
{
	vcpus_lock(&((struct machine *)ctx)->cpus);
}

static void unlock_machine(void *ctx)
{
	vcpus_unlock(&((struct machine *)ctx)->cpus);
}

static void woken(void *ctx)
{
	machine_asked(ctx);
}

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

int machine_open_loop(struct machine *m)
{
	const struct loop_hooks hooks = { m, lock_machine, unlock_machine, woken };
	int r;

	m->has_loop = true;
	r = loop_init(&m->loop, &hooks);
	if (r < 0)
		log_error("I/O loop: %s", strerror(-r));
	return r;
}

int machine_open_console(struct machine *m)
{
	const struct chardev_callbacks cb = { m, console_receive, console_quit };

	m->sp.vtys[0].backend = (struct vty_backend){ m, console_write, console_drained };
	return chardev_open(&m->console, m->opt->console.backend, &m->loop, &cb);
}
