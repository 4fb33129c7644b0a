/* SPDX-License-Identifier: BSD-2-Clause */
/* A second signal ends the program, whatever it waits for. Each case is a process of its own. */
#include "vmm/machine/signals.h"

#include "devices/backend/chardev/chardev.h"
#include "tests/unit/child.h"
#include "vmm/base/log.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static int out[2]; /* what the child logs */

TestSuite(signals, .timeout = 60);

/* A program that waits for something that never comes. */
static void wait_for_ever(void)
{
	log_set_fd(out[1]);
	if (signals_catch() < 0)
		_exit(97);
	signals_waiting_for("disk7");
	cr_assert(eq(long, write(out[1], "r", 1), 1));
	for (;;)
		pause();
}

/* Where no signal reaches it, as in the kernel's wait for a disk that does not answer. */
static void wait_deaf(void)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL); /* what the thread is made with does not matter */
	wait_for_ever();
}

/* Where not one byte more can be written. */
static void wait_unheard(void)
{
	int full[2];

	if (pipe2(full, O_CLOEXEC | O_NONBLOCK) < 0)
		_exit(96);
	while (write(full[1], "x", 1) == 1)
		;
	fcntl(full[1], F_SETFL, 0);
	if (signals_catch() < 0)
		_exit(97);
	log_set_fd(full[1]);
	cr_assert(eq(long, write(out[1], "r", 1), 1));
	for (;;)
		pause();
}

static int line; /* of a pseudo terminal */

static void have_terminal(void)
{
	setsid();
	if (ioctl(line, TIOCSCTTY, 0) < 0)
		_exit(98);
}

/* At a terminal that may hang up. */
static void wait_at_terminal(void)
{
	have_terminal();
	wait_for_ever();
}

static pid_t child(void (*body)(void))
{
	char ready;
	pid_t pid;

	cr_assert(eq(int, pipe2(out, O_CLOEXEC), 0));
	pid = fork();
	if (pid == 0) {
		body();
		_exit(99);
	}
	cr_assert(eq(long, read(out[0], &ready, 1), 1));
	return pid;
}

/* The exit status of the program, or -1 when it does not end in time. */
static int status_within(pid_t pid, int ms)
{
	int status = 0;

	for (; ms > 0; ms -= 10) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	return -1;
}

struct pair {
	int first, second;
};

ParameterizedTestParameters(signals, the_second_ends_it)
{
	static struct pair p[] = { { SIGTERM, SIGTERM }, { SIGINT, SIGINT }, { SIGHUP, SIGTERM } };

	return cr_make_param_array(struct pair, p, sizeof(p) / sizeof(p[0]));
}

ParameterizedTest(struct pair *p, signals, the_second_ends_it)
{
	char text[256] = "";
	int master;
	pid_t pid;

	cr_assert(eq(int, openpty(&master, &line, NULL, NULL, NULL), 0));
	pid = child(wait_at_terminal);
	kill(pid, p->first);
	cr_expect(eq(int, status_within(pid, 1200), -1), "one signal only asks");
	kill(pid, p->second);
	cr_expect(eq(int, status_within(pid, 1000), 0));
	cr_expect(gt(long, read(out[0], text, sizeof(text) - 1), 0));
	cr_expect(
		ne(ptr,
		   strstr(text, "ended by force, without waiting for disk7: what the guest has not "
				"flushed may be lost\n"),
		   NULL),
		"%s", text);
	close(master);
}

Test(signals, the_second_ends_it_also_when_nobody_reads_the_log)
{
	pid_t pid = child(wait_unheard);

	kill(pid, SIGTERM);
	cr_expect(eq(int, status_within(pid, 1200), -1), "one signal only asks");
	kill(pid, SIGTERM);
	cr_expect(eq(int, status_within(pid, 1000), 0));
	kill(pid, SIGKILL);
}

/* Who has no terminal, or a service manager, is asked by SIGHUP to open its logs anew. */
static void rotate(void)
{
	log_set_fd(out[1]);
	if (signals_catch() < 0)
		_exit(97);
	cr_assert(eq(long, write(out[1], "r", 1), 1));
	while (!signals_rotation_came())
		usleep(1000);
	child_end(signals_rotation_came() ? 96 : signals_end_came() ? 95 : 42);
}

static void rotate_without_terminal(void)
{
	setsid();
	rotate();
}

static void rotate_as_a_service(void)
{
	setenv("NOTIFY_SOCKET", "/nowhere", 1);
	have_terminal();
	rotate();
}

Test(signals, a_hangup_without_a_terminal_is_for_the_logs)
{
	pid_t pid = child(rotate_without_terminal);

	kill(pid, SIGHUP);
	cr_expect(eq(int, status_within(pid, 5000), 42));
}

Test(signals, a_hangup_of_a_service_is_for_the_logs)
{
	int master;
	pid_t pid;

	cr_assert(eq(int, openpty(&master, &line, NULL, NULL, NULL), 0));
	pid = child(rotate_as_a_service);
	kill(pid, SIGHUP);
	cr_expect(eq(int, status_within(pid, 5000), 42));
	close(master);
}

Test(signals, a_main_thread_that_hears_nothing_is_ended)
{
	pid_t pid = child(wait_deaf);

	kill(pid, SIGTERM);
	kill(pid, SIGINT);
	cr_expect(eq(int, status_within(pid, 1000), 0));
}

/* As a job in the background of a shell that ignores SIGINT for it. */
static void wait_in_background(void)
{
	signal(SIGINT, SIG_IGN);
	wait_for_ever();
}

Test(signals, a_job_in_the_background_hears_both)
{
	pid_t pid = child(wait_in_background);

	kill(pid, SIGINT);
	nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	kill(pid, SIGINT);
	cr_expect(eq(int, status_within(pid, 1000), 0));
}

/* However many come, and however fast. */
Test(signals, many_are_two)
{
	pid_t pid = child(wait_for_ever);

	for (int i = 0; i < 50; i++) {
		kill(pid, SIGTERM);
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	cr_expect(eq(int, status_within(pid, 1000), 0));
}

static size_t take_all(void *ctx, const uint8_t *buf, size_t len)
{
	(void)ctx;
	(void)buf;
	return len;
}

/* With the user's terminal in its hands. */
static void hold_terminal(void)
{
	static struct loop loop;
	static struct chardev console;
	const struct chardev_callbacks cb = { .receive = take_all };

	for (int fd = 0; fd < 3; fd++)
		dup2(line, fd);
	have_terminal();
	if (loop_init(&loop, NULL) < 0 || chardev_open(&console, "stdio", &loop, &cb) < 0)
		_exit(98);
	wait_for_ever();
}

Test(signals, the_terminal_is_restored)
{
	struct termios before, raw, after;
	int master;
	pid_t pid;

	cr_assert(eq(int, openpty(&master, &line, NULL, NULL, NULL), 0));
	cr_assert(eq(int, tcgetattr(line, &before), 0));
	pid = child(hold_terminal);
	cr_assert(eq(int, tcgetattr(line, &raw), 0));
	cr_assert(eq(int, raw.c_lflag &ICANON, 0));
	kill(pid, SIGTERM);
	kill(pid, SIGINT);
	cr_expect(eq(int, status_within(pid, 1000), 0));
	cr_assert(eq(int, tcgetattr(line, &after), 0));
	cr_expect(eq(u32, after.c_lflag, before.c_lflag));
	close(master);
}
