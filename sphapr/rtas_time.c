/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's clock: the host's UTC plus an offset that the guest sets and that outlives a reboot.
 * Source: LoPAR 2.8 "get-time-of-day", "set-time-of-day".
 */
#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

#define NS_PER_S 1000000000ULL
#define S_PER_DAY 86400ULL

/* The years in which every moment, and its distance from any other, fits an int64_t of ns. */
#define YEAR_MIN 1970
#define YEAR_MAX 2261
#define LEAPS_BEFORE_EPOCH (1969 / 4 - 1969 / 100 + 1969 / 400)

static bool leap(uint32_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static uint32_t month_days(uint32_t year, uint32_t month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && leap(year));
}

/* From the epoch to the first of January. */
static uint32_t days_before(uint32_t year)
{
	uint32_t y = year - 1, leaps = y / 4 - y / 100 + y / 400;

	return (year - YEAR_MIN) * 365 + leaps - LEAPS_BEFORE_EPOCH;
}

static bool date_valid(const struct rtas_date *d)
{
	return d->year >= YEAR_MIN && d->year <= YEAR_MAX && d->month >= 1 && d->month <= 12 &&
	       d->day >= 1 && d->day <= month_days(d->year, d->month) && d->hour < 24 &&
	       d->minute < 60 && d->second < 60 && d->ns < NS_PER_S;
}

/* Of a valid date. */
static uint64_t date_to_ns(const struct rtas_date *d)
{
	uint64_t s = days_before(d->year) + d->day - 1;

	for (uint32_t m = 1; m < d->month; m++)
		s += month_days(d->year, m);
	s = s * S_PER_DAY + d->hour * 3600ULL + d->minute * 60ULL + d->second;
	return s * NS_PER_S + d->ns;
}

static struct rtas_date date_from_ns(uint64_t ns)
{
	uint64_t s = ns / NS_PER_S;
	uint32_t days = (uint32_t)(s / S_PER_DAY), rest = (uint32_t)(s % S_PER_DAY);
	struct rtas_date d = { .month = 1, .ns = (uint32_t)(ns % NS_PER_S) };

	d.year = YEAR_MIN + days / 366; /* or the next: fewer leap days than years are left out */
	while (days >= days_before(d.year + 1))
		d.year++;
	days -= days_before(d.year);
	for (; days >= month_days(d.year, d.month); d.month++)
		days -= month_days(d.year, d.month);
	d.day = days + 1;
	d.hour = rest / 3600;
	d.minute = rest / 60 % 60;
	d.second = rest % 60;
	return d;
}

struct rtas_date rtas_now(const struct spapr *sp)
{
	uint64_t wall = sp->plat.wall_ns(sp->plat.ctx);
	uint64_t offset = (uint64_t)sp->rtc_offset_ns;

	/* When the host's clock was set back since, the guest's stops at the epoch. */
	if (sp->rtc_offset_ns < 0 && wall < -offset)
		return date_from_ns(0);
	return date_from_ns(wall + offset);
}

static int32_t get_time_of_day(struct spapr *sp, struct rtas_call *c)
{
	struct rtas_date d = rtas_now(sp);

	c->rets[1] = d.year;
	c->rets[2] = d.month;
	c->rets[3] = d.day;
	c->rets[4] = d.hour;
	c->rets[5] = d.minute;
	c->rets[6] = d.second;
	c->rets[7] = d.ns;
	return RTAS_OK;
}

static int32_t set_time_of_day(struct spapr *sp, struct rtas_call *c)
{
	struct rtas_date d = {
		.year = c->args[0],
		.month = c->args[1],
		.day = c->args[2],
		.hour = c->args[3],
		.minute = c->args[4],
		.second = c->args[5],
		.ns = c->args[6],
	};

	if (!date_valid(&d))
		return RTAS_PARAMETER;
	sp->rtc_offset_ns = (int64_t)(date_to_ns(&d) - sp->plat.wall_ns(sp->plat.ctx));
	return RTAS_OK;
}

const struct rtas_desc rtas_time[] = {
	{ "get-time-of-day", 0, 8, 8, get_time_of_day },
	{ "set-time-of-day", 7, 1, 1, set_time_of_day },
	{ 0 },
};
