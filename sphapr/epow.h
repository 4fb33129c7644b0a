/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_EPOW_H
#define SPHAPR_EPOW_H

/*
 * The event EPOW (environmental and power warning), by which the guest is asked for an orderly power-off,
 * and its log, which RTAS check-exception fetches. The machine has no other event; at most one waits. The
 * event's states are none, posted (the interrupt is raised), fetched (the guest read the log): epow.c says
 * who enters which.
 */

#include "vmm/base/types.h"

struct spapr;

enum epow_state { EPOW_NONE, EPOW_POSTED, EPOW_FETCHED };

/* Classes of events in the masks of check-exception and event-scan, as in Linux's asm/rtas.h. */
#define RTAS_INTERNAL_ERROR 0x80000000u
#define RTAS_EPOW_WARNING 0x40000000u
#define RTAS_HOTPLUG_EVENTS 0x10000000u
#define RTAS_IO_EVENTS 0x08000000u

/* Values of the EPOW sensor, and of the action in an EPOW log. */
#define EPOW_RESET 0
#define EPOW_SYSTEM_SHUTDOWN 3

/* Ask the guest to power off. False: the guest has not enabled that interrupt, and will never hear. */
bool epow_post(struct spapr *sp);

/**
 * epow_fetch - hand the log of an event that waits to the guest
 * @mask: classes, RTAS_EPOW_WARNING among them
 * @critical: only the fixed part of the log, without extended information
 * @buf, @room: guest memory for the log; never written beyond @room
 * Return 1 and the event is done; 0 none waits, or its class is not in @mask; -EFAULT @buf is not RAM, the
 * event still waits.
 */
int epow_fetch(struct spapr *sp, uint32_t mask, bool critical, gpa_t buf, uint32_t room);

/* What the EPOW sensor reads: EPOW_RESET, or EPOW_SYSTEM_SHUTDOWN once it was posted. */
uint32_t epow_sensor(const struct spapr *sp);

#endif
