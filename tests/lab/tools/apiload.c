/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * apiload - clients of the control API that a person would not be
 *
 *	apiload SOCKET silent N S    N connections that say nothing, for S seconds; says how many were cut
 *	apiload SOCKET slow          one byte of a request every 200 ms; says after how many ms it was cut
 *	apiload SOCKET load R        R requests a second of vm.info on one connection, from when somebody listens
 *	                             there until the server or SIGTERM ends it; says how many were answered
 *	apiload SOCKET serve         a server that answers "{}" and does nothing else: to compare load with
 */
#define _GNU_SOURCE
#include "tests/lab/tools/tool.h"

#include <poll.h>
#include <stdbool.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SECOND_NS 1000000000ull
#define MAX_SILENT 64

static struct sockaddr_un address;

static int open_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

static int to_server(void)
{
	int fd = open_socket();

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("connect");
	return fd;
}

/* Has the other end closed? */
static bool is_cut(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN);
}

static void silent(int n, unsigned int seconds)
{
	int fd[MAX_SILENT], cut = 0;

	for (int i = 0; i < n && i < MAX_SILENT; i++)
		fd[i] = to_server();
	sleep(seconds);
	for (int i = 0; i < n && i < MAX_SILENT; i++)
		cut += is_cut(fd[i]);
	printf("cut %d of %d\n", cut, n);
}

static void slow(void)
{
	uint64_t start = now_ns();
	int fd = to_server();

	while (!is_cut(fd)) {
		(void)!send(fd, "G", 1, MSG_NOSIGNAL);
		usleep(200000);
	}
	printf("cut after %llu ms\n", (unsigned long long)(now_ns() - start) / 1000000);
}

/* Waits in a read, which costs a host that counts instructions nothing, until somebody listens. */
static int when_it_listens(void)
{
	char folder[sizeof(address.sun_path)], news[4096], *slash;
	int watch = inotify_init(), fd = open_socket();

	strcpy(folder, address.sun_path);
	slash = strrchr(folder, '/');
	if (!slash)
		die("a path without a folder");
	*slash = '\0';
	if (inotify_add_watch(watch, folder, IN_CREATE) < 0)
		die(folder);
	while (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		if (errno == ECONNREFUSED)
			usleep(1000); /* it has the name, and listens in a moment */
		else if (errno != ENOENT || read(watch, news, sizeof(news)) < 0)
			die("connect");
	}
	close(watch);
	return fd;
}

/* One whole answer. False: the server is gone, or it is the end. */
static bool take_answer(int fd)
{
	static char text[1 << 20];
	const char *end = NULL, *length;
	size_t n = 0, all = 0;

	while (!end || n < all) {
		ssize_t r = recv(fd, text + n, sizeof(text) - 1 - n, 0);

		if (r <= 0)
			return false;
		n += (size_t)r;
		text[n] = '\0';
		end = end ? end : strstr(text, "\r\n\r\n");
		if (!end)
			continue;
		length = strstr(text, "Content-Length: ");
		all = (size_t)(end + 4 - text) + (length ? strtoul(length + 16, NULL, 10) : 0);
	}
	return true;
}

static volatile sig_atomic_t the_end;

static void on_term(int sig)
{
	the_end = sig;
}

static void load(unsigned long rate)
{
	static const char request[] = "GET /api/v1/vm.info HTTP/1.1\r\nHost: x\r\n\r\n";
	const struct sigaction end = { .sa_handler = on_term }; /* which interrupts a wait */
	unsigned long n = 0;
	uint64_t start, last;
	int fd;

	sigaction(SIGTERM, &end, NULL);
	fd = when_it_listens();
	start = last = now_ns();
	while (!the_end) {
		uint64_t due = start + n * SECOND_NS / rate;

		if (last < due)
			usleep((useconds_t)((due - last) / 1000));
		if (send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) < 0 || !take_answer(fd))
			break;
		last = now_ns();
		n++;
	}
	printf("%lu answers in %llu ms\n", n, (unsigned long long)(last - start) / 1000000);
}

static void serve(void)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
	int fd = open_socket(), c;
	char text[4096];

	unlink(address.sun_path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 8) < 0)
		die("listen");
	while ((c = accept(fd, NULL, NULL)) >= 0) {
		while (recv(c, text, sizeof(text), 0) > 0)
			if (send(c, answer, sizeof(answer) - 1, MSG_NOSIGNAL) < 0)
				break;
		close(c);
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : "";

	if (argc < 3 || strlen(argv[1]) >= sizeof(address.sun_path))
		return 2;
	address.sun_family = AF_UNIX;
	memcpy(address.sun_path, argv[1], strlen(argv[1]) + 1);
	if (strcmp(what, "silent") == 0 && argc == 5)
		silent(atoi(argv[3]), (unsigned int)atoi(argv[4]));
	else if (strcmp(what, "slow") == 0)
		slow();
	else if (strcmp(what, "load") == 0 && argc == 4)
		load(strtoul(argv[3], NULL, 10));
	else if (strcmp(what, "serve") == 0)
		serve();
	else
		return 2;
	return 0;
}
