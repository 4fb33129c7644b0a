/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/text.h"

#include "tests/unit/said.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

TestSuite(text, .timeout = 10);

Test(text, grows_and_counts_what_does_not_fit)
{
	char buf[8];
	struct text t = { .buf = buf, .size = sizeof(buf) }, none = { 0 };

	text_add(&t, "%s", "four");
	cr_expect(eq(str, buf, "four"));
	text_add(&t, "%d%d", 5678, 90);
	cr_expect(eq(str, buf, "four567"));
	text_add(&t, "more");
	cr_expect(eq(sz, t.len, 14));
	text_add(&none, "%s", "counted");
	cr_expect(eq(sz, none.len, 7));
}

Test(text, strings_and_numbers_do_as_formats_do)
{
	static const uint64_t numbers[] = { 0, 9, 10, 18446744073709551615ULL };
	char buf[24], want[24];

	for (size_t size = 1; size <= sizeof(buf); size++)
		for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
			struct text t = { .buf = buf, .size = size };

			text_put(&t, "a");
			text_put_bytes(&t, "bc", 1);
			text_put_number(&t, numbers[i]);
			cr_assert(eq(sz, t.len,
				     (size_t)snprintf(want, size, "ab%" PRIu64, numbers[i])));
			cr_assert(eq(str, buf, want));
		}
}

Test(text, a_string_of_a_guest_is_plain_json)
{
	char buf[64];
	struct text t = { .buf = buf, .size = sizeof(buf) };

	text_add_json(&t, "a\"b\\c\nd\r\x1b\xc3\x7f", 0);
	cr_expect(eq(str, buf, "a\\\"b\\\\c\\nd\\u000d\\u001b\\u00c3\\u007f"));
}

Test(text, and_leaves_room_for_what_follows)
{
	char buf[32];
	struct text t = { .buf = buf, .size = sizeof(buf) };

	text_add_json(&t, "0123456789012345678901234567890123456789", 10);
	cr_expect(le(sz, t.len + 10, sizeof(buf)));
	cr_expect(gt(sz, t.len, 10));
}

Test(text, a_time_is_the_librarys)
{
	for (uint64_t s = 0; s < 8000000000ULL; s += 86399 * 37) {
		time_t when = (time_t)s;
		char buf[40], want[40];
		struct text t = { .buf = buf, .size = sizeof(buf) };
		struct tm tm;

		gmtime_r(&when, &tm);
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S.000123Z", &tm);
		text_add_time(&t, s * 1000000000ULL + 123456);
		cr_assert(eq(str, buf, want));
	}
}
