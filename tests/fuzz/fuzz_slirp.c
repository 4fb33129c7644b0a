/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The user network's process at a guest, or a VMM, that is the attacker's: frames of any bytes, and
 * frames that go far: DHCP, ARP, ping, UDP, TCP connections with data, resets and ends; read late, so
 * that answers queue up. libslirp is the real one; its sockets are pairs whose other end is ours, so
 * that nothing leaves this process. Beyond the sanitizers' checks: nobody is asked to connect to the
 * host's loopback addresses unless that is configured, answers are frames, all that waited comes once
 * it is read, and serving ends when the VMM does.
 *
 * libslirp reads the clock: timers may fire in one run and not in another. It keeps no thread.
 */
#include "devices/backend/net/slirp.h"
#include "devices/backend/net/slirp_lib.h"
#include "tests/fake/frames.h"
#include "tests/fuzz/fuzz.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_SOCKETS 512
#define HOST FRAME_IP(10, 0, 2, 2)
#define SELF FRAME_IP(10, 0, 2, 15)

static int sockets[MAX_SOCKETS]; /* our ends, by libslirp's; 0: none */
static Slirp *the_slirp;
static bool loopback_allowed;

static struct {
	struct input in;
	int fd; /* the VMM's end */
	uint8_t mac[6];
	uint32_t seq, ack; /* of the newest connection, as its last segment said */
	uint16_t port;     /* ours */
	unsigned int steps;
	bool ending;
} vmm;

/* ---- the host, as libslirp sees it: these stand in front of the C library's ---- */

int socket(int domain, int type, int protocol)
{
	int fd[2];

	if (domain != AF_INET && domain != AF_INET6)
		return (int)syscall(SYS_socket, domain, type, protocol);
	if ((type & 0xf) != SOCK_STREAM) {
		errno = EACCES;
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd) < 0)
		return -1;
	must(fd[0] < MAX_SOCKETS);
	if (sockets[fd[0]]) /* libslirp has closed the one before */
		close(sockets[fd[0]]);
	sockets[fd[0]] = fd[1];
	return fd[0];
}

int connect(int fd, const struct sockaddr *a, socklen_t len)
{
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)(const void *)a;

	if (a->sa_family != AF_INET && a->sa_family != AF_INET6)
		return (int)syscall(SYS_connect, fd, a, len);
	/* The name server of the host may be on its loopback. */
	if (a->sa_family == AF_INET && !loopback_allowed && ntohs(in4->sin_port) != 53)
		must(ntohl(in4->sin_addr.s_addr) >> 24 != 127 && in4->sin_addr.s_addr != 0);
	return 0;
}

int bind(int fd, const struct sockaddr *a, socklen_t len)
{
	if (a->sa_family != AF_INET && a->sa_family != AF_INET6)
		return (int)syscall(SYS_bind, fd, a, len);
	return 0;
}

/* What a server says: an echo, anything, or the end. */
static void servers(uint8_t how)
{
	uint8_t buf[512] = { how };

	for (int i = 0; i < MAX_SOCKETS; i++) {
		ssize_t n = sockets[i] > 0 ? recv(sockets[i], buf, sizeof(buf), MSG_DONTWAIT) : 0;

		if (n > 0 && how & 1)
			(void)!send(sockets[i], buf, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sockets[i] > 0 && how & 2)
			(void)!send(sockets[i], buf, sizeof(buf), MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sockets[i] > 0 && how >= 0xf0) {
			close(sockets[i]);
			sockets[i] = 0;
		}
	}
}

/* ---- the VMM ---- */

