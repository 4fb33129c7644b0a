/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_VMM_CONTROL_API_FIXTURE_H
#define TESTS_UNIT_VMM_CONTROL_API_FIXTURE_H

/*
 * The control API with its real processes and libraries, and a machine that the test plays: what each
 * change answers is the test's to choose. Where the libraries are not installed, the tests are skipped.
 */

#include "tests/unit/said.h"
#include "vmm/control/control.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct loop loop;
static struct control control;
static char folder[] = "/tmp/test_api.XXXXXX", path[64];

/* What the machine does. */
static uint32_t change_status = 204; /* 0: later */
static uint32_t gets, changes;
static enum verb_id last_verb;
static struct verb_args last_args;
static size_t get_size; /* bytes of an answer; 0: small JSON */

static void on_get(void *ctx, enum verb_id id, const struct verb_args *args, struct jtext *to)
{
	(void)ctx;
	gets++;
	last_verb = id;
	last_args = *args;
	if (get_size) {
		char *room = jtext_room(to, get_size);

		if (!room)
			return;
		memset(room, 'x', get_size);
		jtext_filled(to, get_size);
		return;
	}
	jtext_object(to, NULL);
	jtext_number(to, "render", gets);
	jtext_end(to);
}

static uint32_t on_change(void *ctx, enum verb_id id, const struct verb_args *args,
			  const char **why)
{
	(void)ctx;
	changes++;
	last_verb = id;
	last_args = *args;
	*why = "the guest: it sleeps: wake it";
	return change_status;
}

/* The client's connection, after a change that was answered by 101. */
static int attached = -1, attach_error;

static int on_attach(void *ctx, int fd, const struct verb_args *args)
{
	(void)ctx;
	last_args = *args;
	if (!attach_error)
		attached = fd;
	return attach_error;
}

static inline bool has_libraries(void)
{
	return dlopen("libmicrohttpd.so.12", RTLD_NOW) && dlopen("libjansson.so.4", RTLD_NOW);
}

static inline void api_setup(void)
{
	const struct control_ops ops = { NULL, on_get, on_change, on_attach };
	enum blame blame;

	if (!has_libraries())
		cr_skip_test("libmicrohttpd and jansson are not installed");
	said_catch(LOG_INFO);
	cr_assert(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/socket", folder);
	cr_assert(eq(int, loop_init(&loop, NULL), 0));
	control_init(&control);
	cr_assert(eq(int, control_start(&control, path, 0600, UNIX_SOCKET_OWN_GROUP, "1.2", &blame),
		     0),
		  "%s", said_all());
	cr_assert(eq(int, control_attach(&control, &loop, &ops), 0), "%s", said_all());
}

static inline void api_teardown(void)
{
	control_close(&control);
	loop_close(&loop);
	cr_assert(eq(int, access(path, F_OK), -1));
	rmdir(folder);
}

static inline uint64_t ms_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* A connection; -1: refused. */
static inline int client(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(a.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* The machine serves for @ms. */
static inline void serve(int ms)
{
	for (uint64_t end = ms_now() + (uint64_t)ms; ms_now() < end;)
		loop_run_once(&loop, 5);
}

/* The machine serves until @n changes were asked for, on a slow machine for some seconds. */
static inline void serve_changes(uint32_t n)
{
	for (uint64_t end = ms_now() + 5000; changes < n && ms_now() < end;)
		loop_run_once(&loop, 5);
}

/* Likewise until @text was said. */
static inline bool serve_said(const char *text)
{
	for (uint64_t end = ms_now() + 5000; !said(text) && ms_now() < end;)
		loop_run_once(&loop, 5);
	return said(text);
}

/* Is the answer whole? Its length is told, or it has no body. */
static inline bool is_whole(const char *text)
{
	const char *end = strstr(text, "\r\n\r\n"), *length = strstr(text, "Content-Length: ");

	if (!end)
		return false;
	if (!length || length > end)
		return true;
	return strlen(end + 4) >= strtoul(length + 16, NULL, 10);
}

static char answer_text[400 * 1024];

/* What comes on @fd in a moment, behind answer_text. False: the other end closed. The machine serves. */
static inline bool take(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t n = strlen(answer_text);
	ssize_t r;

	loop_run_once(&loop, 0);
	if (poll(&p, 1, 2) != 1)
		return true;
	r = recv(fd, answer_text + n, sizeof(answer_text) - 1 - n, 0);
	if (r > 0)
		answer_text[n + (size_t)r] = '\0';
	return r > 0;
}

/* What comes on @fd, within @ms. The machine serves meanwhile. "": nothing, the other end closed. */
static inline const char *answer(int fd, int ms)
{
	answer_text[0] = '\0';
	for (uint64_t end = ms_now() + (uint64_t)ms; ms_now() < end && !is_whole(answer_text);)
		if (!take(fd))
			break;
	return answer_text;
}

static inline void say(int fd, const char *text)
{
	(void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* One request on a connection of its own. */
static inline const char *ask(const char *request)
{
	int fd = client();

	cr_assert(ge(int, fd, 0));
	say(fd, request);
	answer(fd, 8000);
	close(fd);
	return answer_text;
}

static inline bool has(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

static inline int status_of(const char *text)
{
	return strncmp(text, "HTTP/1.1 ", 9) == 0 ? atoi(text + 9) : 0;
}

static inline const char *request(char *to, size_t size, const char *method, const char *verb,
				  const char *body)
{
	snprintf(to, size,
		 "%s /api/v1/%s HTTP/1.1\r\nHost: x\r\nUpgrade: spapr-console\r\n"
		 "Content-Length: %zu\r\n\r\n%s",
		 method, verb, strlen(body), body);
	return to;
}

static inline int ask_verb(const char *method, const char *verb, const char *body)
{
	char text[2048];

	return status_of(ask(request(text, sizeof(text), method, verb, body)));
}

/* Its first. */
static inline pid_t child_of(pid_t pid)
{
	char name[64];
	pid_t child = 0;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/task/%d/children", pid, pid);
	f = fopen(name, "r");
	if (f) {
		fscanf(f, "%d", &child);
		fclose(f);
	}
	return child;
}

/* Changes of one second are so many. */
static inline void next_second(void)
{
	control.changes = 0;
}

#endif
