/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/guest_notify.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <linux/vm_sockets.h>

#define BACKLOG 128 /* other guests of the host may call as well, and are turned away */
#define MESSAGE_MAX 1024u
#define PATIENCE_NS 1000000000ULL
#define TICK_NS 100000000ULL
#define TAKEN_MAX                                                                                  \
	100u /* connections in a tick: a systemd that starts many units has no need to wait */
#define ROOT_PORTS 1024u
#define CALL 2048 /* what a system call counts for: loop.h */

struct guest_notify {
	struct loop *loop; /* borrowed */
	uint32_t cid;
	struct guest_notify_ops ops;
	int fd;   /* listens; -1 in a test */
	int from; /* who is heard; -1: nobody */
	size_t len;
	char text[MESSAGE_MAX];
	char status[GUEST_NOTIFY_STATUS]; /* to be passed on; "": nothing */
	uint32_t taken;                   /* connections in this tick */
	struct loop_timer patience, tick;
};

static void listen_for(struct guest_notify *g, uint32_t events)
{
	if (g->fd >= 0)
		loop_mod(g->loop, g->fd, events);
}

/* ---- ticks, so that a guest that says much costs little ---- */

static void on_tick(void *ctx)
{
	struct guest_notify *g = ctx;

	g->taken = 0;
	if (g->from < 0)
		listen_for(g, EPOLLIN);
	if (g->status[0])
		g->ops.status(g->ops.ctx, g->status);
	g->status[0] = '\0';
}

static void begin_tick(struct guest_notify *g)
{
	if (!g->tick.armed)
		loop_timer_set(g->loop, &g->tick, TICK_NS, on_tick, g);
}

/* ---- a message ---- */

/* The guest's words, as far as a terminal can bear them. The last of a tick counts. */
static void keep_status(struct guest_notify *g, const char *s)
{
	size_t n = 0;

	begin_tick(g);
	for (; n < sizeof(g->status) - 1 && s[n]; n++) {
		g->status[n] = '?';
		if (s[n] >= ' ' && s[n] <= '~')
			g->status[n] = s[n];
	}
	g->status[n] = '\0';
}

static void understand(struct guest_notify *g)
{
	bool ready = false;
	char *rest;

	g->text[g->len] = '\0';
	for (char *s = strtok_r(g->text, "\n", &rest); s; s = strtok_r(NULL, "\n", &rest)) {
		ready |= strcmp(s, "READY=1") == 0;
		if (strncmp(s, "STATUS=", 7) == 0)
			keep_status(g, s + 7);
	}
	if (ready)
		g->ops.ready(g->ops.ctx);
}

/* ---- connections ---- */

static void hang_up(struct guest_notify *g)
{
	loop_timer_cancel(g->loop, &g->patience);
	loop_del(g->loop, g->from);
	sys_close(g->from);
	g->from = -1;
	if (g->taken < TAKEN_MAX)
		listen_for(g, EPOLLIN);
}

static void too_slow(void *ctx)
{
	hang_up(ctx);
}

/* The message ends with the connection, or where it is too long. */
static void on_words(void *ctx, uint32_t events)
{
	struct guest_notify *g = ctx;
	size_t room = MESSAGE_MAX - 1 - g->len;
	ssize_t n = recv(g->from, g->text + g->len, room, MSG_DONTWAIT);

	(void)events;
	loop_charge(g->loop, CALL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		g->len += (size_t)n;
	if (n > 0 && (size_t)n < room)
		return;
	if (n >= 0)
		understand(g);
	hang_up(g);
}

void guest_notify_hear(struct guest_notify *g, int fd)
{
	g->from = fd;
	g->len = 0;
	listen_for(g, 0);
	loop_timer_set(g->loop, &g->patience, PATIENCE_NS, too_slow, g);
	if (loop_add(g->loop, fd, EPOLLIN, on_words, g) < 0)
		hang_up(g);
}

static bool is_believed(const struct guest_notify *g, const struct sockaddr_vm *from)
{
	if (from->svm_cid == g->cid && from->svm_port < ROOT_PORTS)
		return true;
	if (from->svm_cid == g->cid)
		log_guest("readiness told from port %u, which is not root's: not believed",
			  from->svm_port);
	return false;
}

static void on_guest(void *ctx, uint32_t events)
{
	struct guest_notify *g = ctx;
	struct sockaddr_vm from = { 0 };
	socklen_t len = sizeof(from);
	int fd = accept4(g->fd, (struct sockaddr *)&from, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	loop_charge(g->loop, CALL);
	begin_tick(g);
	/* Without descriptors the guest stays in the queue, and is asked again at the tick. */
	if (fd < 0 || ++g->taken >= TAKEN_MAX)
		listen_for(g, 0);
	if (fd >= 0 && is_believed(g, &from))
		guest_notify_hear(g, fd);
	else if (fd >= 0)
		sys_close(fd);
}

/* ---- open and close ---- */

struct guest_notify *guest_notify_new(struct loop *loop, uint32_t cid,
				      const struct guest_notify_ops *ops)
{
	struct guest_notify *g = calloc(1, sizeof(*g));

	if (!g) {
		log_error("service.ready: out of memory");
		return NULL;
	}
	g->loop = loop;
	g->cid = cid;
	g->ops = *ops;
	g->fd = g->from = -1;
	return g;
}

static int listen_on(struct guest_notify *g)
{
	const struct sockaddr_vm at = { .svm_family = AF_VSOCK,
					.svm_cid = VMADDR_CID_HOST,
					.svm_port = guest_notify_port(g->cid) };

	g->fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (g->fd < 0 || bind(g->fd, (const struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(g->fd, BACKLOG) < 0)
		return -errno;
	return loop_add(g->loop, g->fd, EPOLLIN, on_guest, g);
}

struct guest_notify *guest_notify_open(struct loop *loop, uint32_t cid,
				       const struct guest_notify_ops *ops)
{
	struct guest_notify *g = guest_notify_new(loop, cid, ops);
	int r = g ? listen_on(g) : 0;

	if (r == 0)
		return g;
	log_error("service.ready: vsock port %u of the host: %s: choose another vsock.cid",
		  guest_notify_port(cid), strerror(-r));
	guest_notify_close(g);
	return NULL;
}

void guest_notify_close(struct guest_notify *g)
{
	if (!g)
		return;
	loop_timer_cancel(g->loop, &g->tick);
	if (g->from >= 0)
		hang_up(g);
	if (g->fd >= 0) {
		loop_del(g->loop, g->fd);
		sys_close(g->fd);
	}
	free(g);
}
