/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * States of the EPOW event:
 *
 *	none    -> posted   events_post_epow: the interrupt is raised
 *	posted  -> posted   events_post_epow: raised again, still one event
 *	posted  -> fetched  events_fetch: the guest has the log; there is nothing more to fetch
 *	fetched -> posted   events_post_epow: whoever asks may lose patience and ask again
 *	any     -> none     spapr_reset
 *
 * The log: LoPAR 2.8 "RTAS Error Return Format" and "Version 6 Extensions of Event Log Format".
 * Linux looks for a section by its id and steps by the lengths: ids and lengths must be right above
 * all.
 */
#include "sphapr/events.h"

#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

#include <errno.h>
#include <string.h>

/* A log, by offsets: the fixed part, the general part that extends it, and the sections. */
enum {
	LOG_FIXED = 8,
	LOG_GENERAL = 16,
	LOG_PH = LOG_FIXED + LOG_GENERAL, /* Main-A */
	PH_SIZE = 48,
	LOG_UH = LOG_PH + PH_SIZE, /* Main-B */
	UH_SIZE = 24,
	LOG_EP = LOG_UH + UH_SIZE,
	EP_SIZE = 20,
	LOG_SIZE = LOG_EP + EP_SIZE,
};

#define FIXED_EXTENDED 0x04 /* byte 1: an extended part follows */
#define PH_NSECTIONS (LOG_PH + 27)

bool events_post_epow(struct spapr *sp)
{
	if (!intc_is_enabled(&sp->intc, LISN_EPOW))
		return false;
	sp->events.epow = EPOW_POSTED;
	intc_set_line(&sp->intc, LISN_EPOW, true);
	return true;
}

uint32_t events_epow_sensor(const struct spapr *sp)
{
	return sp->events.epow == EPOW_NONE ? EPOW_RESET : EPOW_SYSTEM_SHUTDOWN;
}

static uint32_t bcd(uint32_t n)
{
	return n / 10 << 4 | n % 10;
}

static uint8_t *section(uint8_t *p, const char *id, uint16_t size, uint8_t version)
{
	memcpy(p, id, 2);
	be16_store(p + 2, size);
	p[4] = version;
	return p;
}

static void main_a(uint8_t *p, const struct rtas_date *now, uint32_t log_id)
{
	section(p, "PH", PH_SIZE, 1);
	be32_store(p + 8, bcd(now->year / 100) << 24 | bcd(now->year % 100) << 16 |
				  bcd(now->month) << 8 | bcd(now->day));
	be32_store(p + 12, bcd(now->hour) << 24 | bcd(now->minute) << 16 | bcd(now->second) << 8);
	p[24] = 'H'; /* made by the hypervisor */
	p[27] = 3;   /* sections */
	be32_store(p + 40, log_id);
}

static void main_b(uint8_t *p)
{
	section(p, "UH", UH_SIZE, 1);
	p[8] = 0xa0;  /* subsystem: power and cooling */
	p[11] = 0xd0; /* a normal system shutdown */
}

static void epow(uint8_t *p)
{
	section(p, "EP", EP_SIZE, 2);
	p[8] = EPOW_SYSTEM_SHUTDOWN;
	p[9] = 1;  /* a normal shutdown, with no more reason to it: Linux powers off in order */
	p[10] = 1; /* of this partition only */
}

static void epow_log(struct spapr *sp, uint8_t *log)
{
	struct rtas_date now = rtas_now(sp);

	memset(log, 0, LOG_SIZE);
	log[0] = 6;                                /* version */
	log[1] = 1 << 5 | 2 << 3 | FIXED_EXTENDED; /* an event, not recovered */
	log[3] = 0x40;                             /* type: EPOW */
	be32_store(log + 4, LOG_SIZE - LOG_FIXED);
	log[LOG_FIXED] = 0x86;     /* valid, new, big-endian */
	log[LOG_FIXED + 2] = 0x8e; /* PowerPC format, platform event log */
	memcpy(log + LOG_FIXED + 12, "IBM", 4);
	main_a(log + LOG_PH, &now, sp->events.next_log_id);
	main_b(log + LOG_UH);
	epow(log + LOG_EP);
}

/* A section is whole or absent ("Version 6 Extensions"). The fixed part may be cut anywhere, alone. */
static uint32_t clip(uint8_t *log, bool critical, uint32_t room)
{
	if (!critical && room >= LOG_SIZE)
		return LOG_SIZE;
	if (!critical && room >= LOG_EP) {
		log[PH_NSECTIONS] = 2;
		be32_store(log + 4, LOG_EP - LOG_FIXED);
		return LOG_EP;
	}
	log[1] &= (uint8_t)~FIXED_EXTENDED;
	be32_store(log + 4, 0);
	return room < LOG_FIXED ? room : LOG_FIXED;
}

int events_fetch(struct spapr *sp, uint32_t mask, bool critical, gpa_t buf, uint32_t room)
{
	uint8_t log[LOG_SIZE];
	uint32_t len;

	if (sp->events.epow != EPOW_POSTED || !(mask & EVENT_EPOW))
		return 0;
	epow_log(sp, log);
	len = clip(log, critical, room);
	if (len > 0 && gmem_write(sp->mem, buf, log, len) < 0)
		return -EFAULT;
	sp->events.epow = EPOW_FETCHED;
	sp->events.next_log_id++;
	return 1;
}
