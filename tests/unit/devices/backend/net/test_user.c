/* SPDX-License-Identifier: BSD-2-Clause */
/* The user network: real processes, real libslirp, loopback only. */
#include "tests/unit/devices/backend/net/user_fixture.h"

#include <glob.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>

TestSuite(net_user, .init = net_setup, .timeout = 100);

Test(net_user, gives_the_guest_an_address)
{
	struct frame f;
	uint32_t address = 0;

	start(NULL, 0);
	cr_assert(eq(u32, backend->mtu, NET_MAX_MTU));
	frame_dhcp_discover(&f);
	send_frame(&f);
	next_wanted(&f);
	cr_assert(frame_is_dhcp_offer(&f, &address));
	cr_assert(eq(u32, address, GUEST));
	net_teardown();
}

Test(net_user, answers_pings_and_router_solicitations)
{
	struct frame f;
	uint32_t src = 0;

	start(NULL, 0);
	frame_arp(&f, 1, NULL, GUEST, HOST);
	send_frame(&f);
	frame_ping(&f, gateway, GUEST, HOST);
	send_frame(&f);
	do
		next_wanted(&f);
	while (!frame_is_ping_reply(&f, &src));
	cr_assert(eq(u32, src, HOST));
	frame_ping6_router(&f);
	send_frame(&f);
	do
		cr_assert(next_frame(&f));
	while (!frame_is_router_advertisement(&f));
	net_teardown();
}

static void reply(const struct frame_tcp *to, uint8_t flags, uint32_t seq, uint32_t ack,
		  const void *data, size_t len)
{
	struct frame f;

	frame_tcp(&f, gateway,
		  &(struct frame_tcp){ .src = to->dst,
				       .dst = to->src,
				       .sport = to->dport,
				       .dport = to->sport,
				       .seq = seq,
				       .ack = ack,
				       .flags = flags,
				       .data = data,
				       .len = len });
	send_frame(&f);
}

/* A host's connection to a forwarded port; the guest echoes what it gets. */
Test(net_user, forwards_tcp_into_the_guest)
{
	char text[64], *forward[] = { text }, answer[6] = "";
	struct frame_tcp t;
	struct frame f;
	uint16_t port;
	uint32_t ack;
	int fd;

	close(take_port(SOCK_STREAM, &port));
	snprintf(text, sizeof(text), "tcp:127.0.0.1:%u-:7", port);
	start(forward, 1);
	fd = connect_to(SOCK_STREAM, port);
	cr_assert(eq(long, write(fd, "hello", 5), 5));
	next_wanted(&f);
	cr_assert(frame_is_tcp(&f, &t));
	cr_assert(eq(int, t.flags, FRAME_SYN));
	cr_assert(eq(int, t.dport, 7));
	cr_assert(eq(u32, t.dst, GUEST));
	reply(&t, FRAME_SYN | FRAME_ACK, 1000, t.seq + 1, NULL, 0);
	do {
		next_wanted(&f);
		cr_assert(frame_is_tcp(&f, &t));
	} while (!t.len);
	cr_assert(eq(sz, t.len, 5));
	cr_assert(memcmp(t.data, "hello", 5) == 0);
	ack = t.seq + 5;
	reply(&t, FRAME_ACK | FRAME_PSH, 1001, ack, "olleh", 5);
	cr_assert(eq(long, read(fd, answer, 5), 5));
	cr_assert(eq(str, answer, "olleh"));
	close(fd);
	net_teardown();
}

