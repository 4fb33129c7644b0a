/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/devices/backend/chardev/fixture.h"
#include "tests/unit/needs.h"

#include <termios.h>

TestSuite(chardev_pty, .init = setup, .fini = teardown, .timeout = 60);

static void open_pty(void)
{
	needs_pts();
	cr_assert(eq(int, cd_open("pty"), 0));
}

/* The user's side, at the place that was logged. */
static int visit(void)
{
	const char *path = strstr(said_last(), "/dev/pts/");
	int fd;

	cr_assert(ne(ptr, (void *)path, NULL));
	fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK);
	cr_assert(ge(int, fd, 0), "%s: %s", path, strerror(errno));
	return fd;
}

Test(chardev_pty, says_where_it_is_and_is_raw)
{
	struct termios t;
	int fd;

	open_pty();
	cr_assert(eq(int, said_lines(), 1));
	cr_assert(ne(ptr, strstr(said_last(), "console: /dev/pts/"), NULL));
	fd = visit();
	cr_assert(eq(int, tcgetattr(fd, &t), 0));
	cr_assert(eq(uint, t.c_lflag & (ICANON | ECHO | ISIG), 0));
	cr_assert(eq(uint, t.c_oflag & OPOST, 0));
	cr_assert(say("a\nb"));
	expect_read(fd, "a\nb");
	cr_assert(eq(long, write(fd, "\x03\x04\r\x01x", 5), 5));
	settle();
	expect_got("\x03\x04\r\x01x");
	cr_assert(eq(int, f.quits, 0));
	close(fd);
}

Test(chardev_pty, visitors_come_and_go)
{
	open_pty();
	for (int i = 0; i < 3; i++) {
		int fd = visit();

		settle();
		cr_assert(say("hi"));
		expect_read(fd, "hi");
		cr_assert(eq(long, write(fd, "yo", 2), 2));
		close(fd);
		settle(); /* comes to rest */
		expect_got("yo");
	}
}

Test(chardev_pty, a_64k_paste_arrives_whole)
{
	uint8_t paste[PASTE];
	int fd;

	paste_make(paste);
	open_pty();
	fd = visit();
	paste_through(fd, paste, 500);
	close(fd);
}

Test(chardev_pty, a_visitor_who_reads_gets_all_of_a_flood)
{
	size_t n;
	int fd;

	open_pty();
	fd = visit();
	n = flood(0, 10 * MiB);
	cr_assert(lt(sz, n, 10 * MiB));
	drink(fd, n);
	close(fd);
}

Test(chardev_pty, without_a_visitor_the_guest_waits_a_second_at_most)
{
	uint64_t start;
	uint8_t tail[4096];
	size_t n, at = 0;
	ssize_t r;
	int fd;

	open_pty();
	n = flood(0, 10 * MiB);
	cr_assert(lt(sz, n, 10 * MiB));
	start = now_ms();
	for (n = 0; n < MiB; usleep(1000)) {
		n += flood(n, MiB - n);
		cr_assert(lt(u64, now_ms() - start, 3000), "stuck after %zu bytes", n);
	}
	start = now_ms();
	cr_assert(not(chardev_drain(&f.cd, 5000))); /* nor does the end wait for nobody */
	cr_assert(lt(u64, now_ms() - start, 1000));

	/* Who comes late sees the last of it. */
	cr_assert(say("the end"));
	fd = visit();
	start = now_ms();
	while (at < 7 || memcmp(tail + at - 7, "the end", 7) != 0) {
		cr_assert(lt(u64, now_ms() - start, 20000), "the end does not come");
		loop_run_once(&f.h.l, 2);
		if (at > sizeof(tail) / 2) {
			memmove(tail, tail + at - 100, 100);
			at = 100;
		}
		r = read(fd, tail + at, sizeof(tail) / 2);
		at += r > 0 ? (size_t)r : 0;
	}
	cr_assert(lt(sz, flood(0, 10 * MiB), 10 * MiB)); /* somebody reads: no more is lost */
	close(fd);
}

static _Atomic size_t has_read;
static _Atomic bool reads_no_more;

static void *slow_reader(void *arg)
{
	char buf[1000];
	ssize_t r;

	while (!reads_no_more && (r = read(*(int *)arg, buf, sizeof(buf))) != 0) {
		has_read += r > 0 ? (size_t)r : 0;
		usleep(1000);
	}
	return NULL;
}

Test(chardev_pty, the_end_waits_for_a_visitor_who_reads)
{
	pthread_t thread;
	size_t n;
	int fd;

	open_pty();
	fd = visit();
	n = flood(0, 10 * MiB);
	pthread_create(&thread, NULL, slow_reader, &fd);
	cr_assert(chardev_drain(&f.cd, 5000));
	for (int i = 0; i < 5000 && has_read < n; i++)
		usleep(1000);
	cr_assert(eq(sz, has_read, n));
	reads_no_more = true;
	pthread_join(thread, NULL);
	close(fd);
}
