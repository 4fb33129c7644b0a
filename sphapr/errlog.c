/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/errlog.h"

#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

#include <string.h>

#define FIXED_EXTENDED 0x04 /* byte 1: an extended part follows */
#define NSECTIONS (ERRLOG_MAIN_A + 27)

static uint32_t bcd(uint32_t n)
{
	return n / 10 << 4 | n % 10;
}

uint8_t *errlog_section(uint8_t *p, const char *id, uint16_t size, uint8_t version)
{
	memcpy(p, id, 2);
	be16_store(p + 2, size);
	p[4] = version;
	return p;
}

static void main_a(uint8_t *p, const struct rtas_date *now, uint32_t log_id)
{
	errlog_section(p, "PH", ERRLOG_MAIN_B - ERRLOG_MAIN_A, 1);
	be32_store(p + 8, bcd(now->year / 100) << 24 | bcd(now->year % 100) << 16 |
				  bcd(now->month) << 8 | bcd(now->day));
	be32_store(p + 12, bcd(now->hour) << 24 | bcd(now->minute) << 16 | bcd(now->second) << 8);
	p[24] = 'H'; /* made by the hypervisor */
	be32_store(p + 40, log_id);
}

static void main_b(uint8_t *p, const struct errlog_kind *kind)
{
	errlog_section(p, "UH", ERRLOG_SECTIONS - ERRLOG_MAIN_B, 1);
	p[8] = kind->subsystem;
	p[10] = kind->event_severity;
	p[11] = kind->event_type;
}

void errlog_begin(const struct spapr *sp, uint8_t *log, uint32_t size,
		  const struct errlog_kind *kind)
{
	struct rtas_date now = rtas_now(sp);

	memset(log, 0, size);
	log[0] = 6; /* version */
	log[1] = kind->severity | FIXED_EXTENDED;
	log[3] = kind->type;
	be32_store(log + 4, size - ERRLOG_FIXED);
	log[ERRLOG_FIXED] = 0x86;     /* valid, new, big-endian */
	log[ERRLOG_FIXED + 2] = 0x8e; /* PowerPC format, platform event log */
	memcpy(log + ERRLOG_FIXED + 12, "IBM", 4);
	main_a(log + ERRLOG_MAIN_A, &now, sp->next_log_id);
	log[NSECTIONS] = 3;
	main_b(log + ERRLOG_MAIN_B, kind);
}

uint32_t errlog_cut(uint8_t *log, uint32_t end)
{
	if (end == ERRLOG_FIXED)
		log[1] &= (uint8_t)~FIXED_EXTENDED;
	log[NSECTIONS] = 2;
	be32_store(log + 4, end - ERRLOG_FIXED);
	return end;
}
