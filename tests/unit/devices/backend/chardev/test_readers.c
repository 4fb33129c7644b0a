/* SPDX-License-Identifier: BSD-2-Clause */
/* Several readers of one stream, who may type. */
#include "tests/unit/devices/backend/chardev/fixture.h"

static void setup_socket(void)
{
	setup();
	cr_assert(eq(int, cd_open_path("unix:"), 0));
}

TestSuite(readers, .init = setup_socket, .fini = teardown, .timeout = 60);

/* One more reader by a descriptor, as the control API brings them. */
static int attach(unsigned int how)
{
	int pair[2];

	cr_assert(eq(int, socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair),
		     0));
	cr_assert(eq(int, chardev_add_reader(&f.cd, pair[0], how), 0));
	return pair[1];
}

static void expect_nothing(int fd)
{
	char c;

	settle();
	cr_assert(eq(long, read(fd, &c, 1), -1));
}

static void hang_up(int fd)
{
	close(fd);
	settle();
}

Test(readers, all_of_eight_read_and_a_ninth_is_told)
{
	int fd[CHARDEV_READERS], more;

	for (size_t i = 0; i < CHARDEV_READERS; i++)
		fd[i] = dial();
	more = dial();
	expect_next(more, "[spapr-vmm: as many as can be are connected already]\r\n");
	cr_assert(say("hello"));
	for (size_t i = 0; i < CHARDEV_READERS; i++) {
		expect_next(fd[i], "hello");
		hang_up(fd[i]);
	}
	close(more);
	more = dial();
	expect_next(more, "hello");
	hang_up(more);
}

Test(readers, the_first_that_types_has_the_input_and_others_are_told_once)
{
	int a = dial(), b = dial();

	type_in(b, "b");
	expect_got("b");
	type_in(a, "lost");
	type_in(a, "lost");
	expect_next(a, "\r\n[spapr-vmm: another user has the input, keys go nowhere]\r\n");
	expect_nothing(a);
	type_in(b, "more");
	expect_got("more");
	hang_up(b);
	type_in(a, "mine");
	expect_got("mine");
	hang_up(a);
}

Test(readers, the_input_is_free_when_its_owner_only_stops_typing)
{
	int a = dial(), b = dial();

	type_in(a, "a");
	shutdown(a, SHUT_WR);
	settle();
	type_in(b, "b");
	expect_got("ab");
	cr_assert(say("both"));
	expect_next(a, "both");
	expect_next(b, "both");
	hang_up(a);
	hang_up(b);
}

Test(readers, one_can_steal_and_one_can_only_read)
{
	int a = dial(), b, c;

	type_in(a, "a");
	b = attach(CHARDEV_STEAL);
	expect_next(a, "\r\n[spapr-vmm: another user has taken the input]\r\n");
	type_in(a, "lost");
	type_in(b, "b");
	expect_got("ab");
	c = attach(CHARDEV_READ_ONLY | CHARDEV_STEAL);
	type_in(c, "lost");
	expect_next(c, "\r\n[spapr-vmm: read-only, keys go nowhere]\r\n");
	hang_up(b);
	type_in(c, "lost");
	type_in(a, "again");
	expect_got("again");
	hang_up(a);
	hang_up(c);
}

/* The guest takes nothing: who typed and left keeps nobody out, and loses nothing. */
Test(readers, who_typed_and_left_keeps_the_next_one_waiting_but_not_out)
{
	uint8_t paste[PASTE];
	int a = dial(), b;
	ssize_t n;

	paste_make(paste);
	f.allow = 0;
	n = write(a, paste, sizeof(paste));
	cr_assert(gt(long, n, CHARDEV_IN_SIZE));
	settle();
	hang_up(a);
	b = dial();
	cr_assert(say("who are you? "));
	expect_next(b, "who are you? ");
	type_in(b, "me");
	expect_nothing(b);
	while (f.len < (size_t)n + 2) {
		f.allow = 1000;
		chardev_resume(&f.cd);
		settle();
	}
	cr_assert(eq(int, memcmp(f.got, paste, (size_t)n), 0));
	cr_assert(eq(int, memcmp(f.got + n, "me", 2), 0));
	hang_up(b);
}

