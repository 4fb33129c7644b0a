/* SPDX-License-Identifier: BSD-2-Clause */
/* `spapr-vmm ctl` at the API's real processes. */
#include "tests/unit/child.h"
#include "tests/unit/vmm/control/api_fixture.h"
#include "vmm/control/ctl.h"

#include <pthread.h>
#include <pty.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>

static struct {
	const char *verb, *arg;
	enum ctl_status status;
	char *text; /* of standard output */
	size_t len;
	_Atomic bool done;
} call;

static void *run(void *arg)
{
	FILE *out = open_memstream(&call.text, &call.len);

	call.status = ctl(path, call.verb, call.arg, out);
	fclose(out);
	call.done = true;
	return arg;
}

/* The machine serves meanwhile. */
static int ctl_of(const char *verb, const char *arg)
{
	pthread_t thread;

	free(call.text);
	call.text = NULL;
	call.verb = verb;
	call.arg = arg;
	call.done = false;
	said_forget();
	pthread_create(&thread, NULL, run, NULL);
	while (!call.done)
		loop_run_once(&loop, 5);
	pthread_join(thread, NULL);
	return (int)call.status;
}

TestSuite(ctl, .init = api_setup, .timeout = 60);

Test(ctl, prints_an_answer)
{
	cr_assert(eq(int, ctl_of("vm.info", NULL), CTL_DONE), "%s", said_all());
	cr_assert(eq(str, call.text, "{\"render\":1}\n"));
	cr_assert(eq(int, ctl_of("counters", NULL), CTL_DONE)); /* the end of a path will do */
	cr_assert(eq(int, (int)last_verb, VERB_COUNTERS));
	cr_assert(eq(int, ctl_of("events", "since=7"), CTL_DONE));
	cr_assert(eq(u64, last_args.value[0], 7));
	cr_assert(eq(int, ctl_of("log-level", "{\"level\":\"warn\"}"), CTL_DONE));
	cr_assert(eq(u64, last_args.value[0], LOG_WARN));
	cr_assert(eq(str, call.text, ""));
	get_size = 200;
	cr_assert(eq(int, ctl_of("device-tree", NULL), CTL_DONE));
	cr_assert(eq(sz, call.len, 200)); /* no newline behind bytes */
	api_teardown();
}

Test(ctl, says_why_it_was_refused)
{
	change_status = 409;
	cr_assert(eq(int, ctl_of("pause", NULL), CTL_REFUSED));
	cr_assert(said("the guest: it sleeps: wake it"));
	cr_assert(eq(int, ctl_of("vm.create", NULL), CTL_REFUSED));
	cr_assert(said("vm.create: not built"));
	cr_assert(eq(int, ctl_of("resize", "{\"size\":1}"), CTL_REFUSED));
	cr_assert(said("size: no such field"));
	api_teardown();
}

Test(ctl, knows_its_verbs)
{
	cr_assert(eq(int, ctl_of("puase", NULL), CTL_USAGE));
	cr_assert(said("there is no such verb, did you mean \"pause\"?"), "%s", said_all());
	cr_assert(eq(int, ctl_of("zzzzzzzz", NULL), CTL_USAGE));
	cr_assert(said("zzzzzzzz: there is no such verb: --help lists them"));
	cr_assert(eq(int, ctl_of("wait", "long"), CTL_USAGE));
	cr_assert(said("take \"ready\" or \"end\""));
	api_teardown();
}

Test(ctl, waits_for_the_end)
{
	pthread_t thread;

	call.verb = "wait";
	call.arg = "end";
	call.done = false;
	pthread_create(&thread, NULL, run, NULL);
	serve(300);
	cr_assert(not(call.done));
	api_teardown();
	pthread_join(thread, NULL);
	cr_assert(eq(int, (int)call.status, CTL_DONE));
}

Test(ctl, says_that_nobody_is_there)
{
	api_teardown();
	said_forget();
	cr_assert(eq(int, (int)ctl(path, "info", NULL, stdout), CTL_NOBODY));
	cr_assert(said("No such file or directory: does the guest run, with this api.socket?"));
	said_forget();
	cr_assert(eq(int, (int)ctl(path, "console", NULL, stdout), CTL_NOBODY));
	cr_assert(said("No such file or directory: does the guest run, with this api.socket?"));
}