/* False: there is none. */
static bool read_answer(void)
{
	static uint8_t buf[NET_MAX_FRAME + 1];
	struct frame f;
	struct frame_tcp t;
	ssize_t n = recv(vmm.fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n <= 0)
		return false;
	must(n >= (ssize_t)NET_ETH_HDR_SIZE && n <= (ssize_t)NET_MAX_FRAME);
	f.len = (size_t)n < FRAME_MAX ? (size_t)n : FRAME_MAX;
	memcpy(f.data, buf, f.len);
	memcpy(vmm.mac, f.data + 6, 6);
	if (f.len == (size_t)n && frame_is_tcp(&f, &t) && t.dport == vmm.port) {
		vmm.ack = t.seq + (uint32_t)t.len + (t.flags & (FRAME_SYN | FRAME_FIN) ? 1 : 0);
		vmm.seq = t.ack;
	}
	return true;
}

static uint32_t address(struct input *in)
{
	static const uint32_t some[] = { HOST,
					 FRAME_IP(10, 0, 2, 3),
					 FRAME_IP(192, 0, 2, 1),
					 FRAME_IP(127, 0, 0, 1),
					 0,
					 FRAME_IP(10, 0, 2, 255),
					 UINT32_MAX,
					 SELF };
	uint8_t how = byte(in);

	return how < 0x20 ? raw32(in) : some[how % ARRAY_LEN(some)];
}

static void tcp(struct frame *f, struct input *in, uint8_t how)
{
	static const uint8_t flags[] = { FRAME_ACK,
					 FRAME_ACK | FRAME_PSH,
					 FRAME_ACK | FRAME_FIN,
					 FRAME_RST,
					 FRAME_ACK | FRAME_PSH,
					 0xff,
					 FRAME_SYN,
					 0 };
	static uint8_t data[600];
	struct frame_tcp t = { .src = SELF, .dst = FRAME_IP(192, 0, 2, 1), .dport = 80 };

	if (how < 0x10) { /* another connection */
		vmm.port = (uint16_t)(1024 + how);
		vmm.seq = raw32(in);
		vmm.ack = 0;
		t.dst = address(in);
		t.flags = FRAME_SYN;
	} else {
		t.flags = flags[how & 7];
		t.len = t.flags & FRAME_PSH ? byte(in) * 2u : 0;
		t.data = data;
		memset(data, how, sizeof(data));
	}
	t.sport = vmm.port;
	t.seq = vmm.seq + (how >= 0xf0 ? raw32(in) : 0);
	t.ack = vmm.ack;
	frame_tcp(f, vmm.mac, &t);
	vmm.seq += (uint32_t)t.len;
}

static void make_frame(struct frame *f, struct input *in)
{
	static uint8_t data[64];
	uint8_t how = byte(in);

	switch (how & 7) {
	case 0:
		frame_dhcp_discover(f);
		break;
	case 1:
		frame_arp(f, 1 + (how >> 6), NULL, SELF, address(in));
		break;
	case 2:
		frame_ping(f, vmm.mac, SELF, address(in));
		break;
	case 3:
		frame_ping6_router(f);
		break;
	case 4:
		frame_udp(f, vmm.mac,
			  &(struct frame_tcp){ .src = SELF,
					       .dst = address(in),
					       .sport = 1000,
					       .dport = how & 0x80 ? 69 : byte(in),
					       .data = data,
					       .len = byte(in) % sizeof(data) });
		break;
	case 5:
		f->len = byte(in) * 4u;
		for (size_t i = 0; i < f->len; i++)
			f->data[i] = byte(in);
		break;
	default:
		tcp(f, in, byte(in));
	}
	for (uint8_t n = how >= 0x80 && how < 0xa0 ? 3 : 0; n > 0 && f->len; n--)
		f->data[(byte(in) * 2u) % f->len] = byte(in);
	if (how >= 0xf0)
		f->len -= byte(in) % (f->len + 1);
}

