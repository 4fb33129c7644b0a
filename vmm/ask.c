/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SIGTERM and SIGINT, or a device that the host wants back: power the guest off. A guest that listens
 * gets an EPOW event and the time to shut down; one that never fetches it, or whose user asks again,
 * loses power at once.
 */
#define LOG_PREFIX "machine"
#include "vmm/machine_impl.h"

#include "vmm/base/log.h"

#define SECOND_NS 1000000000ULL
#define FETCH_NS (2 * SECOND_NS)     /* an interrupt away */
#define SHUTDOWN_NS (10 * SECOND_NS) /* from the event to RTAS power-off */

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
