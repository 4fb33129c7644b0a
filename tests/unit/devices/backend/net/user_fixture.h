/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_DEVICES_BACKEND_NET_USER_FIXTURE_H
#define TESTS_UNIT_DEVICES_BACKEND_NET_USER_FIXTURE_H

/* A user network, as a guest sees it and as its host does. */

#include "tests/unit/devices/backend/net/fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define GUEST FRAME_IP(10, 0, 2, 15)
#define HOST FRAME_IP(10, 0, 2, 2)

static const uint8_t gateway[6] = { 0x52, 0x55, 10, 0, 2, 2 };

/* Let the loop serve something: a frame, or nothing within the time. */
static inline bool next_frame(struct frame *f)
{
	last.len = 0;
	while (loop_run_once(&loop, WAIT_MS) > 0)
		if (last.len) {
			*f = last;
			return true;
		}
	return false;
}

static inline void send_frame(const struct frame *f)
{
	const struct iovec iov[] = {
		{ (void *)f->data, 14 },
		{ (void *)(f->data + 14), f->len - 14 },
	};

	cr_assert(eq(long, net_backend_send(backend, iov, 2), (long)f->len));
}

static bool host_loopback;

static inline int open_user(char *const *forward, size_t n)
{
	const struct net_user_conf conf = { .forward = forward,
					    .nforward = n,
					    .host_loopback = host_loopback };

	return net_user_open(&backend, &conf, &loop, "net0");
}

static inline void start(char *const *forward, size_t n)
{
	cr_assert(eq(int, open_user(forward, n), 0), "%s", said_last());
	attach();
}

/* A free port of the loopback address; the socket that found it is bound, and listens if TCP. */
static inline int take_port(int type, uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	cr_assert(bind(fd, (struct sockaddr *)&a, len) == 0);
	cr_assert(getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	if (type == SOCK_STREAM)
		cr_assert(listen(fd, 4) == 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static inline int connect_to(int type, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	cr_assert(connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	return fd;
}

static inline pid_t find_process(void)
{
	char path[64], line[64];
	int pid, child;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	f = fopen(path, "re");
	child = f && fscanf(f, "%d", &pid) == 1 ? pid : 0;
	if (f)
		fclose(f);
	if (!child)
		cr_skip("the kernel does not tell children");
	snprintf(path, sizeof(path), "/proc/%d/comm", child);
	f = fopen(path, "re");
	cr_assert(f && fgets(line, sizeof(line), f));
	fclose(f);
	cr_assert(eq(str, line, "spapr-net\n"));
	return child;
}

static inline bool has_line(pid_t pid, const char *file, const char *wanted)
{
	char path[64], line[512];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	f = fopen(path, "re");
	cr_assert(f != NULL, "%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f))
		found |= strstr(line, wanted) != NULL;
	fclose(f);
	return found;
}

static inline int fds_of(pid_t pid)
{
	char path[64];
	DIR *d;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	cr_assert(d != NULL);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

/* The next frame, past those that slirp sends by itself and that a quiet guest answers. */
static inline void next_wanted(struct frame *f)
{
	uint32_t sender, target;

	for (int i = 0; i < 50; i++) {
		cr_assert(next_frame(f), "%s", said_last());
		if (frame_is_router_advertisement(f))
			continue;
		if (!frame_is_arp(f, 1, &sender, &target))
			return;
		frame_arp(f, 2, gateway, GUEST, sender);
		send_frame(f);
	}
	cr_fatal("no answer");
}

/* ---- the guest connects ---- */

/* Somebody listens on the host's 127.0.0.1; the guest may have it or not. */
static inline int listen_and_start(bool allowed, uint16_t *port)
{
	struct frame f;
	int fd = take_port(SOCK_STREAM, port);

	cr_assert(eq(int, fcntl(fd, F_SETFL, O_NONBLOCK), 0));
	cr_assert(eq(int, listen(fd, 4096), 0));
	host_loopback = allowed;
	start(NULL, 0);
	frame_arp(&f, 1, NULL, GUEST, HOST); /* so that slirp knows the guest */
	send_frame(&f);
	return fd;
}

static inline void send_segment(uint32_t dst, uint16_t sport, uint16_t dport, uint8_t flags,
				uint32_t ack)
{
	const struct frame_tcp t = { .src = GUEST,
				     .dst = dst,
				     .sport = sport,
				     .dport = dport,
				     .seq = flags == FRAME_SYN ? 1 : 2,
				     .ack = ack,
				     .flags = flags };
	struct frame f;

	frame_tcp(&f, gateway, &t);
	send_frame(&f);
}

/* The answer to a SYN from @sport, past all others; no flags: it cannot be reached. */
static inline struct frame_tcp answer_to(uint16_t sport)
{
	struct frame_tcp t;
	struct frame f;

	for (;;) {
		next_wanted(&f);
		if (frame_is_tcp(&f, &t) && t.dport == sport)
			return t;
		if (frame_is_unreachable(&f, &t) && t.sport == sport)
			return (struct frame_tcp){ 0 };
	}
}

#endif
