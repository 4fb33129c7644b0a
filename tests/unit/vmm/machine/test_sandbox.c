/* SPDX-License-Identifier: BSD-2-Clause */
/* sandbox.c, sandbox_report.c: what threads give up on a made-up kernel, and lack on the real one. */
#include "vmm/machine/sandbox.h"

#include "tests/fake/sys.h"
#include "tests/unit/said.h"
#include "vmm/base/named_file.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sandbox sandbox;
static enum blame blame;

static void setup(void)
{
	fake_reset();
	said_catch(LOG_DEBUG);
}

TestSuite(sandbox, .init = setup, .timeout = 60);

static int prepare(enum opt_sandbox_mode mode, char *user)
{
	const struct opt_sandbox opt = { .mode = mode, .user = user };

	blame = BLAME_HOST;
	return sandbox_prepare(&sandbox, &opt, &blame);
}

static void *nothing(void *arg)
{
	return arg;
}

static int start(enum thread_kind kind, void *(*fn)(void *))
{
	const struct thread_spec spec = { .kind = kind, .number = 0, .fn = fn };
	pthread_t thread;
	int r = thread_start(&thread, &spec);

	if (r == 0)
		pthread_join(thread, NULL);
	return r;
}

/* ---- a made-up kernel: who gives up what, in which order ---- */

Test(sandbox, each_thread_gives_up_its_rights_before_it_runs)
{
	cr_assert(eq(int, prepare(OPT_SANDBOX_ON, NULL), 0), "%s", said_all());
	for (int kind = 0; kind < THREAD_REPORT; kind++) {
		fake_reset();
		cr_assert(eq(int, start((enum thread_kind)kind, nothing), 0), "kind %d", kind);
		cr_assert(ge(int, fake_at("keep_caps 0x0"), 0), "kind %d", kind);
		cr_assert(gt(int, fake_at("landlock_restrict"), fake_at("keep_caps 0x0")));
		cr_assert(gt(int, fake_last_at("seccomp"), fake_at("landlock_restrict")));
		cr_assert(eq(int, fake_count("set_user"), 0));
	}
	sandbox_close(&sandbox);
	fake_reset();
	cr_assert(eq(int, start(THREAD_DISK, nothing), 0));
	cr_assert(eq(int, fake_count("seccomp"), 0), "no thread is confined any more");
}

Test(sandbox, off_takes_nothing_and_says_so)
{
	cr_assert(eq(int, prepare(OPT_SANDBOX_OFF, NULL), 0));
	cr_assert(eq(int, start(THREAD_VCPU, nothing), 0));
	cr_assert(eq(int, sandbox_shut(&sandbox), 0));
	cr_assert(eq(int,
		     fake_count("seccomp") + fake_count("keep_caps") + fake_count("close_process"),
		     0));
	cr_assert(said("warning: sandbox: off: whoever takes this process over"), "%s", said_all());
}

Test(sandbox, another_user_before_all_else)
{
	cr_assert(eq(int, prepare(OPT_SANDBOX_ON, "1234"), 0), "%s", said_all());
	cr_assert(eq(int, start(THREAD_VCPU, nothing), 0));
	cr_assert(ge(int, fake_at("set_user 1234 1234"), 0));
	cr_assert(lt(int, fake_at("set_user 1234 1234"), fake_at("keep_caps")));
}

Test(sandbox, a_user_by_name_is_looked_up)
{
	cr_assert(eq(int, prepare(OPT_SANDBOX_ON, "root"), 0), "%s", said_all());
	cr_assert(eq(int, start(THREAD_VCPU, nothing), 0));
	cr_assert(ge(int, fake_at("set_user 0 0"), 0));
}

Test(sandbox, a_user_that_is_not_there)
{
	cr_assert(eq(int, prepare(OPT_SANDBOX_ON, "no-such-user"), -ENOENT));
	cr_assert(eq(int, (int)blame, BLAME_CONFIG));
	cr_assert(eq(str, said_all(),
		     "sandbox: user no-such-user: there is none of this name: "
		     "correct sandbox.user\n"));
}

Test(sandbox, who_may_not_change_the_user_is_told_and_goes_on)
{
	cr_assert(eq(int, prepare(OPT_SANDBOX_ON, "1234"), 0));
	fake_fail_all("set_user", -EPERM);
	cr_assert(eq(int, sandbox_shut(&sandbox), 0), "%s", said_all());
	fake_fail_all(NULL, 0);
	cr_assert(said("user 1234: Operation not permitted: it stays who it is"), "%s", said_all());
	cr_assert(ge(int, fake_at("seccomp"), 0));
}

Test(sandbox, without_landlock_the_other_layers_stay)
{
	fake_landlock = -EOPNOTSUPP; /* built in, not started */
	cr_assert(eq(int, prepare(OPT_SANDBOX_ON, NULL), 0));
	cr_assert(eq(int, sandbox_shut(&sandbox), 0));
	cr_assert(said("this kernel has no Landlock"), "%s", said_all());
	cr_assert(ge(int, fake_at("seccomp"), 0));
	cr_assert(eq(int, fake_count("landlock_restrict"), 0));
}

