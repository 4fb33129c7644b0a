/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/machine/service.h"

#include "vmm/base/event.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <string.h>

#define SECOND_US 1000000ULL
#define SLOW_US (60 * SECOND_US) /* what touches all of RAM may take this, and a second a GiB */
#define AGAIN_NS 100000000ULL
#define KICKS 4 /* a period of the watchdog */

void service_init(struct service *s, const struct options *opt, struct vcpus *cpus,
		  struct loop *loop)
{
	s->opt = opt;
	s->cpus = cpus;
	s->loop = loop;
	notify_open(&s->notify);
	s->waits = true;
}

void service_close(struct service *s)
{
	notify_close(&s->notify);
}

static uint64_t ram_us(const struct service *s)
{
	return SLOW_US + s->opt->machine.memory / GiB * SECOND_US;
}

void service_phase(const struct service *s, const char *name)
{
	notify_say(&s->notify, "STATUS=starting: %s\nEXTEND_TIMEOUT_USEC=%llu", name,
		   (unsigned long long)ram_us(s));
}

void service_failed(const struct service *s, const char *phase, int error)
{
	notify_say(&s->notify, "STATUS=failed: %s\nERRNO=%d", phase, error);
}

/* ---- ready ---- */

/* A manager that takes no more at the moment would wait for this word for ever. */
static void tell_manager(void *ctx)
{
	struct service *s = ctx;

	if (!notify_say(&s->notify, "READY=1\nSTATUS=the guest runs"))
		loop_timer_set(s->loop, &s->again, AGAIN_NS, tell_manager, s);
}

/*
 * The mark is reached: the one place where the guest becomes ready, on any thread. Once: one that
 * reboots is as ready as it was.
 */
static void ready(void *ctx)
{
	struct service *s = ctx;

	if (!s->waits)
		return;
	s->waits = false;
	s->is_ready = true;
	event_emit(EVENT_READY, { EVENT_NONE }, { .s = s->opt->service.ready });
	tell_manager(s);
}

static bool mark_is(const struct service *s, const char *mark, size_t len)
{
	return s->opt->service.ready && strncmp(s->opt->service.ready, mark, len) == 0;
}

/* "console" or "console:TEXT" here: options_ready.c has seen to it that there is no other. */
void service_watch(struct service *s, struct console *c)
{
	const char *colon;

	if (!mark_is(s, "console", 7))
		return;
	colon = strchr(s->opt->service.ready, ':');
	s->said = (struct console_watch){ colon ? colon + 1 : NULL, ready, s, NULL };
	console_watch(c, &s->said);
}

static void guest_says(void *ctx, const char *text)
{
	struct service *s = ctx;

	notify_say(&s->notify, "STATUS=the guest says: %s", text);
}

int service_listen(struct service *s)
{
	const struct guest_notify_ops ops = { ready, guest_says, s };

	if (!options_guest_notifies(s->opt))
		return 0;
	s->guest = guest_notify_open(s->loop, options_guest_cid(s->opt), &ops);
	return s->guest ? 0 : -EADDRNOTAVAIL;
}

void service_unlisten(struct service *s)
{
	guest_notify_close(s->guest);
	s->guest = NULL;
}

/* ---- alive ---- */

/* Nothing is said while a vCPU owes an answer, so the manager's patience ends a period later. */
static void watch(void *ctx)
{
	struct service *s = ctx;

	if (vcpus_answer(s->cpus, sys_now_ns()))
		notify_say(&s->notify, "WATCHDOG=1");
	loop_timer_set(s->loop, &s->watchdog, s->notify.watchdog_ns / KICKS, watch, s);
}

void service_started(struct service *s)
{
	if (s->opt->service.ready && !mark_is(s, "started", sizeof("started")))
		notify_say(&s->notify, "STATUS=the guest starts");
	else
		ready(s);
	if (s->notify.watchdog_ns)
		watch(s);
}

void service_reboots(const struct service *s, bool begins)
{
	uint64_t us = s->notify.watchdog_ns / 1000;

	if (us)
		notify_say(&s->notify, "WATCHDOG_USEC=%llu",
			   (unsigned long long)(begins ? us + ram_us(s) : us));
}

void service_stopping(struct service *s)
{
	loop_timer_cancel(s->loop, &s->watchdog);
	loop_timer_cancel(s->loop, &s->again);
	s->waits = false;
	service_unlisten(s);
	notify_say(&s->notify, "STOPPING=1\nSTATUS=the guest has ended");
}