/* The guest's address is left out: libslirp takes the one it knows from a solicitation. */
Test(net_user, forwards_ipv6_into_the_guest)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	char text[64], *forward[] = { text };
	socklen_t len = sizeof(a);
	struct frame f;
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) < 0)
		cr_skip("this host has no IPv6");
	cr_assert(getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	close(fd);
	snprintf(text, sizeof(text), "tcp:[::1]:%u-:22", ntohs(a.sin6_port));
	start(forward, 1);
	frame_ping6_router(&f);
	send_frame(&f);
	do
		cr_assert(next_frame(&f));
	while (!frame_is_router_advertisement(&f));
	fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert(connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	do
		cr_assert(next_frame(&f));
	while (!frame_is_syn6(&f, 22));
	close(fd);
	net_teardown();
}

Test(net_user, forwards_udp_into_the_guest)
{
	char text[64], *forward[] = { text };
	struct frame_tcp t;
	struct frame f;
	uint16_t port;
	int fd;

	close(take_port(SOCK_DGRAM, &port));
	snprintf(text, sizeof(text), "udp:127.0.0.1:%u-10.0.2.15:53", port);
	start(forward, 1);
	fd = connect_to(SOCK_DGRAM, port);
	cr_assert(eq(long, write(fd, "query", 5), 5));
	next_wanted(&f);
	cr_assert(frame_is_udp(&f, &t));
	cr_assert(eq(int, t.dport, 53));
	cr_assert(eq(sz, t.len, 5));
	cr_assert(memcmp(t.data, "query", 5) == 0);
	close(fd);
	net_teardown();
}

Test(net_user, a_taken_port_is_one_clear_line)
{
	char text[64], *forward[] = { text };
	uint16_t port;
	int fd = take_port(SOCK_STREAM, &port);

	snprintf(text, sizeof(text), "tcp:127.0.0.1:%u-:22", port);
	cr_assert(eq(int, open_user(forward, 1), -EADDRINUSE));
	cr_assert(eq(int, said_lines(), 1));
	cr_assert(strstr(said_last(), "net0: forward \"tcp:127.0.0.1:") == said_last());
	cr_assert(strstr(said_last(), "Address already in use: choose another port") != NULL);
	close(fd);
	net_teardown();
}

Test(net_user, an_address_of_another_host_is_the_hosts_fault)
{
	char *forward[] = { "tcp:192.0.2.1:2222-:22" };

	cr_assert(eq(int, open_user(forward, 1), -EADDRNOTAVAIL), "%s", said_last());
	cr_assert(eq(int, said_lines(), 1));
	net_teardown();
}

/* In mounts of our own, where its file is empty. */
static void hide(const char *library)
{
	glob_t g = { 0 };

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    glob(library, 0, NULL, &g) != 0 ||
	    mount("/dev/null", g.gl_pathv[0], NULL, MS_BIND, NULL) < 0)
		cr_skip("needs the right to mount");
	globfree(&g);
}

Test(net_user, a_missing_library_is_one_clear_line)
{
	hide("/usr/lib/*/libslirp.so.0");
	cr_assert(eq(int, open_user(NULL, 0), -ENOPKG));
	cr_assert(eq(int, said_lines(), 1));
	cr_assert(strstr(said_last(), "net0: backend \"user\" needs libslirp: ") == said_last());
	cr_assert(strstr(said_last(), "libslirp0") != NULL);
	net_teardown();
}

/* A guest that takes nothing: frames wait on the other side, and none is lost that fits there. */
Test(net_user, a_slow_guest_gets_its_frames_later)
{
	struct frame f, answer;
	uint32_t src;
	int sent = 0, got = 0;

	start(NULL, 0);
	frame_arp(&f, 1, NULL, GUEST, HOST);
	send_frame(&f);
	next_wanted(&answer);
	net_backend_want(backend, 0);
	frame_ping(&f, gateway, GUEST, HOST);
	for (; sent < 1000; sent++) {
		const struct iovec iov = { f.data, f.len };
		ssize_t r = net_backend_send(backend, &iov, 1);

		if (r == -EAGAIN) { /* it is slower than we are: wait for room */
			net_backend_want(backend, NET_WRITABLE);
			nwritable = 0;
			while (!nwritable)
				cr_assert(gt(int, loop_run_once(&loop, WAIT_MS), 0));
			net_backend_want(backend, 0);
			r = net_backend_send(backend, &iov, 1);
		}
		cr_assert(eq(long, r, (long)f.len));
	}
	cr_expect(eq(int, nreadable, 1));
	net_backend_want(backend, NET_READABLE);
	while (got < sent) {
		next_wanted(&answer);
		got += frame_is_ping_reply(&answer, &src);
	}
	net_teardown();
}

Test(net_user, two_of_them_are_apart)
{
	const struct net_user_conf conf = { .mtu = 1500 };
	struct net_backend *other;

	start(NULL, 0);
	cr_assert(eq(int, net_user_open(&other, &conf, &loop, "net1"), 0));
	cr_expect(eq(u32, other->mtu, 1500));
	net_backend_close(other);
	/* The first has not been told of any of this. */
	kill(find_process(), 0);
	cr_expect(eq(int, ndown, 0));
	net_teardown();
}
