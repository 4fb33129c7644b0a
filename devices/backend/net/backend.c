/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/backend/net/backend.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Events that are always asked for: without any the loop would not report an end either, and the guest
 * would learn of a dead link only when it uses the link.
 */
#define IDLE EPOLLRDHUP

void net_backend_init(struct net_backend *b, const struct net_backend_ops *ops, struct loop *loop,
		      const char *id)
{
	b->ops = ops;
	b->loop = loop;
	b->fd = -1;
	snprintf(b->id, sizeof(b->id), "%s", id);
}

static void drop_fd(struct net_backend *b)
{
	if (b->fd < 0)
		return;
	loop_del(b->loop, b->fd);
	sys_close(b->fd);
	b->fd = -1;
}

static void end(struct net_backend *b)
{
	if (b->fd < 0)
		return;
	drop_fd(b);
	b->ops->gone(b);
	b->events.link(b->events.ctx, false);
}

static void on_event(void *ctx, uint32_t events)
{
	struct net_backend *b = ctx;

	if (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) {
		end(b);
		return;
	}
	if (events & EPOLLOUT)
		b->events.writable(b->events.ctx);
	if (events & EPOLLIN && b->fd >= 0)
		b->events.readable(b->events.ctx);
}

int net_backend_attach(struct net_backend *b, const struct net_events *events)
{
	b->events = *events;
	return b->fd < 0 ? 0 : loop_add(b->loop, b->fd, IDLE, on_event, b);
}

void net_backend_want(struct net_backend *b, uint32_t what)
{
	if (b->fd >= 0)
		loop_mod(b->loop, b->fd,
			 IDLE | (what & NET_READABLE ? (uint32_t)EPOLLIN : 0) |
				 (what & NET_WRITABLE ? (uint32_t)EPOLLOUT : 0));
}

ssize_t net_backend_send(struct net_backend *b, const struct iovec *iov, uint32_t n)
{
	return b->fd < 0 ? -EPIPE : b->ops->send(b, iov, n);
}

ssize_t net_backend_receive(struct net_backend *b, const struct iovec *iov, uint32_t n)
{
	return b->fd < 0 ? -EAGAIN : b->ops->receive(b, iov, n);
}

int net_backend_set_offload(struct net_backend *b, uint32_t offload)
{
	if (b->fd < 0 || !b->ops->set_offload)
		return 0;
	return b->ops->set_offload(b, offload & b->offload);
}

static void none_close(struct net_backend *b)
{
	free(b);
}

int net_none_open(struct net_backend **out, struct loop *loop, const char *id)
{
	static const struct net_backend_ops none_ops = { .close = none_close };

	*out = calloc(1, sizeof(**out));
	if (!*out) {
		log_error("%s: out of memory", id);
		return -ENOMEM;
	}
	net_backend_init(*out, &none_ops, loop, id);
	return 0;
}

void net_backend_close(struct net_backend *b)
{
	if (!b)
		return;
	drop_fd(b);
	b->ops->close(b);
}
