/* SPDX-License-Identifier: BSD-2-Clause */
/* `spapr-vmm top` on a terminal, at the API's real processes. */
#include "tests/unit/vmm/control/api_fixture.h"
#include "vmm/control/top.h"

#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

#define LEFT "\033[?1049l"

TestSuite(top_screen, .init = api_setup, .timeout = 60);

static int terminal;
static char shown[1 << 16]; /* since the last look for something */

static pid_t top_on(unsigned short columns, unsigned short lines)
{
	const struct winsize size = { .ws_col = columns, .ws_row = lines };
	pid_t pid = forkpty(&terminal, NULL, NULL, &size);

	if (pid == 0)
		_exit((int)top(path, false, false));
	return pid;
}

/* Waits for @text, while the machine serves. False: the program has left the terminal before. */
static bool shows(const char *text)
{
	size_t n = 0;

	shown[0] = '\0';
	for (uint64_t end = ms_now() + 10000; ms_now() < end && !strstr(shown, text);) {
		struct pollfd p = { .fd = terminal, .events = POLLIN };
		ssize_t r;

		if (control.loop)
			loop_run_once(&loop, 5);
		if (poll(&p, 1, 5) != 1)
			continue;
		r = read(terminal, shown + n, sizeof(shown) - 1 - n);
		if (r <= 0)
			break;
		n += (size_t)r;
		shown[n] = '\0';
	}
	return strstr(shown, text) != NULL;
}

static int lines_shown(void)
{
	int n = 0;

	for (const char *p = shown; (p = strchr(p, '\n')) != NULL; p++)
		n++;
	return n;
}

static bool is_canonical(void)
{
	struct termios t;

	tcgetattr(terminal, &t);
	return t.c_lflag & ICANON && t.c_lflag & ECHO;
}

static int status_of_process(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void ends_well(pid_t pid)
{
	cr_assert(shows(LEFT), "%s", shown);
	cr_assert(eq(int, status_of_process(pid), CTL_DONE));
	cr_assert(is_canonical());
	close(terminal);
}

Test(top_screen, follows_the_size_of_its_terminal)
{
	const struct winsize small = { .ws_col = 20, .ws_row = 2 };
	pid_t pid = top_on(80, 24);

	cr_assert(shows("q quit"), "%s", shown);
	cr_assert(strstr(shown, "console dropped 0") != NULL, "%s", shown);
	cr_assert(lines_shown() > 1 && lines_shown() < 24, "%s", shown);
	cr_assert(not(is_canonical()));
	cr_assert(eq(int, ioctl(terminal, TIOCSWINSZ, &small), 0));
	cr_assert(shows("q quit"));
	cr_assert(shows("q quit"), "%s", shown); /* the one before may have been on its way */
	cr_assert(eq(int, lines_shown(), 1), "%s", shown);
	cr_assert(strstr(shown, "console dropped") == NULL, "%s", shown);
	(void)!write(terminal, "q", 1);
	ends_well(pid);
	api_teardown();
}

Test(top_screen, gives_the_terminal_back_at_each_end)
{
	for (int how = 0; how < 4; how++) {
		pid_t pid = top_on(80, 24);

		cr_assert(shows("q quit"), "%s", shown);
		if (how == 0)
			(void)!write(terminal, "\x03", 1); /* Ctrl-C */
		else if (how == 1)
			kill(pid, SIGTERM);
		else if (how == 2)
			kill(pid, SIGHUP);
		else
			api_teardown();
		ends_well(pid);
	}
}

Test(top_screen, does_not_wait_for_a_server_that_stands_still)
{
	pid_t pid = top_on(80, 24);

	cr_assert(shows("q quit"), "%s", shown);
	kill(child_of(control.pid), SIGSTOP);
	serve(1500); /* it asks meanwhile */
	(void)!write(terminal, "\x03", 1);
	ends_well(pid);
	api_teardown();
}
