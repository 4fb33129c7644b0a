/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_LOG_LIMIT_H
#define VMM_BASE_LOG_LIMIT_H

/*
 * For lines that a guest can cause again and again, and that tell something new each time: of one
 * object LOG_MAY_LINES a minute, so that no guest fills a disk. (What a guest does wrong is said once
 * a site: log_guest().)
 *
 *	if (log_may(&pe->said))
 *		log_warn(...);
 */

#include <stdbool.h>
#include <stdint.h>

#define LOG_MAY_LINES 10

struct log_limit {
	uint64_t since_ns; /* when this minute began */
	uint32_t said;     /* in it */
};

/* @l is zeroed at first, and is its owner's: no lock. True: say it. */
bool log_may(struct log_limit *l);

#endif