Test(sandbox, locked_memory_stays_possible)
{
	cr_assert(eq(int, prepare(OPT_SANDBOX_ON, NULL), 0));
	cr_assert(ge(int, fake_at("unlimit_memlock"), 0));
	cr_assert(eq(int, start(THREAD_VCPU, nothing), 0));
	cr_assert(ge(int, fake_at("keep_caps 0x0"), 0));
}

Test(sandbox, or_by_the_capability_where_the_limit_stays)
{
	fake_fail_all("unlimit_memlock", -EPERM);
	cr_assert(eq(int, prepare(OPT_SANDBOX_ON, NULL), 0));
	fake_fail_all(NULL, 0);
	cr_assert(eq(int, sandbox_shut(&sandbox), 0));
	cr_assert(ge(int, fake_at("keep_caps 0x4000"), 0), "CAP_IPC_LOCK");
	cr_assert(said("CAP_IPC_LOCK stays"), "%s", said_all());
}

/* A right that cannot be given up: the guest does not run. */
Test(sandbox, a_layer_that_fails_ends_the_start)
{
	static const char *const layers[] = { "keep_caps", "landlock_restrict", "no_new_privs",
					      "seccomp", "close_process" };

	for (size_t i = 0; i < ARRAY_LEN(layers); i++) {
		said_forget();
		cr_assert(eq(int, prepare(OPT_SANDBOX_ON, NULL), 0));
		fake_fail_all(layers[i], -EACCES);
		cr_assert(eq(int, sandbox_shut(&sandbox), -EACCES), "%s", layers[i]);
		fake_fail_all(NULL, 0);
		cr_assert(said("Permission denied: set sandbox.mode = \"off\" if this host cannot "
			       "have it"),
			  "%s: %s", layers[i], said_all());
		sandbox_close(&sandbox);
	}
}

/* Logs can be opened anew: by the I/O thread, in their folders. */
Test(sandbox, the_folder_of_a_log_is_kept_by_the_io_thread_alone)
{
	char path[] = "/tmp/spapr-sandbox-XXXXXX";
	struct named_file file;
	int fd = mkstemp(path);

	close(fd);
	cr_assert(eq(int, named_file_open(&file, path, 0, 0600), 0));
	cr_assert(eq(int, prepare(OPT_SANDBOX_ON, NULL), 0));
	cr_assert(eq(int, start(THREAD_VCPU, nothing), 0));
	cr_assert(eq(int, fake_count("landlock_keep"), 0));
	cr_assert(eq(int, start(THREAD_IO, nothing), 0));
	cr_assert(eq(int, fake_count("landlock_keep 0x122"), 1));
	named_file_close(&file);
	cr_assert(eq(int, start(THREAD_IO, nothing), 0));
	cr_assert(eq(int, fake_count("landlock_keep"), 1));
	unlink(path);
}

Test(sandbox, log_gives_up_nothing_and_listens)
{
	cr_assert(eq(int, prepare(OPT_SANDBOX_LOG, NULL), 0));
	cr_assert(eq(int, start(THREAD_DISK, nothing), 0));
	cr_assert(ge(int, fake_at("seccomp listen"), 0));
	cr_assert(eq(int, fake_count("keep_caps") + fake_count("landlock_restrict"), 0));
	cr_assert(eq(int, sandbox_shut(&sandbox), 0));
	cr_assert(said("mode = \"log\": nothing is refused"), "%s", said_all());
}

/* ---- the real kernel ---- */

static char words[2048];

static bool has(const char *text)
{
	return strstr(words, text);
}

