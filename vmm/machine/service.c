/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/machine/service.h"

#include "vmm/base/event.h"
#include "vmm/base/sys.h"

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
	s->waits = opt->service.ready && strcmp(opt->service.ready, "started") != 0;
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

/* A manager that takes no more at the moment would wait for this word for ever. */
static void tell_manager(void *ctx)
{
	struct service *s = ctx;

	if (!notify_say(&s->notify, "READY=1\nSTATUS=the guest runs"))
		loop_timer_set(s->loop, &s->again, AGAIN_NS, tell_manager, s);
}

/* The mark is reached: the one place where the guest becomes ready, on any thread. */
static void ready(struct service *s)
{
	s->waits = false;
	s->is_ready = true;
	event_emit(EVENT_READY, { EVENT_NONE }, { .s = s->opt->service.ready });
	tell_manager(s);
}

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
	if (!s->waits)
		ready(s);
	else
		notify_say(&s->notify, "STATUS=the guest starts");
	if (s->notify.watchdog_ns)
		watch(s);
}

static void was_said(void *ctx)
{
	struct service *s = ctx;

	if (s->waits)
		ready(s);
}

/* "console" or "console:TEXT" here: options_check.c has seen to it that there is no other. */
void service_watch(struct service *s, struct console *c)
{
	const char *colon;

	if (!s->waits)
		return;
	colon = strchr(s->opt->service.ready, ':');
	s->said = (struct console_watch){ colon ? colon + 1 : NULL, was_said, s, NULL };
	console_watch(c, &s->said);
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
	notify_say(&s->notify, "STOPPING=1\nSTATUS=the guest has ended");
}