/* What the rest of the world does between two rounds of the process's loop. */
static void turn(void)
{
	struct frame f;
	uint8_t how = byte(&vmm.in);

	if (vmm.ending) {
		(void)!send(vmm.fd, "", 0, MSG_NOSIGNAL); /* as when the VMM's end is closed */
		return;
	}
	for (uint8_t n = how & 0x80 ? 0 : 64; n > 0 && read_answer();)
		n--;
	if (how & 0x40)
		servers(byte(&vmm.in));
	for (uint8_t n = 1 + (how & 3); n > 0; n--) {
		make_frame(&f, &vmm.in);
		if (f.len)
			(void)!send(vmm.fd, f.data, f.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	(void)!send(vmm.fd, "too short", 9, MSG_NOSIGNAL); /* so that nobody waits */
	vmm.ending = vmm.in.p == vmm.in.end || ++vmm.steps > 400;
}

/* ---- the library, of which we keep what has to be cleaned up ---- */

static __typeof__(&slirp_new) real_new;
static __typeof__(&slirp_pollfds_fill) real_fill;
static void (*cleanup)(Slirp *s);

static Slirp *new_slirp(const SlirpConfig *cfg, const SlirpCb *cb, void *ctx)
{
	return the_slirp = real_new(cfg, cb, ctx);
}

static void fill(Slirp *s, uint32_t *timeout, SlirpAddPollCb add, void *ctx)
{
	turn();
	real_fill(s, timeout, add, ctx);
}

static void find(void *handle, const char *name, void *member)
{
	void *symbol = dlsym(handle, name);

	must(symbol != NULL);
	memcpy(member, &symbol, sizeof(symbol));
}

int slirp_lib_load(struct slirp_lib *lib, char *why, size_t size)
{
	static void *handle;

	(void)why;
	(void)size;
	if (!handle)
		handle = dlopen("libslirp.so.0", RTLD_NOW | RTLD_LOCAL);
	must(handle != NULL);
#define FIND(name) find(handle, #name, &lib->name);
	SLIRP_FUNCTIONS(FIND)
#undef FIND
	find(handle, "slirp_cleanup", &cleanup);
	real_new = lib->slirp_new;
	lib->slirp_new = new_slirp;
	real_fill = lib->slirp_pollfds_fill;
	lib->slirp_pollfds_fill = fill;
	return 0;
}

/* The stack is made for a process's life: its array of descriptors has no end of its own. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static void end(struct slirp_stack *s)
{
	bool any;

	do { /* what waits comes, a buffer's worth each time */
		for (any = false; read_answer();)
			any = true;
		must(slirp_serve(s) == 0);
	} while (any);
	cleanup(the_slirp);
	free(s);
	for (int i = 0; i < MAX_SOCKETS; i++)
		if (sockets[i] > 0)
			close(sockets[i]);
	memset(sockets, 0, sizeof(sockets));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct net_user_conf conf = { 0 };
	struct slirp_stack *s;
	char why[200];
	int fd[2], small = 4096;
	uint8_t how;

	signal(SIGPIPE, SIG_IGN); /* as confine_begin() does for libslirp's sends */
	vmm.in = (struct input){ data, data + size };
	vmm.ending = false;
	vmm.steps = vmm.seq = vmm.ack = vmm.port = 0;
	memset(vmm.mac, 0xff, sizeof(vmm.mac));
	how = byte(&vmm.in);
	conf.host_loopback = loopback_allowed = how & 1;
	conf.mtu = how & 2 ? 1500 : 0;
	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) == 0);
	if (how & 4) /* answers wait soon */
		must(setsockopt(fd[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)) == 0);
	vmm.fd = fd[0];
	must(slirp_start(&s, &conf, fd[1], why, sizeof(why)) == 0);
	must(slirp_serve(s) == 0);
	end(s);
	close(fd[0]);
	close(fd[1]);
	return 0;
}

size_t fuzz_seed(unsigned int index, uint8_t *out, size_t max)
{
	size_t len = any_bytes(index, 32, out, max < 300 ? max : 300);
	/* Two rounds: a connection, then a segment of it with data. */
	static const uint8_t well[] = { 0x40, 6, 3, 0,    0,  0, 9,    0x52,
					0x43, 1, 6, 0x11, 50, 3, 0x43, 1 };

	if (len && index % 2)
		memcpy(out + 1, well, sizeof(well));
	return len;
}