/* Status of a process in which a thread of @kind, confined in @mode, does this. words: its log. */
static int in_process(enum opt_sandbox_mode mode, enum thread_kind kind, void *(*fn)(void *))
{
	int fd[2], status;
	size_t got = 0;
	ssize_t n;
	pid_t pid;

	cr_assert(eq(int, pipe(fd), 0));
	pid = fork();
	if (pid == 0) {
		fake_keeps_rights = false;
		log_set_sink(NULL);
		log_set_fd(fd[1]);
		log_set_level(LOG_WARN);
		if (prepare(mode, NULL) < 0 || start(kind, fn) < 0)
			_exit(99);
		if (mode == OPT_SANDBOX_LOG)
			usleep(100000); /* who reports is a thread of its own */
		_exit(0);
	}
	close(fd[1]);
	while (got < sizeof(words) - 1 &&
	       (n = read(fd[0], words + got, sizeof(words) - 1 - got)) > 0)
		got += (size_t)n;
	words[got] = '\0';
	close(fd[0]);
	cr_assert(eq(int, waitpid(pid, &status, 0), pid));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Before the thread's own end, at which a sanitizer makes calls of its own. */
static void *ends_the_process(void *arg)
{
	syscall(SYS_exit_group, 7);
	return arg;
}

static void *asks_for_a_socket(void *arg)
{
	return (void *)(intptr_t)socket(AF_INET, SOCK_STREAM, 0) == (void *)-1 ? NULL : arg;
}

static void *asks_for_a_file(void *arg)
{
	(void)!syscall(SYS_openat, -1, "/etc/passwd", 0);
	return arg;
}

static void *asks_for_a_log(void *arg)
{
	(void)!syscall(SYS_openat, -1, "/tmp/log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	return arg;
}

static void *runs_a_program(void *arg)
{
	char *argv[] = { "/bin/true", NULL };

	syscall(SYS_execve, argv[0], argv, NULL);
	return arg;
}

Test(sandbox, a_call_without_a_rule_ends_the_process_and_is_named)
{
	static const struct {
		enum thread_kind kind;
		const char *thread, *call;
		void *(*fn)(void *);
	} cases[] = {
		{ THREAD_VCPU, "vcpu0", "socket", asks_for_a_socket },
		{ THREAD_VCPU, "vcpu0", "openat", asks_for_a_file },
		{ THREAD_DISK, "disk0", "openat", asks_for_a_file },
		{ THREAD_IO, "io0", "openat", asks_for_a_file },
		{ THREAD_VCPU, "vcpu0", "openat", asks_for_a_log },
		{ THREAD_POPULATE, "populate0", "execve", runs_a_program },
		{ THREAD_SIGNALS, "signals0", "socket", asks_for_a_socket },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char line[100];

		snprintf(line, sizeof(line), "sandbox: thread %s asked for %s (system call ",
			 cases[i].thread, cases[i].call);
		cr_assert(eq(int, in_process(OPT_SANDBOX_ON, cases[i].kind, cases[i].fn), 1),
			  "%s: %s", line, words);
		cr_assert(has(line), "%s: %s", line, words);
		cr_assert(has("the program ends"), "%s", words);
	}
}

Test(sandbox, what_has_a_rule_goes_on)
{
	cr_assert(eq(int, in_process(OPT_SANDBOX_ON, THREAD_DISK, ends_the_process), 7), "%s",
		  words);
	cr_assert(eq(str, words, ""));
}

/* An arena of the thread's own would shrink then, before which the C library looks into a file. */
static void *takes_much_memory_and_gives_it_back(void *arg)
{
	static void *piece[4096];

	for (size_t i = 0; i < ARRAY_LEN(piece); i++)
		piece[i] = malloc(4000);
	for (size_t i = ARRAY_LEN(piece); i-- > 0;)
		free(piece[i]);
	return ends_the_process(arg);
}

/* In a program of its own: threads of the test's runner have arenas, which a new thread would get. */
#define ALONE "SPAPR_TEST_MALLOC"

__attribute__((constructor)) static void alone(void)
{
	if (!getenv(ALONE))
		return;
	fake_keeps_rights = false;
	if (prepare(OPT_SANDBOX_ON, NULL) == 0)
		start(THREAD_VCPU, takes_much_memory_and_gives_it_back);
	_exit(99);
}

Test(sandbox, malloc_and_free_need_no_file)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		setenv(ALONE, "1", 1);
		execl("/proc/self/exe", "test_sandbox", NULL);
		_exit(98);
	}
	cr_assert(eq(int, waitpid(pid, &status, 0), pid));
	cr_assert(eq(int, status, 7 << 8));
}

static struct named_file file;

static void *opens_a_log_anew(void *arg)
{
	if (named_file_set_aside(&file) == 0 && named_file_reopen(&file) == 0 &&
	    write(file.fd, "x", 1) == 1)
		ends_the_process(arg);
	return arg;
}

Test(sandbox, the_io_thread_opens_a_log_anew)
{
	char path[] = "/tmp/spapr-sandbox-XXXXXX", aside[40];
	int fd = mkstemp(path);

	close(fd);
	snprintf(aside, sizeof(aside), "%s.1", path);
	cr_assert(
		eq(int, named_file_open(&file, path, O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600), 0));
	cr_expect(eq(int, in_process(OPT_SANDBOX_ON, THREAD_IO, opens_a_log_anew), 7), "%s", words);
	cr_expect(eq(int, access(path, F_OK) + access(aside, F_OK), 0));
	named_file_close(&file);
	unlink(path);
	unlink(aside);
}

Test(sandbox, log_names_a_call_once_and_lets_it_pass)
{
	cr_assert(eq(int, in_process(OPT_SANDBOX_LOG, THREAD_VCPU, asks_for_a_socket), 0), "%s",
		  words);
	cr_assert(has("warning: sandbox: thread vcpu0 asks for socket (system call "), "%s", words);
	cr_assert(has("which would be refused"), "%s", words);
}
