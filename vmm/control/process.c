/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/process.h"

#include "vmm/base/confine.h"
#include "vmm/control/calls.h"
#include "vmm/control/http.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DATA (32 * MiB)
#define FDS 64u
#define NICE 19
#define FIRST_WAIT_MS 1000
#define LAST_WAIT_MS 60000

/* The first message has the socket to listen at; -errno. */
static int receive_socket(int channel)
{
	char byte;
	int fd;
	ssize_t n = wire_recv_fd(channel, &byte, 1, &fd, 0);

	return n < 0 ? (int)n : fd < 0 ? -EPROTO : fd;
}

/* The guest goes first. libmicrohttpd asks for the date, and the C library for a time zone, once. */
static void be_modest(void)
{
	const struct sched_param none = { 0 };

	setpriority(PRIO_PROCESS, 0, NICE);
	sched_setscheduler(0, SCHED_BATCH, &none);
	tzset();
}

static int confine(pid_t program, struct wire_hello *hello)
{
	const struct confine_limits limits = {
		{ &api_keeper_program, NULL, CALL_REFUSE }, DATA, FDS, true
	};
	struct confined done;
	int r = confine_end(program, &limits, &done);

	hello->landlock = done.landlock;
	hello->same_user = done.same_user;
	return r;
}

/* ---- the one that serves ---- */

static void serve(struct http *h, pid_t keeper, uint32_t generation)
{
	const struct call_filter filter = { .program = &api_program };

	prctl(PR_SET_NAME, "spapr-api", 0, 0, 0);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != keeper ||
	    call_filter_load(&filter, confine_last_words) < 0 ||
	    http_start(h, generation << 24) < 0)
		_exit(2);
	http_serve(h);
	_exit(0);
}

/* ---- the one that keeps ---- */

static void tell(int channel, int status)
{
	const struct wire_ask a = { .verb = WIRE_VERB_DIED, .uid = (uint32_t)status };

	(void)!send(channel, &a, sizeof(a), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* False: the program has gone meanwhile. */
static bool pause_ms(int channel, int ms)
{
	struct pollfd p = { .fd = channel };

	return poll(&p, 1, ms) == 0;
}

static uint64_t now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec;
}

static void keep(struct http *h)
{
	pid_t self = getpid(), pid;
	int wait_ms = FIRST_WAIT_MS;

	for (uint32_t generation = 1;; generation++) {
		uint64_t start = now_s();
		int status = 0;

		pid = fork();
		if (pid == 0)
			serve(h, self, generation);
		while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
			return;
		tell(h->channel, status);
		if (now_s() - start > LAST_WAIT_MS / 1000)
			wait_ms = FIRST_WAIT_MS;
		if (!pause_ms(h->channel, wait_ms))
			return;
		wait_ms = wait_ms * 2 < LAST_WAIT_MS ? wait_ms * 2 : LAST_WAIT_MS;
	}
}

void control_process(int fd, int words, pid_t program, const char *version)
{
	static struct http h; /* of this process alone, and of those that it starts */
	struct wire_hello hello = { 0 };

	prctl(PR_SET_NAME, "spapr-api-keep", 0, 0, 0);
	h = (struct http){ .channel = CONFINE_FD, .program = program, .version = version };
	hello.error = confine_begin(fd, words);
	if (hello.error < 0)
		_exit(1);
	h.listen_fd = receive_socket(CONFINE_FD);
	hello.error = h.listen_fd < 0 ? h.listen_fd : 0;
	be_modest();
	if (hello.error == 0)
		hello.error = http_lib_load(&h.lib, hello.text, sizeof(hello.text));
	if (hello.error == 0)
		h.lib.json_object_seed(0); /* from a file, while there are files */
	if (hello.error == 0)
		hello.error = confine(program, &hello);
	if (hello.error < 0 && !*hello.text)
		snprintf(hello.text, sizeof(hello.text),
			 "its process cannot be confined: %s: "
			 "this needs /proc, and Linux 5.9 or later with seccomp",
			 strerror(-hello.error));
	(void)!send(CONFINE_FD, &hello, sizeof(hello), MSG_NOSIGNAL);
	if (hello.error == 0)
		keep(&h);
	_exit(hello.error < 0);
}
