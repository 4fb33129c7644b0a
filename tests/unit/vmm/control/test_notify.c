/* SPDX-License-Identifier: BSD-2-Clause */
/* notify.c: what a service manager is told, and by whom. */
#include "vmm/control/notify.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct notify n;

/* Listens where NOTIFY_SOCKET says; "@" stands for NUL. */
static int manager(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	size_t len = offsetof(struct sockaddr_un, sun_path) + strlen(name);

	strcpy(at.sun_path, name);
	if (name[0] == '@')
		at.sun_path[0] = '\0';
	else
		unlink(name);
	cr_assert(eq(int, bind(fd, (struct sockaddr *)&at, (socklen_t)len), 0));
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static char *heard(int fd)
{
	static char text[512];
	ssize_t len = recv(fd, text, sizeof(text) - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	return text;
}

Test(notify, without_a_manager_nothing_is_opened)
{
	unsetenv("NOTIFY_SOCKET");
	setenv("WATCHDOG_USEC", "1000000", 1);
	notify_open(&n);
	cr_assert(eq(int, n.fd, -1));
	cr_assert(eq(u64, n.watchdog_ns, 0));
	notify_say(&n, "READY=1");
	notify_close(&n);
}

Test(notify, both_kinds_of_name_are_spoken_to_and_forgotten)
{
	char names[2][64];

	snprintf(names[0], sizeof(names[0]), "/tmp/spapr-notify-%d", getpid());
	snprintf(names[1], sizeof(names[1]), "@spapr-notify-%d", getpid());
	for (int i = 0; i < 2; i++) {
		int fd = manager(names[i]);

		setenv("WATCHDOG_USEC", "1000000", 1);
		notify_open(&n);
		cr_assert(eq(u64, n.watchdog_ns, 1000000000));
		cr_assert(eq(ptr, getenv("NOTIFY_SOCKET"), NULL));
		cr_assert(eq(ptr, getenv("WATCHDOG_USEC"), NULL));
		notify_say(&n, "READY=%d", 1);
		cr_assert(eq(str, heard(fd), "READY=1"));
		close(fd); /* a manager that is gone is no error */
		notify_say(&n, "STATUS=x");
		notify_close(&n);
		notify_close(&n);
	}
	unlink(names[0]);
}

Test(notify, a_watchdog_of_another_process_is_not_ours)
{
	int fd = manager("@spapr-notify-other");

	setenv("WATCHDOG_USEC", "1000000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	notify_open(&n);
	cr_assert(ge(int, n.fd, 0));
	cr_assert(eq(u64, n.watchdog_ns, 0));
	notify_close(&n);
	close(fd);
}

Test(notify, a_name_that_is_none_is_left_alone)
{
	char longer[300];

	memset(longer, 'x', sizeof(longer));
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	setenv("NOTIFY_SOCKET", longer, 1);
	notify_open(&n);
	cr_assert(eq(int, n.fd, -1));
	setenv("NOTIFY_SOCKET", "relative", 1);
	notify_open(&n);
	cr_assert(eq(int, n.fd, -1));
	setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
	notify_open(&n);
	cr_assert(eq(int, n.fd, -1));
}

Test(notify, a_manager_that_does_not_read_is_not_waited_for, .timeout = 10)
{
	int fd = manager("@spapr-notify-deaf");

	notify_open(&n);
	for (int i = 0; i < 100000; i++)
		notify_say(&n, "STATUS=%d", i);
	notify_close(&n);
	close(fd);
}
