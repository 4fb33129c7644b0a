/* SPDX-License-Identifier: BSD-2-Clause */
/* What is common to all streams, and file: and none. */
#include "tests/unit/devices/backend/chardev/fixture.h"

#include <criterion/parameterized.h>
#include <sys/socket.h>

TestSuite(chardev, .init = setup, .fini = teardown, .timeout = 60);

Test(chardev, an_unknown_spec_is_refused_with_one_line)
{
	static const char *const bad[] = { "",      "stdi", "stdiox", "file:",
					   "unix:", "file", "none:x", "tcp:1" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		said_forget();
		cr_assert(eq(int, cd_open(bad[i]), -EINVAL), "%s", bad[i]);
		cr_assert(eq(int, said_errors(), 1));
		cr_assert(eq(int, said_lines(), 1));
	}
}

Test(chardev, a_zeroed_one_can_be_closed)
{
	struct chardev *zero = calloc(1, sizeof(*zero));

	chardev_close(zero);
	cr_assert(chardev_drain(zero, 1000));
	chardev_resume(zero);
	free(zero);
}

Test(chardev, none_swallows_output)
{
	cr_assert(eq(int, cd_open("none"), 0));
	cr_assert(eq(sz, flood(0, 1000000), 1000000));
	cr_assert(chardev_drain(&f.cd, 0));
	settle();
	cr_assert(eq(sz, f.len, 0));
}

Test(chardev, file_is_truncated_and_written_at_once)
{
	int fd = open(f.path, O_WRONLY | O_CREAT, 0600);
	char buf[100];

	cr_assert(eq(long, write(fd, "what was there before", 21), 21));
	close(fd);
	cr_assert(eq(int, cd_open_path("file:"), 0));
	cr_assert(say("hello "));
	cr_assert(say("world"));
	fd = open(f.path, O_RDONLY);
	cr_assert(eq(long, read(fd, buf, sizeof(buf)), 11));
	cr_assert(eq(int, memcmp(buf, "hello world", 11), 0));
	close(fd);
	cr_assert(chardev_drain(&f.cd, 0));
	settle();
}

Test(chardev, a_new_file_may_be_read_by_all)
{
	struct stat st;

	umask(022);
	cr_assert(eq(int, cd_open_path("file:"), 0));
	cr_assert(eq(int, stat(f.path, &st), 0));
	cr_assert(eq(uint, st.st_mode & 07777, 0644));
}

Test(chardev, a_file_that_cannot_be_made_is_said_once)
{
	cr_assert(eq(int, cd_open("file:/nonexistent/dir/log"), -ENOENT));
	cr_assert(eq(int, said_errors(), 1));
	cr_assert(eq(int, cd_open("file:/"), -EISDIR));
	cr_assert(eq(int, said_errors(), 2));
}

Test(chardev, a_full_disk_is_said_once_and_the_guest_goes_on)
{
	cr_assert(eq(int, cd_open("file:/dev/full"), 0));
	for (int i = 0; i < 10; i++)
		cr_assert(say("lost"));
	cr_assert(eq(int, said_errors(), 1));
	settle();
}

Test(chardev, a_fifo_needs_its_reader_and_survives_its_end)
{
	int fd;

	cr_assert(eq(int, mkfifo(f.path, 0600), 0));
	cr_assert(eq(int, cd_open_path("file:"), -ENXIO));
	cr_assert(eq(int, said_errors(), 1));
	fd = open(f.path, O_RDONLY | O_NONBLOCK);
	cr_assert(eq(int, cd_open_path("file:"), 0));
	cr_assert(say("x"));
	expect_read(fd, "x");
	close(fd);
	cr_assert(eq(sz, flood(0, 1000000), 1000000)); /* discarded, and no SIGPIPE */
	settle();
}
