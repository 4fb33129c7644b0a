/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/backend/net/slirp.h"

#include "devices/backend/net/forward.h"
#include "devices/backend/net/slirp_filter.h"
#include "devices/backend/net/slirp_lib.h"
#include "devices/backend/net/slirp_queue.h"
#include "devices/backend/net/slirp_timer.h"
#include "vmm/base/types.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH 64 /* frames from the guest between two looks at the host's sockets */

struct slirp_stack {
	struct slirp_lib lib;
	Slirp *slirp;
	SlirpConfig cfg; /* libslirp keeps pointers into this and cb */
	SlirpCb cb;
	struct slirp_queue to_guest;
	struct slirp_timer *timers;
	bool host_loopback;
	struct pollfd *fds; /* [0] is the socket */
	nfds_t nfds, room;
	uint8_t frame[NET_MAX_FRAME];
};

/* ---- what libslirp calls ---- */

static ssize_t send_packet(const void *buf, size_t len, void *ctx)
{
	slirp_queue_put(&((struct slirp_stack *)ctx)->to_guest, buf, len);
	return (ssize_t)len;
}

static void guest_error(const char *msg, void *ctx)
{
	(void)msg; /* the guest's own business; it may say so without end */
	(void)ctx;
}

/* Likewise; besides, to write a line glib would read the time zone, the locale and more. */
static void no_log(const char *domain, int level, const char *message, void *ctx)
{
	(void)domain;
	(void)level;
	(void)message;
	(void)ctx;
}

