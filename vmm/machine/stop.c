/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SIGTERM and SIGINT, or a device that the host wants back: power the guest off. A guest that
 * listens gets an EPOW event and the time to shut down; one that never fetches it, or whose user
 * asks again, loses power at once.
 */
#define LOG_PREFIX "machine"
#include "vmm/machine/stop.h"

#include "vmm/base/event.h"
#include "vmm/base/log.h"

#include <stdio.h>

#define SECOND_NS 1000000000ULL
#define FETCH_NS (2 * SECOND_NS)     /* an interrupt away */
#define SHUTDOWN_NS (10 * SECOND_NS) /* from the event to RTAS power-off */

void stop_init(struct stop *s, struct spapr *sp, struct vcpus *cpus, struct loop *loop)
{
	s->sp = sp;
	s->cpus = cpus;
	s->loop = loop;
}

void stop_request(struct stop *s, enum stop_reason why, const char *text)
{
	if (s->why != STOP_NONE)
		return;
	s->why = why;
	snprintf(s->text, sizeof(s->text), "%s", text ? text : "");
	/* No guest instruction after this call, on any vCPU; the I/O thread goes on from here. */
	vcpus_stop_soon(s->cpus);
	loop_quit(s->loop);
}

void stop_off(struct stop *s, const char *by)
{
	if (s->why == STOP_NONE)
		s->by = by;
	stop_request(s, STOP_OFF, NULL);
}

void stop_forget(struct stop *s)
{
	s->why = STOP_NONE;
	s->by = NULL;
	loop_timer_cancel(s->loop, &s->off_timer);
}

static const char *who_asks(const struct stop *s)
{
	return s->host_asks && s->asks < 2 ? "host" : "signal";
}

static void pull_plug(void *ctx)
{
	struct stop *s = ctx;

	log_info("the guest did not power itself off: pulling the plug");
	stop_off(s, who_asks(s));
}

static void see_whether_fetched(void *ctx)
{
	struct stop *s = ctx;

	if (s->sp->epow != EPOW_FETCHED)
		pull_plug(s);
	else
		loop_timer_set(s->loop, &s->off_timer, SHUTDOWN_NS - FETCH_NS, pull_plug, s);
}

void stop_woken(struct stop *s)
{
	unsigned int asks = s->asks;
	bool again = s->asks_seen > 0 || asks > 1;

	if (asks == s->asks_seen)
		return; /* woken for another reason */
	s->asks_seen = asks;
	if (again || !epow_post(s->sp)) {
		stop_off(s, who_asks(s));
		return;
	}
	event_emit(EVENT_POWER_BUTTON, { .s = who_asks(s) });
	log_info("asked the guest to power off; a second signal pulls the plug");
	loop_timer_set(s->loop, &s->off_timer, FETCH_NS, see_whether_fetched, s);
}

void stop_ask_off(struct stop *s)
{
	s->asks++;
	loop_wake(s->loop);
}

void stop_host_asks_off(struct stop *s)
{
	if (s->asks > 0)
		return;
	s->host_asks = true;
	stop_ask_off(s);
}
