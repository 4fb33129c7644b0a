/* SPDX-License-Identifier: BSD-2-Clause */
/* A real process, the real kernel. */
#include "vmm/base/callfilter.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int words; /* where on_refused() writes */

static void on_refused(int nr, const char *name)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "%d %s\n", nr, name);

	(void)!write(words, line, (size_t)n);
}

static long forty_two(void)
{
	return 42;
}

static long minus_enoent(void)
{
	return -ENOENT;
}

extern const struct call_program callfilter_program; /* rules_callfilter.c */

static const struct call_served served_calls[] = {
	{ SYS_openat, forty_two },
	{ SYS_fchdir, minus_enoent },
	{ 0 },
};

static char said[256];
static call_refused_fn *told = on_refused;

/* Return the status of a process that tries this behind the rules; said: its words. */
static int filtered(int (*attempt)(void))
{
	int fd[2], status;
	const struct call_filter f = { &callfilter_program, served_calls, CALL_REFUSE };
	ssize_t n;
	pid_t pid;

	cr_assert(eq(int, pipe(fd), 0));
	words = fd[1];
	pid = fork();
	if (pid == 0) {
		if (call_filter_load(&f, told) < 0)
			_exit(99);
		syscall(SYS_exit_group, attempt()); /* a sanitizer's _exit() does more */
	}
	close(fd[1]);
	cr_assert(eq(int, waitpid(pid, &status, 0), pid));
	n = read(fd[0], said, sizeof(said) - 1);
	said[n > 0 ? n : 0] = '\0';
	close(fd[0]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return __LINE__ % 90 + 1;                                                  \
	} while (0)

static int allowed(void)
{
	CHECK(getppid() > 0);
	CHECK(syscall(SYS_getpgid, getpid()) >= 0);
	return 0;
}

Test(callfilter, what_a_rule_allows_is_done)
{
	cr_expect(eq(int, filtered(allowed), 0), "%s", said);
	cr_expect(eq(str, said, ""));
}

static int conditions(void)
{
	CHECK(syscall(SYS_fcntl, 207, F_GETFD) < 0 && errno == EBADF);
	CHECK(syscall(SYS_fcntl, 207, 0x10 | F_GETFD) <
	      0); /* bits that the rule does not look at */
	CHECK(syscall(SYS_fcntl, 208, F_SETFL) < 0 && errno == EBADF);
	CHECK(syscall(SYS_fcntl, 0xffffffff000000cf, F_GETFD) < 0); /* an int is 32 bits */
	return 0;
}

Test(callfilter, rules_of_one_call_are_alternatives_and_conditions_of_one_rule_are_not)
{
	cr_expect(eq(int, filtered(conditions), 0), "%s", said);
}

static int condition_missed(void)
{
	return (int)syscall(SYS_fcntl, 207, F_SETFL);
}

Test(callfilter, a_condition_that_does_not_hold_ends_the_process)
{
	char wanted[64];

	cr_expect(eq(int, filtered(condition_missed), 1));
	snprintf(wanted, sizeof(wanted), "%d fcntl\n", SYS_fcntl);
	cr_expect(eq(str, said, wanted));
}

static int answers(void)
{
	CHECK(syscall(SYS_getuid) == 0);
	CHECK(syscall(SYS_dup, 0) == -1 && errno == EXDEV);
	return 0;
}

Test(callfilter, a_call_may_fail_or_seem_to_succeed)
{
	cr_expect(eq(int, filtered(answers), 0), "%s", said);
}

static int served(void)
{
	CHECK(open("/etc/passwd", O_RDONLY) == 42);
	CHECK(fchdir(0) == -1 && errno == ENOENT);
	CHECK(open("/", O_RDONLY) == 42);
	return 0;
}

Test(callfilter, a_call_may_be_served_by_the_program_itself)
{
	cr_expect(eq(int, filtered(served), 0), "%s", said);
}

static int other_process(void)
{
	return (int)syscall(SYS_getpgid, 1);
}

Test(callfilter, self_is_no_other_process)
{
	cr_expect(eq(int, filtered(other_process), 1));
	cr_expect(strstr(said, "getpgid") != NULL);
}

static int no_such_call(void)
{
	return (int)syscall(4095);
}

Test(callfilter, a_call_without_a_name_ends_the_process_too)
{
	cr_expect(eq(int, filtered(no_such_call), 1));
	cr_expect(eq(str, said, "4095 ?\n"));
}

static int new_handler(void)
{
	signal(SIGSYS, SIG_IGN);
	return 100;
}

static void raise_again(int nr, const char *name)
{
	(void)nr;
	(void)name;
	(void)!dup(0);     /* which fails */
	(void)!chdir("/"); /* which ends it */
}

Test(callfilter, a_call_refused_to_the_handler_ends_the_process_by_a_signal)
{
	told = raise_again;
	cr_expect(eq(int, filtered(new_handler), 128 + SIGSYS));
}

Test(callfilter, no_handler_takes_its_place)
{
	cr_expect(eq(int, filtered(new_handler), 1));
}

/* ---- what is reported ---- */

#define NOT_YET INT_MIN

static atomic_int listener = NOT_YET;
static int result;

/* The thread that is filtered, whose every call but those of the rules waits until it is answered. */
static void *change_directory(void *arg)
{
	const struct call_filter f = { .program = &callfilter_program, .rest = CALL_REPORT };

	listener = call_filter_load(&f, NULL);
	result = syscall(SYS_chdir, "/nowhere") < 0 ? errno : 0;
	return arg;
}

Test(callfilter, a_call_that_is_reported_is_done_once_it_was_answered, .timeout = 20)
{
	struct call_asked asked;
	struct pollfd p = { .events = POLLIN };
	pthread_t thread;
	int reported = 0;

	cr_assert(eq(int, pthread_create(&thread, NULL, change_directory, NULL), 0));
	while (listener == NOT_YET)
		sched_yield();
	if (listener < 0)
		cr_skip("this kernel cannot report: %s", strerror(-listener));
	p.fd = listener;
	while (poll(&p, 1, -1) > 0 && p.revents & POLLIN) /* the thread's end is POLLHUP */
		if (call_filter_answer(p.fd, &asked) == 0)
			reported += asked.nr == SYS_chdir;
	pthread_join(thread, NULL);
	cr_expect(eq(int, reported, 1));
	cr_expect(eq(int, result, ENOENT));
}
