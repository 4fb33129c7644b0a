/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/backend/chardev/ring.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static struct ring r;

TestSuite(ring);

static void put(const char *s)
{
	ring_put(&r, s, strlen(s));
}

/* What is read from @cursor on is @s; @cursor moves behind it. */
static void expect(uint64_t *cursor, const char *s)
{
	char buf[64] = "";

	cr_assert(eq(sz, ring_read(&r, cursor, buf, sizeof(buf) - 1), strlen(s)), "%s", buf);
	cr_assert(eq(str, buf, (char *)s));
}

Test(ring, each_cursor_reads_all)
{
	uint64_t a = 0, b = 0;

	expect(&a, "");
	put("one ");
	expect(&a, "one ");
	put("two");
	expect(&a, "two");
	expect(&b, "one two");
	expect(&a, "");
}

Test(ring, the_oldest_is_lost_and_the_cursor_tells_how_much)
{
	static char big[RING_SIZE + 10];
	uint64_t at = 3, all = 0;
	char c;

	memset(big, 'x', sizeof(big));
	put("first");
	ring_put(&r, big, sizeof(big));
	put("last");
	cr_assert(eq(u64, r.end, RING_SIZE + 19));
	cr_assert(eq(u64, ring_oldest(&r), 19));
	cr_assert(eq(sz, ring_read(&r, &at, &c, 1), 1));
	cr_assert(eq(u64, at, 20));
	cr_assert(eq(sz, ring_read(&r, &all, big, sizeof(big)), RING_SIZE));
	cr_assert(eq(int, memcmp(big + RING_SIZE - 5, "xlast", 5), 0));
}

Test(ring, lines_begin_behind_newlines)
{
	static char big[RING_SIZE];

	cr_assert(eq(u64, ring_first_line(&r), 0));
	cr_assert(eq(u64, ring_last_lines(&r, 3), 0));
	put("one\ntwo\nthr");
	cr_assert(eq(u64, ring_first_line(&r), 0), "the stream's first byte begins a line");
	cr_assert(eq(u64, ring_last_lines(&r, 1), 8));
	cr_assert(eq(u64, ring_last_lines(&r, 2), 4));
	cr_assert(eq(u64, ring_last_lines(&r, 9), 0));
	put("ee\n");
	cr_assert(eq(u64, ring_last_lines(&r, 1), 8));

	memset(big, 'x', sizeof(big));
	ring_put(&r, big, sizeof(big) - 9); /* of "one\ntwo\nthree\n" the last nine are left */
	cr_assert(eq(u64, ring_oldest(&r), 5));
	cr_assert(eq(u64, ring_first_line(&r), 8));
	ring_put(&r, big, sizeof(big));
	cr_assert(eq(u64, ring_first_line(&r), ring_oldest(&r)), "no line ends");
}

Test(ring, a_text_is_found_where_it_ends)
{
	put("boot: ready\n");
	cr_assert(ring_ends_with(&r, 0, 11, "ready"));
	cr_assert(ring_ends_with(&r, 6, 11, "ready"));
	cr_assert(not(ring_ends_with(&r, 7, 11, "ready")), "it began before");
	cr_assert(not(ring_ends_with(&r, 0, 10, "ready")));
	cr_assert(not(ring_ends_with(&r, 0, 3, "ready")));
	cr_assert(ring_ends_with(&r, 0, 12, ""));
}
