/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/loop.h"

#include "vmm/base/loop_private.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct loop_slot {
	loop_fd_fn *fn; /* NULL: free */
	void *ctx;
	/* 0: the descriptor is not in the epoll set, where EPOLLHUP would be reported anyway. */
	uint32_t events;
	uint32_t gen;
	bool always; /* epoll said EPERM */
};

static struct loop_slot *slot_of(struct loop *l, int fd)
{
	if (fd < 0 || (size_t)fd >= l->nslots || !l->slots[fd].fn)
		return NULL;
	return &l->slots[fd];
}

/* Our own two descriptors have no slot and generation 0; slots count from 1. */
static int ctl(struct loop *l, int op, int fd, uint32_t events, uint32_t gen)
{
	struct epoll_event ev = {
		.events = events,
		.data.u64 = (uint64_t)gen << 32 | (uint32_t)fd,
	};

	return sys_epoll_ctl(l->ep_fd, op, fd, &ev);
}

int loop_init(struct loop *l, const struct loop_hooks *hooks)
{
	int r;

	*l = (struct loop){ .ep_fd = -1, .wake_fd = -1, .timer_fd = -1 };
	if (hooks)
		l->hooks = *hooks;
	r = l->ep_fd = sys_epoll_create();
	if (r >= 0)
		r = l->wake_fd = sys_eventfd();
	if (r >= 0)
		r = l->timer_fd = sys_timerfd();
	if (r >= 0)
		r = ctl(l, EPOLL_CTL_ADD, l->wake_fd, EPOLLIN, 0);
	if (r >= 0)
		r = ctl(l, EPOLL_CTL_ADD, l->timer_fd, EPOLLIN, 0);
	if (r < 0)
		loop_close(l);
	return r < 0 ? r : 0;
}

void loop_close(struct loop *l)
{
	int *fds[] = { &l->timer_fd, &l->wake_fd, &l->ep_fd };

	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		if (*fds[i] >= 0)
			sys_close(*fds[i]);
		*fds[i] = -1;
	}
	free(l->slots);
	l->slots = NULL;
	l->nslots = 0;
	l->timers = NULL;
	l->nalways = 0;
}

