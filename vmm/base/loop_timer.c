/* SPDX-License-Identifier: BSD-2-Clause */
/* The loop's timers: a list by deadline, behind one timer descriptor. */
#include "vmm/base/loop_private.h"
#include "vmm/base/sys.h"

static void timer_arm(struct loop *l)
{
	uint64_t first = l->timers ? l->timers->deadline_ns : 0;
	uint64_t now;

	if (first == l->armed_ns)
		return;
	l->armed_ns = first;
	if (!first) {
		sys_timerfd_set(l->timer_fd, 0);
		return;
	}
	now = sys_now_ns();
	sys_timerfd_set(l->timer_fd, first > now ? first - now : 1);
}

static void timer_unlink(struct loop *l, struct loop_timer *t)
{
	struct loop_timer **p = &l->timers;

	while (*p && *p != t)
		p = &(*p)->next;
	if (*p)
		*p = t->next;
	t->armed = false;
}

void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t ns, loop_timer_fn *fn, void *ctx)
{
	struct loop_timer **p = &l->timers;
	uint64_t now = sys_now_ns();

	if (t->armed)
		timer_unlink(l, t);
	if (!ns)
		ns = 1; /* strictly later: one that re-arms itself must not hold the round */
	*t = (struct loop_timer){
		.deadline_ns = ns > UINT64_MAX - now ? UINT64_MAX : now + ns,
		.fn = fn,
		.ctx = ctx,
		.armed = true,
	};
	while (*p && (*p)->deadline_ns <= t->deadline_ns)
		p = &(*p)->next;
	t->next = *p;
	*p = t;
	timer_arm(l);
}

void loop_timer_cancel(struct loop *l, struct loop_timer *t)
{
	if (!t->armed)
		return;
	timer_unlink(l, t);
	timer_arm(l);
}

void loop_timers_run(struct loop *l)
{
	uint64_t now = sys_now_ns();
	struct loop_timer *t;

	l->armed_ns = 0;
	while ((t = l->timers) && t->deadline_ns <= now) {
		timer_unlink(l, t);
		t->fn(t->ctx);
	}
	timer_arm(l);
}
