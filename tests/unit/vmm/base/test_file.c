/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/file.h"

#include "tests/fake/sys.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

TestSuite(file, .init = fake_reset);

#define PATH "/sys/x"

Test(file, a_file_is_read_to_its_end_or_to_the_room_there_is)
{
	char buf[8];
	size_t len;

	fake_serve(PATH, "12345", 5);
	cr_assert(eq(int, file_read(PATH, buf, sizeof(buf), &len), 0));
	cr_assert(eq(sz, len, 5));
	cr_assert(eq(int, memcmp(buf, "12345", 5), 0));
	cr_assert(eq(int, file_read(PATH, buf, 3, &len), 0));
	cr_assert(eq(sz, len, 3));
	cr_assert(eq(int, fake_open_fds(), 0));
}

Test(file, a_text_ends_within_its_room_and_is_empty_when_there_is_none)
{
	char buf[4] = "abc";

	fake_serve(PATH, "12345", 5);
	cr_assert(eq(int, file_read_text(PATH, buf, sizeof(buf)), 0));
	cr_assert(eq(str, buf, "123"));
	cr_assert(eq(int, file_read_text("/sys/none", buf, sizeof(buf)), -ENOENT));
	cr_assert(eq(str, buf, ""));
}

Test(file, an_interrupted_read_is_made_again_and_a_failed_one_ends_it)
{
	char buf[8];

	fake_serve(PATH, "12345", 5);
	fake_fail_nth(2, -EINTR);
	cr_assert(eq(int, file_read_text(PATH, buf, sizeof(buf)), 0));
	cr_assert(fake_has_failed());
	cr_assert(eq(str, buf, "12345"));
	fake_fail_nth(3, -EIO);
	cr_assert(eq(int, file_read_text(PATH, buf, sizeof(buf)), -EIO));
	cr_assert(eq(str, buf, "12345")); /* what came before */
	cr_assert(eq(int, fake_open_fds(), 0));
}

Test(file, all_is_written_though_a_write_is_interrupted)
{
	char buf[8];
	int p[2];

	cr_assert(eq(int, pipe(p), 0));
	fake_fail_nth(1, -EINTR);
	cr_assert(eq(int, file_write_all(p[1], "12345", 5), 0));
	cr_assert(fake_has_failed());
	cr_assert(eq(int, (int)read(p[0], buf, sizeof(buf)), 5));
	cr_assert(eq(int, memcmp(buf, "12345", 5), 0));
	fake_fail_nth(1, -ENOSPC);
	cr_assert(eq(int, file_write_all(p[1], "12345", 5), -ENOSPC));
	close(p[0]);
	close(p[1]);
}
