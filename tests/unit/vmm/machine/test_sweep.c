/* SPDX-License-Identifier: BSD-2-Clause */
/* sweep.c: each piece once, whoever comes; an error ends it; a long one says how far it is. */
#include "tests/fake/sys.h"
#include "tests/unit/said.h"
#include "vmm/machine/sweep.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#define NPIECES 40

static uint8_t *const host = (uint8_t *)(1 * GiB); /* never touched */
static atomic_uint taken[NPIECES + 1];
static atomic_uint_fast64_t bytes;
static unsigned int fails_at, slow_us, first_us;

static void setup(void)
{
	fake_reset();
	said_catch(LOG_DEBUG);
}

TestSuite(sweep, .init = setup, .timeout = 20);

static int piece(uint8_t *at, uint64_t len)
{
	uint64_t i = (uint64_t)(at - host) / SWEEP_PIECE;

	usleep(i == 0 && first_us ? first_us : slow_us);
	taken[i]++;
	bytes += len;
	return fails_at && i >= fails_at ? -EIO : 0;
}

static void *work(void *arg)
{
	sweep_work(arg);
	return NULL;
}

static int sweep_by(unsigned int nthreads, uint64_t size)
{
	pthread_t threads[8];
	struct sweep s;

	sweep_init(&s, host, size, piece, "test: sweeping");
	for (unsigned int i = 0; i < nthreads; i++)
		cr_assert(eq(int, pthread_create(&threads[i], NULL, work, &s), 0));
	for (unsigned int i = 0; i < nthreads; i++)
		pthread_join(threads[i], NULL);
	return s.err;
}

Test(sweep, each_piece_is_taken_once_by_one_of_them)
{
	slow_us = 100;
	cr_assert(eq(int, sweep_by(8, NPIECES * SWEEP_PIECE + 1), 0));
	for (int i = 0; i <= NPIECES; i++)
		cr_assert(eq(uint, taken[i], 1), "piece %d", i);
	cr_assert(eq(u64, bytes, NPIECES * SWEEP_PIECE + 1));
	cr_assert(eq(int, said_lines(), 0), "%s", said_all());
}

Test(sweep, nothing_has_no_pieces)
{
	cr_assert(eq(int, sweep_by(2, 0), 0));
	cr_assert(eq(u64, bytes, 0));
}

Test(sweep, one_that_fails_is_the_last)
{
	fails_at = 3;
	cr_assert(eq(int, sweep_by(1, NPIECES * SWEEP_PIECE), -EIO));
	cr_assert(eq(u64, bytes, 4 * SWEEP_PIECE));
}

Test(sweep, a_long_one_says_how_far_it_is_once_a_second)
{
	slow_us = 600000;
	cr_assert(eq(int, sweep_by(2, 8 * SWEEP_PIECE), 0)); /* 2.4 s */
	cr_assert(said("test: sweeping guest RAM 0.2/0.5 GiB"), "%s", said_all());
	cr_assert(eq(int, said_lines(), 2), "%s", said_all());
}

Test(sweep, what_is_told_is_what_is_done_not_where_one_of_them_is)
{
	first_us = 1300000; /* the other one has all the rest behind it by then */
	cr_assert(eq(int, sweep_by(2, 8 * SWEEP_PIECE), 0));
	cr_assert(said("test: sweeping guest RAM 0.5/0.5 GiB"), "%s", said_all());
	cr_assert(eq(int, said_lines(), 1), "%s", said_all());
}
