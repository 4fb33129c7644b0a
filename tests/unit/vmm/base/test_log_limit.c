/* SPDX-License-Identifier: BSD-2-Clause */
/* log_limit.c: so many lines a minute. */
#include "vmm/base/log_limit.h"

#include "vmm/base/sys.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static uint32_t allowed(struct log_limit *l, uint32_t tries)
{
	uint32_t n = 0;

	while (tries--)
		n += log_may(l);
	return n;
}

TestSuite(log_limit);

Test(log_limit, so_many_and_no_more)
{
	struct log_limit l = { 0 };

	cr_assert(eq(u32, allowed(&l, 3), 3));
	cr_assert(eq(u32, allowed(&l, 1000), LOG_MAY_LINES - 3));
}

Test(log_limit, a_minute_later_again)
{
	struct log_limit l = { 0 };

	allowed(&l, 1000);
	l.since_ns -= 59 * 1000000000ULL;
	cr_assert(not(log_may(&l)));
	l.since_ns -= 1000000000ULL;
	cr_assert(eq(u32, allowed(&l, 1000), LOG_MAY_LINES));
}
