/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flood ADDRESS PORT COUNT: so many TCP connections at once, for two seconds; says how many failed.
 * flood listen PORT: who they may connect to.
 */
#define _GNU_SOURCE
#include "tests/lab/tools/tool.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in target;
static struct pollfd *fds;

static void begin(int n)
{
	for (int i = 0; i < n; i++) {
		fds[i].fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (fds[i].fd < 0)
			die("socket");
		connect(fds[i].fd, (struct sockaddr *)&target, sizeof(target));
	}
}

static int count_failed(int n)
{
	int failed = 0, error;
	socklen_t size = sizeof(error);

	for (int i = 0; i < n; i++) {
		if (getsockopt(fds[i].fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
			die("getsockopt");
		failed += error != 0;
	}
	return failed;
}

/* The kernel keeps the connections: nobody accepts them. */
static _Noreturn void listen_only(const char *port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	target.sin_family = AF_INET;
	target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	target.sin_port = htons((uint16_t)atoi(port));
	if (fd < 0 || bind(fd, (struct sockaddr *)&target, sizeof(target)) < 0 ||
	    listen(fd, 4096) < 0)
		die("listen");
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	int n = argc == 4 ? atoi(argv[3]) : 0;
	const struct rlimit limit = { (rlim_t)n + 16, (rlim_t)n + 16 };

	if (argc == 3 && strcmp(argv[1], "listen") == 0)
		listen_only(argv[2]);
	if (n <= 0 || inet_pton(AF_INET, argv[1], &target.sin_addr) != 1) {
		fprintf(stderr, "usage: flood ADDRESS PORT COUNT | flood listen PORT\n");
		return 2;
	}
	target.sin_family = AF_INET;
	target.sin_port = htons((uint16_t)atoi(argv[2]));
	fds = calloc((size_t)n, sizeof(*fds));
	if (!fds || setrlimit(RLIMIT_NOFILE, &limit) < 0)
		die("limit");
	begin(n);
	sleep(2);
	printf("flood %d, failed %d\n", n, count_failed(n));
	fflush(stdout);
	getchar(); /* hold them until somebody has looked */
	return 0;
}
