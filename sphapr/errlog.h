/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_ERRLOG_H
#define SPHAPR_ERRLOG_H

/*
 * The error and event logs that RTAS calls hand to a guest: a fixed part, a general part, and
 * sections, of which the first two, Main-A and Main-B, are in every log.
 *
 * Linux looks for a section by its id and steps by the lengths: ids and lengths must be right above
 * all. Source: LoPAR 2.8 "RTAS Error Return Format", "Version 6 Extensions of Event Log Format".
 */

#include "vmm/base/types.h"

struct spapr;

/* Offsets into a log, and sizes of its parts, in bytes. */
enum {
	ERRLOG_FIXED = 8,
	ERRLOG_MAIN_A = ERRLOG_FIXED + 16,    /* after the general part */
	ERRLOG_MAIN_B = ERRLOG_MAIN_A + 48,   /* whole */
	ERRLOG_SECTIONS = ERRLOG_MAIN_B + 24, /* where the caller's sections begin */
	ERRLOG_SECTION_HEAD = 8,
};

struct errlog_kind {
	uint8_t severity; /* fixed part: how bad, and whether recovered */
	uint8_t type;
	uint8_t subsystem; /* Main-B */
	uint8_t event_severity;
	uint8_t event_type;
};

/*
 * Writes all but the last section: the log will have @size bytes, at most RTAS_ERROR_LOG_MAX, and one
 * section after Main-B, for which @log has room. The log's number is sp->next_log_id; counting is the
 * caller's.
 */
void errlog_begin(const struct spapr *sp, uint8_t *log, uint32_t size,
		  const struct errlog_kind *kind);

/* The head of a section of @size bytes at @p, its id two letters. Returns @p. */
uint8_t *errlog_section(uint8_t *p, const char *id, uint16_t size, uint8_t version);

/*
 * Makes the log end with its fixed part (@end is ERRLOG_FIXED), or before the caller's section
 * (ERRLOG_SECTIONS): a section is whole or absent. Returns @end.
 */
uint32_t errlog_cut(uint8_t *log, uint32_t end);

#endif
