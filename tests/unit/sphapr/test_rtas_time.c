/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/rtas.h"
#include "tests/fake/platform.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <string.h>
#include <time.h>

#define NS_PER_S 1000000000LL

static struct fake_machine *m;

static void setup(void)
{
	m = fake_machine_new(INTC_XIVE, 1, 1);
}

static void teardown(void)
{
	fake_machine_free(m);
}

TestSuite(rtas_time, .init = setup, .fini = teardown);

static int32_t get(uint32_t *date)
{
	uint32_t rets[8];
	int32_t status = fake_rtas(m, "get-time-of-day", 0, NULL, 8, rets);

	memcpy(date, rets + 1, 7 * sizeof(*date));
	return status;
}

static int32_t set(const uint32_t *date)
{
	return fake_rtas(m, "set-time-of-day", 7, date, 1, NULL);
}

static void assert_reads(const uint32_t *want)
{
	uint32_t date[7];

	cr_assert(eq(i32, get(date), RTAS_OK));
	for (int i = 0; i < 7; i++)
		cr_assert(eq(u32, date[i], want[i]), "word %d", i);
}

Test(rtas_time, reads_the_hosts_clock_in_utc)
{
	assert_reads((const uint32_t[]){ 2024, 2, 29, 12, 34, 56, 789 });
}

Test(rtas_time, agrees_with_the_c_library_on_every_day)
{
	for (int64_t day = 0; day < 106751; day++) { /* to 2262 */
		time_t t = (time_t)(day * 86400 + day % 86400);
		struct tm tm;

		m->plat.wall_ns = (uint64_t)t * NS_PER_S;
		gmtime_r(&t, &tm);
		struct rtas_date d = rtas_now(&m->sp);

		cr_assert(d.year == (uint32_t)tm.tm_year + 1900 &&
			  d.month == (uint32_t)tm.tm_mon + 1 && d.day == (uint32_t)tm.tm_mday &&
			  d.hour == (uint32_t)tm.tm_hour && d.minute == (uint32_t)tm.tm_min &&
			  d.second == (uint32_t)tm.tm_sec);
	}
}

Test(rtas_time, a_set_date_is_read_back_and_goes_on)
{
	cr_assert(eq(i32, set((const uint32_t[]){ 2031, 12, 31, 23, 59, 58, 999999999 }), RTAS_OK));
	assert_reads((const uint32_t[]){ 2031, 12, 31, 23, 59, 58, 999999999 });
	m->plat.wall_ns += 1 * NS_PER_S + 1;
	assert_reads((const uint32_t[]){ 2032, 1, 1, 0, 0, 0, 0 });
}

Test(rtas_time, the_offset_goes_both_ways_and_survives_a_reboot)
{
	cr_assert(eq(i32, set((const uint32_t[]){ 1970, 1, 1, 0, 0, 0, 0 }), RTAS_OK));
	cr_assert(eq(i64, m->sp.rtc_offset_ns, -(int64_t)FAKE_WALL_NS));
	cr_assert(eq(int, spapr_reset(&m->sp), 0));
	m->plat.wall_ns += NS_PER_S;
	assert_reads((const uint32_t[]){ 1970, 1, 1, 0, 0, 1, 0 });
	cr_assert(eq(i32, set((const uint32_t[]){ 2261, 12, 31, 23, 59, 59, 999999999 }), RTAS_OK));
	cr_assert(gt(i64, m->sp.rtc_offset_ns, 0));
	assert_reads((const uint32_t[]){ 2261, 12, 31, 23, 59, 59, 999999999 });
}

Test(rtas_time, a_host_clock_set_back_does_not_wrap_the_guests)
{
	cr_assert(eq(i32, set((const uint32_t[]){ 1970, 1, 1, 0, 0, 5, 0 }), RTAS_OK));
	m->plat.wall_ns -= 6 * NS_PER_S;
	assert_reads((const uint32_t[]){ 1970, 1, 1, 0, 0, 0, 0 });
}

struct date_case {
	uint32_t date[7];
	int32_t status;
};

ParameterizedTestParameters(rtas_time, the_calendar_is_checked)
{
	static struct date_case cases[] = {
		{ { 2024, 2, 29, 0, 0, 0, 0 }, RTAS_OK },
		{ { 2000, 2, 29, 0, 0, 0, 0 }, RTAS_OK },
		{ { 2100, 2, 28, 0, 0, 0, 0 }, RTAS_OK },
		{ { 2100, 2, 29, 0, 0, 0, 0 }, RTAS_PARAMETER },
		{ { 2023, 2, 29, 0, 0, 0, 0 }, RTAS_PARAMETER },
		{ { 2024, 2, 30, 0, 0, 0, 0 }, RTAS_PARAMETER },
		{ { 2024, 4, 30, 0, 0, 0, 0 }, RTAS_OK },
		{ { 2024, 4, 31, 0, 0, 0, 0 }, RTAS_PARAMETER },
		{ { 2024, 12, 31, 23, 59, 59, 999999999 }, RTAS_OK },
		{ { 2024, 12, 32, 0, 0, 0, 0 }, RTAS_PARAMETER },
		{ { 2024, 1, 0, 0, 0, 0, 0 }, RTAS_PARAMETER },
		{ { 2024, 0, 1, 0, 0, 0, 0 }, RTAS_PARAMETER },
		{ { 2024, 13, 1, 0, 0, 0, 0 }, RTAS_PARAMETER },
		{ { 2024, UINT32_MAX, 1, 0, 0, 0, 0 }, RTAS_PARAMETER },
		{ { 2024, 1, UINT32_MAX, 0, 0, 0, 0 }, RTAS_PARAMETER },
		{ { 2024, 1, 1, 24, 0, 0, 0 }, RTAS_PARAMETER },
		{ { 2024, 1, 1, 0, 60, 0, 0 }, RTAS_PARAMETER },
		{ { 2024, 1, 1, 0, 0, 60, 0 }, RTAS_PARAMETER },
		{ { 2024, 1, 1, 0, 0, 0, 1000000000 }, RTAS_PARAMETER },
		{ { 1970, 1, 1, 0, 0, 0, 0 }, RTAS_OK },
		{ { 1969, 12, 31, 23, 59, 59, 0 }, RTAS_PARAMETER },
		{ { 2262, 1, 1, 0, 0, 0, 0 }, RTAS_PARAMETER },
		{ { 0, 1, 1, 0, 0, 0, 0 }, RTAS_PARAMETER },
		{ { UINT32_MAX, 1, 1, 0, 0, 0, 0 }, RTAS_PARAMETER },
	};

	return cr_make_param_array(struct date_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct date_case *c, rtas_time, the_calendar_is_checked)
{
	cr_assert(eq(i32, set(c->date), c->status), "%u-%u-%u %u:%u:%u.%u", c->date[0], c->date[1],
		  c->date[2], c->date[3], c->date[4], c->date[5], c->date[6]);
	if (c->status == RTAS_OK)
		assert_reads(c->date);
	else
		cr_assert(eq(i64, m->sp.rtc_offset_ns, 0));
}
