/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * States of the EPOW event:
 *
 *	none    -> posted   epow_post: the interrupt is raised
 *	posted  -> posted   epow_post: raised again, still one event
 *	posted  -> fetched  epow_fetch: the guest has the log; there is nothing more to fetch
 *	fetched -> posted   epow_post: whoever asks may lose patience and ask again
 *	any     -> none     spapr_reset
 *
 * The log is errlog.h's, with a section of its own.
 */
#include "sphapr/epow.h"

#include "sphapr/errlog.h"
#include "sphapr/spapr.h"

#include <errno.h>

#define EP_SIZE 20
#define LOG_SIZE (ERRLOG_SECTIONS + EP_SIZE)

bool epow_post(struct spapr *sp)
{
	if (!intc_is_enabled(&sp->intc, LISN_EPOW))
		return false;
	sp->epow = EPOW_POSTED;
	intc_set_line(&sp->intc, LISN_EPOW, true);
	return true;
}

uint32_t epow_sensor(const struct spapr *sp)
{
	return sp->epow == EPOW_NONE ? EPOW_RESET : EPOW_SYSTEM_SHUTDOWN;
}

static void epow_log(const struct spapr *sp, uint8_t *log)
{
	static const struct errlog_kind kind = {
		.severity = 1 << 5 | 2 << 3, /* an event, not recovered */
		.type = 0x40,                /* EPOW */
		.subsystem = 0xa0,           /* power and cooling */
		.event_type = 0xd0,          /* a normal system shutdown */
	};
	uint8_t *p;

	errlog_begin(sp, log, LOG_SIZE, &kind);
	p = errlog_section(log + ERRLOG_SECTIONS, "EP", EP_SIZE, 2);
	p[8] = EPOW_SYSTEM_SHUTDOWN;
	p[9] = 1;  /* a normal shutdown, with no more reason to it: Linux powers off in order */
	p[10] = 1; /* of this partition only */
}

/* The fixed part may be cut anywhere, alone. */
static uint32_t clip(uint8_t *log, bool critical, uint32_t room)
{
	if (!critical && room >= LOG_SIZE)
		return LOG_SIZE;
	if (!critical && room >= ERRLOG_SECTIONS)
		return errlog_cut(log, ERRLOG_SECTIONS);
	errlog_cut(log, ERRLOG_FIXED);
	return room < ERRLOG_FIXED ? room : ERRLOG_FIXED;
}

int epow_fetch(struct spapr *sp, uint32_t mask, bool critical, gpa_t buf, uint32_t room)
{
	uint8_t log[LOG_SIZE];
	uint32_t len;

	if (sp->epow != EPOW_POSTED || !(mask & RTAS_EPOW_WARNING))
		return 0;
	epow_log(sp, log);
	len = clip(log, critical, room);
	if (len > 0 && gmem_write(sp->mem, buf, log, len) < 0)
		return -EFAULT;
	sp->epow = EPOW_FETCHED;
	sp->next_log_id++;
	return 1;
}
