/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest_notify.c: what the guest's own service manager says, on pairs of sockets in place of vsock
 * connections. Who is believed needs a real one: tests/lab/service.sh.
 */
#include "vmm/control/guest_notify.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct loop loop;
static struct guest_notify *g;
static int readies, statuses;
static char status[256];

static void ready(void *ctx)
{
	(void)ctx;
	readies++;
}

static void says(void *ctx, const char *text)
{
	(void)ctx;
	statuses++;
	strcpy(status, text);
}

static void setup(void)
{
	const struct guest_notify_ops ops = { ready, says, NULL };

	cr_assert(eq(int, loop_init(&loop, NULL), 0));
	g = guest_notify_new(&loop, 3, &ops);
	readies = statuses = 0;
	status[0] = '\0';
}

static void teardown(void)
{
	guest_notify_close(g);
	loop_close(&loop);
}

TestSuite(guest_notify, .init = setup, .fini = teardown, .timeout = 30);

/* The guest's end of a connection that is heard. */
static int call(void)
{
	int fd[2];

	cr_assert(eq(int, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0));
	guest_notify_hear(g, fd[0]);
	return fd[1];
}

static void write_all(int fd, const char *text)
{
	cr_assert(eq(long, write(fd, text, strlen(text)), (long)strlen(text)));
}

static void run(int ms)
{
	for (int i = 0; i < ms; i += 10)
		loop_run_once(&loop, 10);
}

/* As systemd does: the message, its end, and then it waits for ours. */
static void tells(const char *text)
{
	int fd = call();
	char c;

	write_all(fd, text);
	shutdown(fd, SHUT_WR);
	run(20);
	cr_assert(eq(long, recv(fd, &c, 1, MSG_DONTWAIT), 0), "the connection is open yet");
	close(fd);
}

Test(guest_notify, ready_is_a_line_of_its_own)
{
	tells("X_SYSTEMD_UNIT_ACTIVE=basic.target\n");
	tells("STATUS=READY=1\n");
	tells("READY=10");
	tells("NOTREADY=1");
	tells("READY=0");
	tells("");
	cr_assert(eq(int, readies, 0));
	tells("STATUS=Startup finished.\nREADY=1");
	cr_assert(eq(int, readies, 1));
	tells("READY=1\n");
	cr_assert(eq(int, readies, 2));
}

Test(guest_notify, a_message_comes_in_pieces_and_counts_at_its_end)
{
	int fd = call();

	write_all(fd, "READ");
	run(20);
	write_all(fd, "Y=1");
	run(20);
	cr_assert(eq(int, readies, 0));
	close(fd);
	run(20);
	cr_assert(eq(int, readies, 1));
}

Test(guest_notify, a_status_is_printable_short_and_not_told_often)
{
	char longer[600] = "STATUS=";

	for (int i = 0; i < 20; i++)
		tells("STATUS=a\x1b[31mb\xc3\xa9\tc");
	run(200);
	cr_assert(eq(str, status, "a?[31mb???c"));
	cr_assert(le(int, statuses, 8), "%d of 20", statuses);
	memset(longer + 7, 'x', sizeof(longer) - 8);
	tells(longer);
	run(200);
	cr_assert(eq(sz, strlen(status), GUEST_NOTIFY_STATUS - 1));
}

Test(guest_notify, who_says_too_much_or_nothing_is_cut)
{
	static char much[2000];
	int fd = call();
	char c;

	memset(much, '\n', sizeof(much) - 1);
	memcpy(much + 1200, "READY=1", 7);
	write_all(fd, much);
	run(20);
	cr_assert(ne(long, recv(fd, &c, 1, MSG_DONTWAIT), 1));
	cr_assert(eq(int, readies, 0));
	close(fd);

	fd = call();
	run(500);
	cr_assert(eq(long, recv(fd, &c, 1, MSG_DONTWAIT), -1), "it is cut too soon");
	run(700);
	cr_assert(eq(long, recv(fd, &c, 1, MSG_DONTWAIT), 0), "it is not cut");
	close(fd);
}

Test(guest_notify, an_end_in_the_middle_leaves_nothing)
{
	int fd = call();

	write_all(fd, "READY=1");
	guest_notify_close(g);
	g = NULL;
	run(20);
	cr_assert(eq(int, readies, 0));
	close(fd);
}
