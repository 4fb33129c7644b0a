/* SPDX-License-Identifier: BSD-2-Clause */
/* `spapr-vmm ctl` and `spapr-vmm top` as a shell starts them, at the API's real processes. */
#include "tests/unit/child.h"
#include "tests/unit/vmm/control/api_fixture.h"
#include "vmm/control/ctl.h"
#include "vmm/tools.h"

#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

static int run(const char *tool, const char *socket, const char *first, const char *second)
{
	char *argv[] = { chars("spapr-vmm"), chars(tool),   chars(socket),
			 chars(first),       chars(second), NULL };
	int n = 0;

	while (argv[n])
		n++;
	return tools_run(n, argv);
}

TestSuite(tools, .timeout = 60);
TestSuite(tools_api, .init = api_setup, .timeout = 60);

Test(tools, knows_its_words)
{
	said_catch(LOG_INFO);
	cr_assert(eq(int, run("run", NULL, NULL, NULL), -1));
	cr_assert(eq(int, run(NULL, NULL, NULL, NULL), -1));
	cr_assert(eq(int, said_lines(), 0));
	cr_assert(eq(int, run("ctl", "socket", NULL, NULL), CTL_USAGE));
	cr_assert(said("ctl: use it so: spapr-vmm ctl "), "%s", said_all());
	cr_assert(eq(int, run("top", NULL, NULL, NULL), CTL_USAGE));
	cr_assert(said("top: use it so: spapr-vmm top "), "%s", said_all());
	cr_assert(eq(int, run("top", "socket", "--twice", NULL), CTL_USAGE));
	cr_assert(said("top: --twice: it takes --once and --json"));
	cr_assert(eq(int, run("top", "/nowhere/at/all", "--once", NULL), CTL_NOBODY));
	cr_assert(said("does the guest run, with this api.socket?"));
}

static char text[8192]; /* what the process has printed */

/* The machine serves until @part was printed, or the process has ended. */
static bool printed(int fd, const char *part)
{
	size_t n = 0;
	ssize_t r = 1;

	text[0] = '\0';
	while (r > 0 && n < sizeof(text) - 1 && !(part && strstr(text, part))) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		loop_run_once(&loop, 0);
		if (poll(&p, 1, 5) != 1)
			continue;
		r = read(fd, text + n, sizeof(text) - 1 - n);
		n += r > 0 ? (size_t)r : 0;
		text[n] = '\0';
	}
	return part && strstr(text, part);
}

static int status_of_process(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* In a process of its own, whose output is @out, or is caught. */
static int run_in(int out, const char *tool, const char *first, const char *second)
{
	int fds[2];
	pid_t pid;

	cr_assert(eq(int, pipe2(fds, O_CLOEXEC), 0));
	pid = fork();
	if (pid == 0) {
		dup2(out >= 0 ? out : fds[1], 1);
		child_end(run(tool, path, first, second));
	}
	close(fds[1]);
	printed(fds[0], NULL);
	close(fds[0]);
	return status_of_process(pid);
}

Test(tools_api, print_to_a_pipe)
{
	cr_assert(eq(int, run_in(-1, "ctl", "info", NULL), CTL_DONE));
	cr_assert(has(text, "{\"render\":"), "%s", text);
	cr_assert(eq(int, run_in(-1, "top", NULL, NULL), CTL_DONE));
	cr_assert(has(text, "  up 00:00:00  reboots 0  RAM 0  phase "), "%s", text);
	cr_assert(eq(int, run_in(-1, "top", "--json", "--once"), CTL_DONE));
	cr_assert(has(text, "{\"interval_ms\":"), "%s", text);
	cr_assert(has(text, "\"counters\":{}}\n"), "%s", text);
	api_teardown();
}

Test(tools_api, say_that_nothing_was_written)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	cr_assert(eq(int, run_in(full, "ctl", "info", NULL), CTL_NOBODY));
	close(full);
	api_teardown();
}

/* ---- top on a terminal ---- */

static pid_t top_on(int *terminal)
{
	pid_t pid = forkpty(terminal, NULL, NULL, &(struct winsize){ 10, 20, 0, 0 });

	if (pid == 0)
		child_end(run("top", path, NULL, NULL));
	cr_assert(printed(*terminal, "q quit"), "%s", text);
	return pid;
}

static bool is_raw(int terminal)
{
	struct termios t;

	tcgetattr(terminal, &t);
	return !(t.c_lflag & (ICANON | ECHO));
}

Test(tools_api, top_leaves_the_terminal_as_it_was)
{
	static const int ends[] = { 'q', 'Q', -SIGTERM, -SIGINT, -SIGHUP };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		char key = (char)ends[i];
		int terminal;
		pid_t pid = top_on(&terminal);

		cr_assert(has(text, "\033[?1049h"), "another screen");
		cr_assert(is_raw(terminal));
		cr_assert(has(text, "guest   up 00:00:00 \033[K"), "20 columns: %s", text);
		if (ends[i] < 0)
			kill(pid, -ends[i]);
		else
			(void)!write(terminal, &key, 1);
		cr_assert(printed(terminal, "\033[?1049l"), "%s", text);
		cr_assert(eq(int, status_of_process(pid), CTL_DONE));
		cr_assert(not(is_raw(terminal)));
		close(terminal);
	}
	api_teardown();
}

Test(tools_api, top_draws_anew_with_each_key_and_size)
{
	int terminal;
	pid_t pid = top_on(&terminal);

	(void)!write(terminal, "x", 1);
	cr_assert(printed(terminal, "q quit"), "%s", text);
	ioctl(terminal, TIOCSWINSZ, &(struct winsize){ 10, 60, 0, 0 }); /* the signal comes by it */
	cr_assert(printed(terminal, "reboots 0"), "%s", text);
	api_teardown(); /* the guest's end is its end */
	cr_assert(printed(terminal, "\033[?1049l"), "%s", text);
	cr_assert(eq(int, status_of_process(pid), CTL_DONE));
	close(terminal);
}
