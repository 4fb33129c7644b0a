/* SPDX-License-Identifier: BSD-2-Clause */
/* The user network: real processes, real libslirp, loopback only. */
#include "tests/unit/devices/test_net.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <glob.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>

#define GUEST FRAME_IP(10, 0, 2, 15)
#define HOST FRAME_IP(10, 0, 2, 2)

static const uint8_t gateway[6] = { 0x52, 0x55, 10, 0, 2, 2 };

TestSuite(net_user, .init = net_setup, .timeout = 100);

/* Let the loop serve something: a frame, or nothing within the time. */
static bool next_frame(struct frame *f)
{
	last.len = 0;
	while (loop_run_once(&loop, WAIT_MS) > 0)
		if (last.len) {
			*f = last;
			return true;
		}
	return false;
}

static void send_frame(const struct frame *f)
{
	const struct iovec iov[] = {
		{ (void *)f->data, 14 },
		{ (void *)(f->data + 14), f->len - 14 },
	};

	cr_assert(eq(long, net_backend_send(backend, iov, 2), (long)f->len));
}

static int open_user(char *const *forward, size_t n)
{
	const struct net_user_conf conf = { .forward = forward, .nforward = n };

	return net_user_open(&backend, &conf, &loop, "net0");
}

static void start(char *const *forward, size_t n)
{
	cr_assert(eq(int, open_user(forward, n), 0), "%s", logged);
	attach();
}

/* A free port of the loopback address; the socket that found it is bound, and listens if TCP. */
static int take_port(int type, uint16_t *port)
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

static int connect_to(int type, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	cr_assert(connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	return fd;
}

/* The next frame that is none of those which a quiet guest answers, and slirp sends by itself. */
static void next_wanted(struct frame *f)
{
	uint32_t sender, target;

	for (int i = 0; i < 50; i++) {
		cr_assert(next_frame(f));
		if (frame_is_router_advertisement(f))
			continue;
		if (!frame_is_arp(f, 1, &sender, &target))
			return;
		frame_arp(f, 2, gateway, GUEST, sender);
		send_frame(f);
	}
	cr_fatal("no answer");
}

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

/* The guest's connection to its gateway ends at the host's loopback address. */
Test(net_user, lets_the_guest_connect_to_the_host)
{
	struct frame_tcp t = {
		.src = GUEST, .dst = HOST, .sport = 4000, .seq = 1, .flags = FRAME_SYN
	};
	struct frame f;
	uint16_t port;
	int fd = take_port(SOCK_STREAM, &port), peer;

	start(NULL, 0);
	t.dport = port;
	frame_arp(&f, 1, NULL, GUEST, HOST);
	send_frame(&f);
	frame_tcp(&f, gateway, &t);
	send_frame(&f);
	do
		next_wanted(&f);
	while (!frame_is_tcp(&f, &t));
	cr_assert(eq(int, t.flags, FRAME_SYN | FRAME_ACK));
	peer = accept(fd, NULL, NULL);
	cr_assert(ge(int, peer, 0));
	close(peer);
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
	cr_assert(eq(int, nlogged, 1));
	cr_assert(strstr(logged, "net0: forward \"tcp:127.0.0.1:") == logged);
	cr_assert(strstr(logged, "Address already in use: choose another port") != NULL);
	close(fd);
	net_teardown();
}

Test(net_user, an_address_of_another_host_is_the_hosts_fault)
{
	char *forward[] = { "tcp:192.0.2.1:2222-:22" };

	cr_assert(eq(int, open_user(forward, 1), -EADDRNOTAVAIL), "%s", logged);
	cr_assert(eq(int, nlogged, 1));
	net_teardown();
}

/* In mounts of our own, where its file is empty. */
Test(net_user, a_missing_library_is_one_clear_line)
{
	glob_t g = { 0 };

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    glob("/usr/lib/*/libslirp.so.0", 0, NULL, &g) != 0 ||
	    mount("/dev/null", g.gl_pathv[0], NULL, MS_BIND, NULL) < 0)
		cr_skip("needs the right to mount");
	globfree(&g);
	cr_assert(eq(int, open_user(NULL, 0), -ENOPKG));
	cr_assert(eq(int, nlogged, 1));
	cr_assert(strstr(logged, "net0: backend \"user\" needs libslirp: ") == logged);
	cr_assert(strstr(logged, "libslirp0") != NULL);
	net_teardown();
}

/* ---- the process ---- */

static pid_t find_process(void)
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

static bool has_line(pid_t pid, const char *file, const char *wanted)
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

static int fds_of(pid_t pid)
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

Test(net_user, its_process_has_nothing_of_ours_and_no_rights)
{
	char address[32];
	void *shared =
		mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int secret = open("/etc/hostname", O_RDONLY);
	pid_t pid;

	cr_assert(shared != MAP_FAILED);
	snprintf(address, sizeof(address), "%lx-", (unsigned long)shared);
	start(NULL, 0);
	pid = find_process();
	cr_expect(has_line(getpid(), "maps", address));
	cr_expect(has_line(pid, "status", "NoNewPrivs:\t1"));
	cr_expect(has_line(pid, "status", "CapEff:\t0000000000000000"));
	cr_expect(has_line(pid, "status", "CapPrm:\t0000000000000000"));
	if (geteuid() == 0) {
		cr_expect(has_line(pid, "status", "Uid:\t65534\t65534\t65534\t65534"));
		cr_expect(has_line(pid, "status", "Gid:\t65534\t65534\t65534\t65534"));
		cr_expect(has_line(pid, "status", "Groups:\t \n"));
		cr_expect(not(has_line(pid, "maps", address)));
		cr_expect(eq(int, fds_of(pid), 4)); /* /dev/null three times, and the socket */
	}
	cr_expect(has_line(pid, "limits", "Max processes             0 "));
	cr_expect(has_line(pid, "limits", "Max core file size        0 "));
	cr_expect(ne(int, getsid(pid), getsid(0)));
	close(secret);
	munmap(shared, 1 << 20);
	net_teardown();
}

/* What ends the VMM gracefully must not take the guest's network away before. */
Test(net_user, its_process_leaves_requests_to_end_to_us)
{
	struct frame f;
	uint32_t address;
	pid_t pid;

	start(NULL, 0);
	pid = find_process();
	kill(pid, SIGTERM);
	kill(pid, SIGINT);
	kill(pid, SIGHUP);
	frame_dhcp_discover(&f);
	send_frame(&f);
	next_wanted(&f);
	cr_assert(frame_is_dhcp_offer(&f, &address));
	net_teardown();
}

Test(net_user, its_death_takes_the_link_down_and_nothing_else)
{
	struct frame f;
	struct iovec iov = { f.data, sizeof(f.data) };

	start(NULL, 0);
	net_backend_want(backend, 0); /* noticed even when nobody wants frames */
	kill(find_process(), SIGSEGV);
	while (!ndown)
		cr_assert(gt(int, loop_run_once(&loop, WAIT_MS), 0));
	cr_expect(eq(int, ndown, 1));
	cr_expect(eq(int, nlogged, 1));
	cr_expect(eq(str, logged,
		     "net0: the user network's process was ended by signal 11: the guest's link is "
		     "down"));
	frame_dhcp_discover(&f);
	cr_expect(eq(long, net_backend_send(backend, &iov, 1), -EPIPE));
	cr_expect(eq(long, net_backend_receive(backend, &iov, 1), -EAGAIN));
	net_backend_want(backend, NET_READABLE | NET_WRITABLE);
	cr_expect(eq(int, loop_run_once(&loop, 0), 0));
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
