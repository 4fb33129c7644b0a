/* SPDX-License-Identifier: BSD-2-Clause */
/* console.c: the guest's terminal and a stream of the host, joined; without a machine. */
#include "vmm/machine/console.h"

#include "sphapr/hcall.h"
#include "tests/fake/platform.h"
#include "tests/fake/sys.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct fake_machine *m;
static struct loop loop;
static struct stop stop;
static struct console console;
static char dir[64], spec[100], log_path[100];
static const struct opt_console opt = { .backend = spec, .log = log_path };

static void setup(void)
{
	fake_reset();
	strcpy(dir, "/tmp/spapr-unit-XXXXXX");
	cr_assert(ne(ptr, mkdtemp(dir), NULL));
	snprintf(spec, sizeof(spec), "unix:%s/console", dir);
	snprintf(log_path, sizeof(log_path), "%s/log", dir);
	m = fake_machine_new(INTC_XIVE, 1, 1);
	cr_assert(eq(int, loop_init(&loop, NULL), 0));
	stop.sp = &m->sp;
	stop.loop = &loop;
	cr_assert(eq(int, console_open(&console, &opt, &m->sp, &loop, &stop), 0));
}

static void teardown(void)
{
	console_close(&console);
	console_close(&console); /* fine */
	loop_close(&loop);
	fake_machine_free(m);
	unlink(spec + strlen("unix:"));
	unlink(log_path);
	rmdir(dir);
}

TestSuite(console, .init = setup, .fini = teardown, .timeout = 20);

static int connect_to_it(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, spec + strlen("unix:"));
	cr_assert(eq(int, connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0));
	cr_assert(ge(int, loop_run_once(&loop, 1000), 1)); /* accepted */
	return fd;
}

Test(console, the_guest_is_heard)
{
	uint64_t a[HCALL_MAX_ARGS] = { SPAPR_VTY_UNIT, 5, 0x68656c6c6f000000 }; /* hello */
	int fd = connect_to_it();
	char said[8] = "";

	cr_assert(eq(long, hcall_dispatch(&m->sp, H_PUT_TERM_CHAR, a), H_SUCCESS));
	cr_assert(eq(int, (int)read(fd, said, sizeof(said)), 5));
	cr_assert(eq(str, said, "hello"));
	close(fd);
}

Test(console, what_is_typed_reaches_the_guest)
{
	uint64_t a[HCALL_MAX_ARGS] = { SPAPR_VTY_UNIT };
	int fd = connect_to_it();

	cr_assert(eq(int, (int)write(fd, "hi", 2), 2));
	cr_assert(ge(int, loop_run_once(&loop, 1000), 1));
	cr_assert(eq(long, hcall_dispatch(&m->sp, H_GET_TERM_CHAR, a), H_SUCCESS));
	cr_assert(eq(u64, a[0], 2));
	cr_assert(eq(u64, a[1] >> 48, 0x6869));
	cr_assert(eq(int, (int)stop.why, STOP_NONE));
	close(fd);
}

static void guest_says(const char *text)
{
	for (; *text; text++) {
		uint64_t a[HCALL_MAX_ARGS] = { SPAPR_VTY_UNIT, 1, (uint64_t)*text << 56 };

		cr_assert(eq(long, hcall_dispatch(&m->sp, H_PUT_TERM_CHAR, a), H_SUCCESS));
	}
}

static void count(void *ctx)
{
	++*(int *)ctx;
}

Test(console, a_watch_is_told_once_of_a_text)
{
	int first = 0, ready = 0, late = 0;
	struct console_watch byte = { NULL, count, &first, NULL };
	struct console_watch text = { "ready", count, &ready, NULL };
	struct console_watch again = { "ready", count, &late, NULL };

	console_watch(&console, &byte);
	console_watch(&console, &text);
	cr_expect(eq(int, first + ready, 0));
	guest_says("rea");
	cr_expect(eq(int, first, 1));
	guest_says("read");
	cr_expect(eq(int, ready, 0));
	guest_says("y\nready\n");
	cr_expect(eq(int, first, 1));
	cr_expect(eq(int, ready, 1));
	console_watch(&console, &again);
	cr_expect(eq(int, late, 1), "it was said already");
}

Test(console, a_reboot_is_marked_and_begins_anew_for_watches)
{
	int ready = 0;
	struct console_watch text = { "ready", count, &ready, NULL };
	int fd = connect_to_it();
	static const char due[] = "ready\n[spapr-vmm: reboot 1]\r\nready\n";
	char said[64] = "", *at = said;

	guest_says("ready\n");
	console_rebooted(&console);
	console_watch(&console, &text);
	cr_expect(eq(int, ready, 0));
	guest_says("ready\n");
	cr_expect(eq(int, ready, 1));
	while (at - said < (int)strlen(due) && read(fd, at, 1) == 1)
		at++;
	cr_expect(eq(str, said, (char *)due));
	close(fd);
}

/* What is written to the log while somebody moves it away is in the one file or in the other. */
Test(console, its_log_is_opened_anew)
{
	char buf[64] = "", aside[120];
	int fd;

	snprintf(aside, sizeof(aside), "%s/old", dir);
	guest_says("one\ntw");
	cr_assert(eq(int, rename(log_path, aside), 0));
	console_rotate(&console);
	guest_says("o\n");
	fd = open(log_path, O_RDONLY | O_CLOEXEC);
	cr_expect(eq(int, (int)read(fd, buf, sizeof(buf)), 2));
	cr_expect(eq(str, buf, "o\n"));
	close(fd);
	unlink(aside);
}

Test(console, a_descriptor_becomes_a_reader)
{
	int pair[2];
	char said[8] = "";

	guest_says("hello\n");
	cr_assert(eq(int, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0));
	cr_assert(eq(int, console_attach(&console, pair[0], CHARDEV_READ_ONLY), 0));
	cr_expect(eq(int, (int)read(pair[1], said, sizeof(said)), 6));
	cr_expect(eq(str, said, "hello\n"));
	close(pair[1]);
}