/* ... not even when all places are of such. */
Test(readers, those_who_left_make_room)
{
	static uint8_t paste[PASTE];

	f.allow = 0;
	for (int i = 0; i < 3 * (int)CHARDEV_READERS; i++) {
		int fd = dial();

		cr_assert(gt(long, write(fd, paste, sizeof(paste)), 0));
		settle();
		hang_up(fd);
		fd = dial();
		cr_assert(say("x\n"));
		drop_input(fd);
		cr_assert(say("there"));
		expect_next(fd, "there");
		hang_up(fd);
	}
}

/* How many bytes of the flood came, and how many @fd was told of as lost. */
static void count_flood(int fd, size_t *came, size_t *lost)
{
	char line[128] = "", *end = line;
	uint64_t until = now_ms() + 20000;
	size_t n;

	*came = *lost = 0;
	while (*came + *lost == 0 || strcmp(line, "end") != 0) {
		cr_assert(lt(u64, now_ms(), until), "%zu came, %zu lost", *came, *lost);
		if (read(fd, end, 1) != 1) {
			loop_run_once(&f.h.l, 1);
			continue;
		}
		*++end = '\0';
		if (end[-1] != '\n' && strcmp(line, "end") != 0)
			continue;
		if (sscanf(line, "[... %zu bytes lost]", &n) == 1)
			*lost += n;
		else if (strcmp(line, "\r\n") != 0)
			*came += (size_t)(end - line);
		end = line;
	}
}

Test(readers, a_slow_one_loses_output_and_is_told_how_much_and_the_guest_never_waits)
{
	int slow = dial(), fast = dial();
	size_t came, lost, total = 0;

	for (int i = 0; i < 100000; i++) {
		char line[16], got[16];

		snprintf(line, sizeof(line), "%09d\n", i);
		cr_assert(say(line));
		total += 10;
		cr_assert(eq(long, read(fast, got, sizeof(got)), 10));
		cr_assert(eq(int, memcmp(got, line, 10), 0));
	}
	cr_assert(say("end"));
	count_flood(slow, &came, &lost);
	cr_assert(gt(sz, lost, 0));
	cr_assert(eq(sz, came + lost, total + 3));
	cr_assert(eq(u64, f.cd.lost, lost));
	cr_assert(eq(sz, lost % 10, 0), "whole lines are lost");
	hang_up(slow);
	hang_up(fast);
}

Test(readers, a_mark_is_a_line_of_its_own_for_readers)
{
	int fd = dial();

	cr_assert(say("half a line"));
	chardev_mark(&f.cd, "reboot 1");
	chardev_mark(&f.cd, "reboot 2");
	expect_next(fd, "half a line\r\n[spapr-vmm: reboot 1]\r\n[spapr-vmm: reboot 2]\r\n");
	hang_up(fd);
}

Test(readers, a_stream_that_is_not_open_takes_none)
{
	chardev_close(&f.cd);
	cr_assert(eq(int, chardev_add_reader(&f.cd, 0, 0), -ENOTCONN));
}

TestSuite(readers_of_others, .init = setup, .fini = teardown, .timeout = 60);

Test(readers_of_others, a_stream_without_a_socket_has_them_too)
{
	int fd;

	cr_assert(eq(int, cd_open("none"), 0));
	cr_assert(say("early\n"));
	fd = attach(0);
	expect_next(fd, "early\n");
	type_in(fd, "keys");
	expect_got("keys");
	hang_up(fd);
}

Test(readers_of_others, a_file_has_the_guest_s_words_alone)
{
	char got[32] = "";
	int fd;

	cr_assert(eq(int, cd_open_path("file:"), 0));
	fd = attach(0);
	cr_assert(say("guest\n"));
	chardev_mark(&f.cd, "reboot 1");
	expect_next(fd, "guest\n[spapr-vmm: reboot 1]\r\n");
	hang_up(fd);
	fd = open(f.path, O_RDONLY);
	cr_assert(eq(long, read(fd, got, sizeof(got) - 1), 6));
	cr_assert(eq(str, got, "guest\n"));
	close(fd);
}

Test(readers_of_others, they_and_the_stream_s_end_go_together)
{
	int fd;

	cr_assert(eq(int, cd_open("none"), 0));
	fd = attach(0);
	cr_assert(say("last words"));
	cr_assert(chardev_drain(&f.cd, 1000));
	chardev_close(&f.cd);
	expect_next(fd, "last words");
	cr_assert(eq(long, read(fd, f.got, 1), 0));
	close(fd);
}