/* A wait ends where no look will ever find somebody. */
Test(ctl, does_not_wait_for_a_path_that_no_socket_can_have)
{
	char long_path[200];

	memset(long_path, 'a', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	cr_assert(eq(int, (int)ctl(long_path, "wait", "ready", stdout), CTL_NOBODY));
	cr_assert(said("File name too long"), "%s", said_all());
	api_teardown();
}

/* A server that is not ours, and has one client: what it says before it closes. */
static void *other_server(void *arg)
{
	char taken[1000];
	int fd = accept(*(int *)arg, NULL, NULL);

	recv(fd, taken, sizeof(taken), 0);
	say(fd, call.text ? call.text : "");
	close(fd);
	return NULL;
}

static enum ctl_status ctl_at_other(int listen_fd, const char *answer)
{
	enum ctl_status status;
	pthread_t thread;

	call.text = chars(answer);
	pthread_create(&thread, NULL, other_server, &listen_fd);
	said_forget();
	status = ctl(path, "info", NULL, stdout);
	pthread_join(thread, NULL);
	call.text = NULL;
	return status;
}

Test(ctl, says_what_another_server_answers)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	api_teardown();
	snprintf(path, sizeof(path), "/tmp/test_ctl.%d", getpid());
	memcpy(a.sun_path, path, strlen(path) + 1);
	cr_assert(eq(int, bind(fd, (struct sockaddr *)&a, sizeof(a)), 0));
	cr_assert(eq(int, listen(fd, 1), 0));
	cr_assert(eq(int, (int)ctl_at_other(fd, "HTTP/1.1 500 No\r\n\r\n"), CTL_REFUSED));
	cr_assert(said("the answer is status 500"));
	cr_assert(eq(int, (int)ctl_at_other(fd, "SSH-2.0\r\n\r\n"), CTL_NOBODY));
	cr_assert(said("Protocol error"), "%s", said_all());
	unlink(path);
	close(fd);
}

/* ---- console ---- */

/* In a process of its own, on a terminal: standard input and output are the process's. */
static pid_t console_on(int *terminal, const char *how)
{
	pid_t pid;

	change_status = 101;
	attached = -1;
	pid = forkpty(terminal, NULL, NULL, NULL);
	if (pid == 0)
		child_end((int)ctl(path, "console", how, stdout));
	for (int i = 0; i < 500 && attached < 0; i++)
		serve(10);
	cr_assert(ge(int, attached, 0));
	return pid;
}

static int status_of_process(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Waits for @text on @fd, among other things. */
static bool shows(int fd, const char *text)
{
	char all[1024] = "";
	size_t n = 0;
	ssize_t r = 1;

	while (r > 0 && n < sizeof(all) - 1 && !strstr(all, text)) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		poll(&p, 1, 10000); /* a client's socket does not wait */
		r = read(fd, all + n, sizeof(all) - 1 - n);
		n += r > 0 ? (size_t)r : 0;
		all[n] = '\0';
	}
	return strstr(all, text) != NULL;
}

static bool is_raw(int terminal)
{
	struct termios t;

	tcgetattr(terminal, &t);
	return !(t.c_lflag & ICANON);
}

Test(ctl, joins_a_terminal_with_the_console)
{
	int terminal;
	pid_t pid = console_on(&terminal, "--steal");

	cr_assert(eq(u64, last_args.value[1], 1));
	say(attached, "words\r\n");
	cr_assert(shows(terminal, "words\r\n"));
	cr_assert(is_raw(terminal));
	(void)!write(terminal, "a\x01\x01z\x03", 5);
	cr_assert(shows(attached, "a\x01z\x03"));
	(void)!write(terminal, "\x01", 1);
	(void)!write(terminal, "d", 1);
	cr_assert(not(shows(attached, "d"))); /* the end */
	cr_assert(eq(int, status_of_process(pid), CTL_DONE));
	cr_assert(not(is_raw(terminal)));
	close(attached);
	close(terminal);
	api_teardown();
}

Test(ctl, gives_the_terminal_back_at_each_end)
{
	for (int how = 0; how < 3; how++) {
		int terminal;
		pid_t pid = console_on(&terminal, NULL);

		say(attached, "words\r\n");
		cr_assert(shows(terminal, "words\r\n"));
		cr_assert(is_raw(terminal));
		if (how == 2)
			close(attached); /* the guest's end */
		else
			kill(pid, how ? SIGINT : SIGTERM);
		cr_assert(eq(int, status_of_process(pid), CTL_DONE));
		cr_assert(not(is_raw(terminal)));
		if (how != 2)
			close(attached);
		close(terminal);
		next_second();
	}
	api_teardown();
}

/* The end of what is sent is not the end of what is seen. */
Test(ctl, copies_without_a_terminal)
{
	int in[2], out[2];
	pid_t pid;

	change_status = 101;
	cr_assert(eq(int, pipe(in) + pipe(out), 0));
	pid = fork();
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		child_end((int)ctl(path, "console", NULL, stdout));
	}
	(void)!write(in[1],
		     "\x01"
		     "d",
		     2);
	close(in[1]);
	for (int i = 0; i < 500 && attached < 0; i++)
		serve(10);
	cr_assert(shows(attached, "\x01"
				  "d"));
	say(attached, "words");
	cr_assert(shows(out[0], "words"));
	close(attached);
	cr_assert(eq(int, status_of_process(pid), CTL_DONE));
	api_teardown();
}

Test(ctl, says_why_there_is_no_console)
{
	change_status = 503;
	cr_assert(eq(int, ctl_of("console", NULL), CTL_REFUSED));
	cr_assert(said("the guest: it sleeps: wake it"));
	cr_assert(eq(int, ctl_of("console", "--read-only"), CTL_REFUSED));
	cr_assert(eq(u64, last_args.value[0], 1));
	cr_assert(eq(int, ctl_of("console", "--loud"), CTL_USAGE));
	cr_assert(said("console: --loud: it takes --read-only or --steal"));
	api_teardown();
}