static int64_t clock_get_ns(void *ctx)
{
	struct timespec ts;

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void *timer_new(SlirpTimerCb fn, void *fn_ctx, void *ctx)
{
	struct slirp_timer *t = slirp_timer_new(&((struct slirp_stack *)ctx)->timers, fn, fn_ctx);

	if (!t)
		abort(); /* as libslirp does when it has no memory */
	return t;
}

static void timer_free(void *timer, void *ctx)
{
	slirp_timer_free(&((struct slirp_stack *)ctx)->timers, timer);
}

static void timer_mod(void *timer, int64_t at_ms, void *ctx)
{
	(void)ctx;
	slirp_timer_set(timer, at_ms);
}

static void no_fd(int fd, void *ctx)
{
	(void)fd;
	(void)ctx;
}

static void no_notify(void *ctx)
{
	(void)ctx; /* one thread, which looks at the sockets next anyway */
}

static const SlirpCb callbacks = {
	.send_packet = send_packet,
	.guest_error = guest_error,
	.clock_get_ns = clock_get_ns,
	.timer_new = timer_new,
	.timer_free = timer_free,
	.timer_mod = timer_mod,
	.register_poll_fd = no_fd,
	.unregister_poll_fd = no_fd,
	.notify = no_notify,
};

/* ---- start ---- */

static socklen_t size_of(const union net_endpoint *e)
{
	return e->any.sa_family == AF_INET6 ? sizeof(e->in6) : sizeof(e->in4);
}

static int add_forward(struct slirp_stack *s, const char *text, char *why, size_t size)
{
	struct net_forward f;
	const char *remedy = "choose an address of this host";
	int flags, e;

	if (net_forward_parse(text, &f) < 0)
		return -EPROTO;                                         /* was checked */
	flags = (f.udp ? SLIRP_HOSTFWD_UDP : 0) | SLIRP_HOSTFWD_V6ONLY; /* :: is not 0.0.0.0 too */
	errno = 0;
	if (s->lib.slirp_add_hostxfwd(s->slirp, &f.host.any, size_of(&f.host), &f.guest.any,
				      size_of(&f.guest), flags) == 0)
		return 0;
	e = errno && errno != EINVAL ? errno : EADDRNOTAVAIL;
	if (e == EADDRINUSE)
		remedy = "choose another port, or stop what listens there";
	else if (e == EACCES)
		remedy = "choose a port from 1024 on, or be root";
	snprintf(why, size, "forward \"%.80s\": %s: %s", text, strerror(e), remedy);
	return -e;
}

static void set_addresses(SlirpConfig *c)
{
	c->in_enabled = true;
	inet_pton(AF_INET, SLIRP_NET, &c->vnetwork);
	inet_pton(AF_INET, SLIRP_MASK, &c->vnetmask);
	inet_pton(AF_INET, SLIRP_HOST, &c->vhost);
	inet_pton(AF_INET, SLIRP_GUEST, &c->vdhcp_start);
	inet_pton(AF_INET, SLIRP_DNS, &c->vnameserver);
	c->in6_enabled = true;
	inet_pton(AF_INET6, SLIRP_NET6, &c->vprefix_addr6);
	c->vprefix_len = 64;
	inet_pton(AF_INET6, SLIRP_HOST6, &c->vhost6);
	inet_pton(AF_INET6, SLIRP_DNS6, &c->vnameserver6);
}

int slirp_start(struct slirp_stack **out, const struct net_user_conf *conf, int fd, char *why,
		size_t why_size)
{
	struct slirp_stack *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	r = slirp_lib_load(&s->lib, why, why_size);
	if (r < 0) {
		free(s);
		return r;
	}
	s->lib.g_log_set_default_handler(no_log, NULL);
	slirp_queue_init(&s->to_guest, fd);
	s->cfg.version = 1; /* the oldest has all that is needed here */
	s->cfg.if_mtu = s->cfg.if_mru = conf->mtu ? conf->mtu : NET_MAX_MTU;
	s->cfg.disable_host_loopback = !conf->host_loopback;
	s->host_loopback = conf->host_loopback;
	set_addresses(&s->cfg);
	s->cb = callbacks;
	s->slirp = s->lib.slirp_new(&s->cfg, &s->cb, s);
	if (!s->slirp) {
		snprintf(why, why_size, "libslirp does not start with an MTU of %zu",
			 s->cfg.if_mtu);
		return -EIO;
	}
	for (size_t i = 0; i < conf->nforward && r == 0; i++)
		r = add_forward(s, conf->forward[i], why, why_size);
	*out = s;
	return r;
}

/* ---- the loop ---- */

static int to_poll(int events)
{
	return (events & SLIRP_POLL_IN ? POLLIN : 0) | (events & SLIRP_POLL_OUT ? POLLOUT : 0) |
	       (events & SLIRP_POLL_PRI ? POLLPRI : 0);
}

static int from_poll(int events)
{
	return (events & POLLIN ? SLIRP_POLL_IN : 0) | (events & POLLOUT ? SLIRP_POLL_OUT : 0) |
	       (events & POLLPRI ? SLIRP_POLL_PRI : 0) | (events & POLLERR ? SLIRP_POLL_ERR : 0) |
	       (events & POLLHUP ? SLIRP_POLL_HUP : 0);
}

static int add_poll(int fd, int events, void *ctx)
{
	struct slirp_stack *s = ctx;

	if (s->nfds == s->room) {
		nfds_t room = s->room ? 2 * s->room : 64;
		struct pollfd *fds = realloc(s->fds, room * sizeof(*fds));

		if (!fds)
			abort();
		s->fds = fds;
		s->room = room;
	}
	/* poll() passes over a negative descriptor, so libslirp finds nothing ready. */
	if (slirp_queue_is_high(&s->to_guest))
		fd = -1;
	s->fds[s->nfds] = (struct pollfd){ .fd = fd, .events = (short)events };
	return (int)s->nfds++;
}

static int add_slirp_poll(int fd, int events, void *ctx)
{
	return add_poll(fd, to_poll(events), ctx);
}

static int get_revents(int i, void *ctx)
{
	struct slirp_stack *s = ctx;

	return i > 0 && (nfds_t)i < s->nfds ? from_poll(s->fds[i].revents) : 0;
}

/* False: the VMM is gone. */
static bool take_frames(struct slirp_stack *s)
{
	for (int i = 0; i < BATCH; i++) {
		ssize_t n = recv(s->to_guest.fd, s->frame, sizeof(s->frame), MSG_DONTWAIT);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		if (n == 0)
			return false;
		if (s->host_loopback || !slirp_frame_is_for_loopback(s->frame, (size_t)n))
			s->lib.slirp_input(s->slirp, s->frame, (int)n);
	}
	return true;
}

static int64_t now_ms(void)
{
	return clock_get_ns(NULL) / 1000000;
}

static int wait_ms(const struct slirp_stack *s, uint32_t slirp_ms)
{
	int64_t most = slirp_ms == UINT32_MAX ? INT32_MAX : slirp_ms;
	int64_t ms = slirp_timers_wait_ms(s->timers, now_ms(), most);

	return ms >= INT32_MAX ? -1 : (int)ms;
}

int slirp_serve(struct slirp_stack *s)
{
	while (!s->to_guest.broken) {
		uint32_t ms = UINT32_MAX;
		int r;

		s->nfds = 0;
		add_poll(-1, POLLIN | (slirp_queue_waits(&s->to_guest) ? POLLOUT : 0), s);
		s->fds[0].fd = s->to_guest.fd;
		s->lib.slirp_pollfds_fill(s->slirp, &ms, add_slirp_poll, s);
		r = poll(s->fds, s->nfds, wait_ms(s, ms));
		if (r < 0 && errno != EINTR)
			return -errno;
		if (r < 0)
			for (nfds_t i = 0; i < s->nfds; i++)
				s->fds[i].revents = 0;
		if (s->fds[0].revents & POLLOUT)
			slirp_queue_flush(&s->to_guest);
		if (s->fds[0].revents & (POLLIN | POLLHUP | POLLERR) && !take_frames(s))
			return 0;
		s->lib.slirp_pollfds_poll(s->slirp, r < 0, get_revents, s);
		slirp_timers_run(&s->timers, now_ms());
	}
	return 0;
}
