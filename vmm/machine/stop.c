/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ends a guest. SIGTERM and SIGINT, or a device that the host wants back: power the guest off. A
 * guest that listens gets an EPOW event and the time to shut down; one that never fetches it, or whose
 * user asks again, loses power at once.
 */
#define LOG_PREFIX "machine"
#include "vmm/machine/machine_impl.h"

#include "vmm/base/log.h"

#include <stdio.h>

#define SECOND_NS 1000000000ULL
#define FETCH_NS (2 * SECOND_NS)     /* an interrupt away */
#define SHUTDOWN_NS (10 * SECOND_NS) /* from the event to RTAS power-off */

void machine_request_stop(struct machine *m, enum stop_reason why, const char *text)
{
	if (m->stop != STOP_NONE)
		return;
	m->stop = why;
	snprintf(m->stop_text, sizeof(m->stop_text), "%s", text ? text : "");
	/* No guest instruction after this call, on any vCPU; the I/O thread goes on from here. */
	vcpus_stop_soon(&m->cpus);
	loop_quit(&m->loop);
}

static void pull_plug(void *ctx)
{
	struct machine *m = ctx;

	log_info("the guest did not power itself off: pulling the plug");
	machine_request_stop(m, STOP_OFF, NULL);
}

static void see_whether_fetched(void *ctx)
{
	struct machine *m = ctx;

	if (m->sp.events.epow != EPOW_FETCHED)
		pull_plug(m);
	else
		loop_timer_set(&m->loop, &m->off_timer, SHUTDOWN_NS - FETCH_NS, pull_plug, m);
}

void machine_asked(struct machine *m)
{
	unsigned int asks = m->asks;
	bool again = m->asks_seen > 0 || asks > 1;

	if (asks == m->asks_seen)
		return; /* woken for another reason */
	m->asks_seen = asks;
	if (again || !events_post_epow(&m->sp)) {
		machine_request_stop(m, STOP_OFF, NULL);
		return;
	}
	log_info("asked the guest to power off; a second signal pulls the plug");
	loop_timer_set(&m->loop, &m->off_timer, FETCH_NS, see_whether_fetched, m);
}

void machine_host_asks_off(struct machine *m)
{
	if (m->asks > 0)
		return;
	machine_ask_off(m);
}

void machine_ask_off(struct machine *m)
{
	m->asks++;
	loop_wake(&m->loop);
}
