/* SPDX-License-Identifier: BSD-2-Clause */
/* A console's log file. Its clock is made to go by moving what it remembers of the time. */
#include "devices/backend/chardev/log_file.h"
#include "tests/fake/sys.h"
#include "tests/unit/devices/backend/chardev/fixture.h"

#define SECOND_NS 1000000000ULL

static struct log_file lf;
static struct ring ring;
static char aside[120];

static void setup_log(void)
{
	setup();
	snprintf(aside, sizeof(aside), "%s.1", f.path);
}

static void teardown_log(void)
{
	log_file_close(&lf);
	log_file_close(&lf); /* fine */
	unlink(aside);
	teardown();
}

TestSuite(log_file, .init = setup_log, .fini = teardown_log, .timeout = 60);

static int lf_open(uint64_t rate, uint64_t size)
{
	const struct log_file_conf conf = { f.path, rate, size };

	return log_file_open(&lf, &conf, &ring, &f.h.l);
}

static void speak(const char *s)
{
	ring_put(&ring, s, strlen(s));
	log_file_kick(&lf);
}

/* What the file at @path holds, up to 2 MiB of it. */
static const char *content(const char *path)
{
	static char buf[2 * MiB + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	if (fd >= 0)
		close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	return n < 0 ? "(there is none)" : buf;
}

#define EXPECT(path, text) cr_assert(eq(str, (char *)content(path), (char *)(text)))

Test(log_file, lines_are_there_at_once_and_a_rest_a_moment_later)
{
	struct stat st;

	cr_assert(eq(int, lf_open(0, 0), 0));
	cr_assert(eq(int, stat(f.path, &st), 0));
	cr_assert(eq(uint, st.st_mode & 07777, 0600));
	speak("one\n");
	EXPECT(f.path, "one\n");
	speak("login: ");
	EXPECT(f.path, "one\n");
	for (int i = 0; i < 100 && strlen(content(f.path)) == 4; i++)
		loop_run_once(&f.h.l, 20);
	EXPECT(f.path, "one\nlogin: ");
	speak("x");
	log_file_close(&lf);
	EXPECT(f.path, "one\nlogin: x");
}

Test(log_file, it_is_appended_to_and_what_was_said_before_is_not_in_it)
{
	ring_put(&ring, "before\n", 7);
	cr_assert(eq(int, lf_open(0, 0), 0));
	speak("one\n");
	log_file_close(&lf);
	cr_assert(eq(int, lf_open(0, 0), 0));
	speak("two\n");
	EXPECT(f.path, "one\ntwo\n");
}

Test(log_file, only_a_regular_file_of_its_own_name_will_do)
{
	int reader;

	cr_assert(eq(int, symlink("/etc/passwd", f.path), 0));
	cr_assert(eq(int, lf_open(0, 0), -ELOOP));
	cr_assert(said("this is a symbolic link"), "%s", said_all());
	unlink(f.path);
	cr_assert(eq(int, mkfifo(f.path, 0600), 0));
	cr_assert(lt(int, lf_open(0, 0), 0));
	reader = open(f.path, O_RDONLY | O_NONBLOCK);
	cr_assert(eq(int, lf_open(0, 0), -EINVAL));
	cr_assert(said("this is no regular file"), "%s", said_all());
	close(reader);
	unlink(f.path);
	cr_assert(eq(int, mkdir(f.path, 0700), 0));
	cr_assert(eq(int, lf_open(0, 0), -EISDIR));
	rmdir(f.path);
	cr_assert(eq(int, said_errors(), 4));
}

Test(log_file, a_rotation_in_the_middle_of_a_line_loses_and_doubles_nothing)
{
	cr_assert(eq(int, lf_open(0, 0), 0));
	speak("one\nhal");
	cr_assert(eq(int, rename(f.path, aside), 0));
	log_file_rotate(&lf);
	speak("f\ntwo\n");
	EXPECT(aside, "one\nhal");
	EXPECT(f.path, "f\ntwo\n");
	cr_assert(eq(int, said_errors(), 0));
}

Test(log_file, where_it_cannot_be_opened_anew_the_old_file_goes_on)
{
	cr_assert(eq(int, lf_open(0, 0), 0));
	cr_assert(eq(int, rename(f.path, aside), 0));
	cr_assert(eq(int, mkdir(f.path, 0700), 0));
	log_file_rotate(&lf);
	cr_assert(said("cannot be opened anew"), "%s", said_all());
	speak("on\n");
	EXPECT(aside, "on\n");
	rmdir(f.path);
}

Test(log_file, at_its_size_it_is_moved_aside_by_the_loop)
{
	cr_assert(eq(int, lf_open(0, 10), 0));
	speak("0123456789\n");
	EXPECT(aside, "(there is none)");
	settle();
	EXPECT(aside, "0123456789\n");
	speak("a\n");
	EXPECT(f.path, "a\n");
	speak("0123456789\n");
	settle();
	EXPECT(aside, "a\n0123456789\n");
	EXPECT(f.path, "");
}

Test(log_file, where_it_cannot_be_moved_aside_it_grows_on)
{
	cr_assert(eq(int, lf_open(0, 10), 0));
	cr_assert(eq(int, mkdir(aside, 0700), 0));
	speak("0123456789\n");
	settle();
	cr_assert(said("it cannot be moved to"), "%s", said_all());
	speak("more\n");
	EXPECT(f.path, "0123456789\nmore\n");
	rmdir(aside);
}

/* The loop tries again by itself, ten seconds later. */
Test(log_file, a_disk_with_room_again_is_told)
{
	cr_assert(eq(int, lf_open(0, 0), 0));
	fake_fail_all("write it", -ENOSPC);
	speak("one\n");
	fake_fail_all(NULL, 0);
	cr_assert(lf.timer.armed);
	loop_timer_cancel(&f.h.l, &lf.timer);
	loop_timer_set(&f.h.l, &lf.timer, 0, lf.timer.fn, lf.timer.ctx);
	settle();
	cr_assert(said("goes on"), "%s", said_all());
	EXPECT(f.path, "one\n");
}

/* A second passes. */
static void pass(void)
{
	lf.may_ns -= SECOND_NS;
	lf.limited = false;
	log_file_kick(&lf);
}

Test(log_file, what_comes_too_fast_waits_and_then_is_lost_and_counted)
{
	static const char line[] = "0123456789abcdef0123456789abcde\n";
	size_t lines = 0, lost = 0, came = 0;
	const char *p;

	cr_assert(eq(int, lf_open(8192, 0), 0));
	for (; lines < 4096; lines++) /* 128 KiB, at once: four seconds' worth are 32 KiB */
		speak(line);
	cr_assert(ge(sz, strlen(content(f.path)), 32768));
	cr_assert(le(sz, strlen(content(f.path)), 32768 + 8192), "a second, on a slow machine");
	cr_assert(eq(u64, lf.lost, 0), "not known yet");
	for (int i = 0; i < 10; i++) {
		pass();
		speak("x\n");
	}
	cr_assert(eq(u64, lf.at, ring.end));
	p = strstr(content(f.path), "\n[... ");
	cr_assert(ne(ptr, (void *)(uintptr_t)p, NULL));
	cr_assert(eq(int, sscanf(p, "\n[... %zu bytes lost]\n", &lost), 1));
	cr_assert(eq(u64, lf.lost, lost));
	came = strlen(content(f.path)) - strlen("\n[... 12345 bytes lost]\n");
	cr_assert(eq(ptr, strstr(p + 1, "\n[... "), NULL), "one mark for all");
	cr_assert(eq(sz, came + lost, lines * 32 + 20));
}

Test(log_file, a_full_disk_is_named_once_and_tried_again)
{
	cr_assert(eq(int, lf_open(0, 0), 0));
	fake_fail_all("write it", -ENOSPC);
	for (int i = 0; i < 100; i++)
		speak("kept\n");
	cr_assert(eq(int, said_errors(), 1));
	cr_assert(said("No space left"), "%s", said_all());
	fake_fail_all(NULL, 0);
	speak("more\n");
	EXPECT(f.path, "");
	lf.failed = false; /* ten seconds pass */
	speak("end\n");
	cr_assert(eq(sz, strlen(content(f.path)), 100 * 5 + 9));
	cr_assert(eq(u64, lf.lost, 0));
}

Test(log_file, every_failure_leaves_nothing)
{
	unsigned int n = 0;

	do {
		fake_fail_nth(++n, -EIO);
		if (lf_open(0, 0) == 0)
			log_file_close(&lf);
		else
			cr_assert(eq(int, said_errors(), (int)n), "%s", fake_failed_call());
		cr_assert(eq(int, open_fds(), f.fds + 3), "%s",
			  fake_failed_call()); /* the loop's */
	} while (fake_has_failed() && n < 50);
	cr_assert(eq(uint, n, 3), "folder, file");
}
