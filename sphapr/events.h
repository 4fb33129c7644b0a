/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_EVENTS_H
#define SPHAPR_EVENTS_H

/*
 * Error and event logs for the guest (RTAS check-exception, event-scan). The only event of this
 * machine so far is EPOW, "power off in an orderly way"; hot-plug events join it in the queue.
 *
 * States of the EPOW event: none -> posted (interrupt raised) -> fetched (the guest read the log).
 */

#include "vmm/base/types.h"

struct spapr;

enum epow_state { EPOW_NONE, EPOW_POSTED, EPOW_FETCHED };

struct events {
	enum epow_state epow;
	uint32_t next_log_id;
};

/* Ask the guest to power off. False when it has not enabled that interrupt: it will never hear. */
bool events_post_epow(struct spapr *sp);

#endif
