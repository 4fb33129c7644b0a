/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_EVENTS_H
#define SPHAPR_EVENTS_H

/*
 * Error and event logs for the guest (RTAS check-exception, event-scan). The only event of this
 * machine is EPOW, which asks for an orderly power-off; at most one waits. The event's states are
 * none, posted (the interrupt is raised), fetched (the guest read the log): events.c says who
 * enters which.
 */

#include "vmm/base/types.h"

struct spapr;

enum epow_state { EPOW_NONE, EPOW_POSTED, EPOW_FETCHED };

/* Event classes of the masks in check-exception and event-scan. */
#define EVENT_INTERNAL_ERROR 0x80000000u
#define EVENT_EPOW 0x40000000u
#define EVENT_HOTPLUG 0x10000000u
#define EVENT_IO 0x08000000u

/* Values of the EPOW sensor, and of the action in an EPOW log. */
#define EPOW_RESET 0
#define EPOW_SYSTEM_SHUTDOWN 3

struct events {
	enum epow_state epow;
	uint32_t next_log_id;
};

/* Ask the guest to power off. False: the guest has not enabled that interrupt, and will never hear. */
bool events_post_epow(struct spapr *sp);

/**
 * events_fetch - hand the first waiting event of the classes in @mask to the guest
 * @critical: only the fixed part of the log, without extended information
 * @buf, @room: guest memory for the log; never written beyond @room
 * Return 1 and the event is done; 0 none waits; -EFAULT @buf is not RAM, the event still waits.
 */
int events_fetch(struct spapr *sp, uint32_t mask, bool critical, gpa_t buf, uint32_t room);

/* What the EPOW sensor reads: EPOW_RESET, or EPOW_SYSTEM_SHUTDOWN once it was posted. */
uint32_t events_epow_sensor(const struct spapr *sp);

#endif
