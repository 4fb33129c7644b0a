/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ionet - bytes over TCP, or echoes over ICMP, and how long they took
 *
 * The lines it prints are those of iodisk.c. A stream ends when the other side has said that it has
 * all of it, so nothing counts that only filled a buffer.
 */
#define _GNU_SOURCE
#include "tests/lab/tools/tool.h"

#include <arpa/inet.h>
#include <netinet/ip_icmp.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK 65536
#define HEAD 9 /* bytes: 's', send to us, or 'r', get from us; and how many in our byte order */
#define MAX_PINGS 50000
#define SETTLE_US 20000 /* for whoever reads "io-begin" */

static const char usage[] =
	"usage: ionet serve PORT                    answer, until killed\n"
	"       ionet NAME send|receive ADDRESS PORT MIB\n"
	"       ionet NAME sink|source ADDRESS PORT MIB   the other side is no \"ionet serve\":\n"
	"                                                 it closes after the last byte\n"
	"       ionet NAME ping ADDRESS COUNT\n";

static uint8_t buf[CHUNK];

static void put(int fd, uint64_t bytes)
{
	while (bytes > 0) {
		ssize_t n = send(fd, buf, bytes < CHUNK ? bytes : CHUNK, MSG_NOSIGNAL);

		if (n < 0)
			die("send");
		bytes -= (uint64_t)n;
	}
}

/* Until @bytes are here or the other side ends; how many there were. */
static uint64_t take(int fd, uint64_t bytes)
{
	uint64_t done = 0;

	while (done < bytes) {
		ssize_t n = recv(fd, buf, bytes - done < CHUNK ? bytes - done : CHUNK, 0);

		if (n < 0)
			die("receive");
		if (n == 0)
			break;
		done += (uint64_t)n;
	}
	return done;
}

static struct sockaddr_in address(const char *host, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };

	if (inet_pton(AF_INET, host, &a.sin_addr) != 1)
		die(host);
	return a;
}

/* ---- the other side ---- */

static void answer(int fd)
{
	uint64_t bytes;

	if (take(fd, HEAD) != HEAD)
		return;
	memcpy(&bytes, buf + 1, sizeof(bytes));
	if (buf[0] == 'r')
		put(fd, bytes);
	else if (take(fd, bytes) == bytes)
		put(fd, 1);
}

static int serve(const char *port)
{
	struct sockaddr_in a = address("0.0.0.0", port);
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1, c;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 8) < 0)
		die("listen");
	while ((c = accept(fd, NULL, NULL)) >= 0) {
		if (fork() == 0) {
			answer(c);
			_exit(0);
		}
		close(c);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	die("accept");
	return 1;
}

/* ---- this side ---- */

static void begin(const char *name)
{
	printf("io-begin %s\n", name);
	fflush(stdout);
	usleep(SETTLE_US);
}

static int end(const char *name, uint64_t count, uint64_t bytes, uint64_t ns)
{
	printf("io-end %s %llu %llu %llu\n", name, (unsigned long long)count,
	       (unsigned long long)bytes, (unsigned long long)ns);
	return 0;
}

/* What @what says: the direction, and whether the other side is "ionet serve". */
static int stream(const char *name, const char *what, char **where, uint64_t mib)
{
	bool served = strcmp(what, "send") == 0 || strcmp(what, "receive") == 0;
	bool out = strcmp(what, "send") == 0 || strcmp(what, "sink") == 0;
	struct sockaddr_in a = address(where[0], where[1]);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	uint64_t bytes = mib << 20, ns;
	uint8_t head[HEAD] = { out ? 's' : 'r' };

	begin(name);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		die("connect");
	memcpy(head + 1, &bytes, sizeof(bytes));
	ns = now_ns();
	if (served && send(fd, head, sizeof(head), MSG_NOSIGNAL) != HEAD)
		die("send");
	errno = ENODATA;
	if (out) {
		put(fd, bytes);
		if (!served)
			shutdown(fd, SHUT_WR);
		if (take(fd, served ? 1 : UINT64_MAX) < served) /* a program may say more */
			die("the other side has not got all of it");
	} else if (take(fd, bytes) != bytes) {
		die("the other side ended early");
	}
	return end(name, mib, bytes, now_ns() - ns);
}

/* One after the other; those of others are passed over. */
static int ping(const char *name, const char *host, uint64_t count)
{
	struct sockaddr_in a = address(host, "0");
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	struct timeval patience = { .tv_sec = 5 };
	struct {
		struct icmphdr h;
		uint8_t data[56];
	} m = { .h = { .type = ICMP_ECHO } };
	uint64_t ns;

	if (count > MAX_PINGS)
		count = MAX_PINGS;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
		die("socket");
	begin(name);
	ns = now_ns();
	for (uint64_t i = 0; i < count; i++) {
		m.h.un.echo.sequence = htons((uint16_t)i);
		/* All other words are 0; no carry, since COUNT is small. */
		m.h.checksum = htons((uint16_t)~((ICMP_ECHO << 8) + i));
		if (sendto(fd, &m, sizeof(m), 0, (struct sockaddr *)&a, sizeof(a)) < 0)
			die("send");
		do {
			if (recv(fd, buf, sizeof(buf), 0) < 0)
				die("no answer");
		} while (buf[20] != ICMP_ECHOREPLY ||
			 memcmp(buf + 26, &m.h.un.echo.sequence, 2) != 0);
	}
	return end(name, count, count * sizeof(m), now_ns() - ns);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		return serve(argv[2]);
	if (argc == 5 && strcmp(argv[2], "ping") == 0)
		return ping(argv[1], argv[3], strtoull(argv[4], NULL, 10));
	if (argc == 6)
		return stream(argv[1], argv[2], argv + 3, strtoull(argv[5], NULL, 10));
	fputs(usage, stderr);
	return 2;
}