static int grow(struct loop *l, size_t n)
{
	struct loop_slot *slots;

	if (n <= l->nslots)
		return 0;
	n = ALIGN_UP(n, 32);
	slots = realloc(l->slots, n * sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	memset(slots + l->nslots, 0, (n - l->nslots) * sizeof(*slots));
	l->slots = slots;
	l->nslots = n;
	return 0;
}

static int set_events(struct loop *l, int fd, struct loop_slot *s, uint32_t events)
{
	int r = 0;

	if (!s->always) {
		if (s->events && events)
			r = ctl(l, EPOLL_CTL_MOD, fd, events, s->gen);
		else if (events)
			r = ctl(l, EPOLL_CTL_ADD, fd, events, s->gen);
		else if (s->events)
			r = ctl(l, EPOLL_CTL_DEL, fd, 0, s->gen);
		if (r == -EPERM && !s->events) {
			s->always = true;
			r = 0;
		}
	}
	if (r < 0)
		return r;
	if (s->always && !s->events != !events) {
		if (events) {
			l->nalways++;
			loop_wake(l); /* the I/O thread may be waiting already */
		} else {
			l->nalways--;
		}
	}
	s->events = events;
	return 0;
}

int loop_add(struct loop *l, int fd, uint32_t events, loop_fd_fn *fn, void *ctx)
{
	struct loop_slot *s;
	int r;

	if (fd < 0)
		return -EBADF;
	if (slot_of(l, fd))
		return -EEXIST;
	r = grow(l, (size_t)fd + 1);
	if (r < 0)
		return r;
	if (++l->gen == 0)
		l->gen = 1;
	s = &l->slots[fd];
	*s = (struct loop_slot){ .fn = fn, .ctx = ctx, .gen = l->gen };
	r = set_events(l, fd, s, events);
	if (r < 0)
		s->fn = NULL;
	return r;
}

int loop_mod(struct loop *l, int fd, uint32_t events)
{
	struct loop_slot *s = slot_of(l, fd);

	if (!s)
		return -ENOENT;
	return s->events == events ? 0 : set_events(l, fd, s, events);
}

void loop_del(struct loop *l, int fd)
{
	struct loop_slot *s = slot_of(l, fd);

	if (!s)
		return;
	set_events(l, fd, s, 0);
	s->fn = NULL;
}

/* ---- rounds ---- */

void loop_wake(struct loop *l)
{
	static const uint64_t one = 1;
	int saved = errno; /* a signal handler must not disturb the code it interrupts */

	/* -EAGAIN: the counter is full, so the loop is woken already. */
	(void)!sys_write(l->wake_fd, &one, sizeof(one));
	errno = saved;
}

void loop_quit(struct loop *l)
{
	l->quit = true;
	loop_wake(l);
}

/* Own descriptors: read what makes them ready. */
static void swallow(int fd)
{
	uint64_t n;

	(void)!sys_read(fd, &n, sizeof(n));
}

static void take_lock(struct loop *l)
{
	if (l->hooks.lock)
		l->hooks.lock(l->hooks.ctx);
	l->work = 0;
	l->locked = true;
}

static void drop_lock(struct loop *l)
{
	l->locked = false;
	if (l->hooks.unlock)
		l->hooks.unlock(l->hooks.ctx);
}

void loop_unlocked(struct loop *l, void (*fn)(void *ctx), void *ctx)
{
	bool locked = l->locked;

	if (locked)
		drop_lock(l);
	fn(ctx);
	if (locked)
		take_lock(l);
}

/* Between two callbacks: have others waited long enough? */
static void let_others(struct loop *l)
{
	if (l->work < LOOP_MAX_WORK)
		return;
	drop_lock(l);
	take_lock(l);
}

static void serve(struct loop *l, const struct epoll_event *ev)
{
	int fd = (int)(uint32_t)ev->data.u64;
	uint32_t gen = (uint32_t)(ev->data.u64 >> 32);
	struct loop_slot *s;
	uint32_t events;

	if (gen == 0) {
		swallow(fd);
		if (fd == l->timer_fd)
			loop_timers_run(l);
		else if (l->hooks.woken)
			l->hooks.woken(l->hooks.ctx);
		return;
	}
	/* An earlier callback of this round may have removed or silenced @fd, or reused its number. */
	s = slot_of(l, fd);
	if (!s || s->gen != gen || !s->events)
		return;
	events = ev->events & (s->events | EPOLLERR | EPOLLHUP);
	if (events)
		s->fn(s->ctx, events);
}

/* Callbacks may grow the table: index, never a kept pointer. */
static int serve_always(struct loop *l)
{
	int n = 0;

	for (size_t fd = 0; fd < l->nslots && l->nalways; fd++) {
		struct loop_slot s;

		let_others(l);
		s = l->slots[fd];
		if (!s.fn || !s.always || !s.events)
			continue;
		s.fn(s.ctx, s.events & (EPOLLIN | EPOLLOUT));
		n++;
	}
	return n;
}

int loop_run_once(struct loop *l, int timeout_ms)
{
	struct epoll_event ev[LOOP_BATCH];
	int n = sys_epoll_wait(l->ep_fd, ev, LOOP_BATCH, l->nalways ? 0 : timeout_ms);

	if (n == -EINTR)
		n = 0;
	if (n < 0 || (n == 0 && !l->nalways))
		return n;
	take_lock(l);
	for (int i = 0; i < n; i++) {
		let_others(l);
		serve(l, &ev[i]);
	}
	n += serve_always(l);
	drop_lock(l);
	return n;
}

int loop_run(struct loop *l)
{
	while (!atomic_exchange(&l->quit, false)) {
		int r = loop_run_once(l, -1);

		if (r < 0)
			return r;
	}
	return 0;
}
