/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/loop.h"

#include "tests/unit/looped.h"
#include "vmm/base/types.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define MS 1000000ULL

/* A pipe on a loop that counts its callbacks and, unless told otherwise, reads what it is told. */
struct end {
	struct loop *l;
	int r, w;
	int calls;
	uint32_t events;
	struct end *kills;
	bool keep; /* leave the byte: stay ready */
};

static void on_end(void *ctx, uint32_t events)
{
	struct end *e = ctx;
	char c;

	e->calls++;
	e->events = events;
	if (!e->keep && (events & EPOLLIN))
		cr_assert(eq(long, read(e->r, &c, 1), 1));
	if (e->kills)
		loop_del(e->l, e->kills->r);
}

static void end_open(struct end *e, struct loop *l)
{
	int p[2];

	cr_assert(eq(int, pipe(p), 0));
	*e = (struct end){ .l = l, .r = p[0], .w = p[1] };
	cr_assert(eq(int, loop_add(l, e->r, EPOLLIN, on_end, e), 0));
}

static void poke(struct end *e)
{
	cr_assert(eq(long, write(e->w, "x", 1), 1));
}

Test(loop, a_readable_descriptor_is_called_back)
{
	struct loop l;
	struct end e;

	cr_assert(eq(int, loop_init(&l, NULL), 0));
	end_open(&e, &l);
	cr_assert(eq(int, loop_run_once(&l, 0), 0));
	poke(&e);
	cr_assert(eq(int, loop_run_once(&l, 1000), 1));
	cr_assert(eq(int, e.calls, 1));
	cr_assert(eq(int, loop_run_once(&l, 0), 0));
	loop_close(&l);
}

Test(loop, adding_twice_and_changing_an_unknown_one_are_errors)
{
	struct loop l;
	struct end e;

	loop_init(&l, NULL);
	end_open(&e, &l);
	cr_assert(eq(int, loop_add(&l, e.r, EPOLLIN, on_end, &e), -EEXIST));
	cr_assert(eq(int, loop_mod(&l, e.w, EPOLLIN), -ENOENT));
	cr_assert(eq(int, loop_add(&l, -1, EPOLLIN, on_end, &e), -EBADF));
	cr_assert(eq(int, loop_add(&l, 1000, EPOLLIN, on_end, &e), -EBADF));
	loop_del(&l, 1000);
	loop_del(&l, 100000);
	loop_del(&l, -1);
	loop_close(&l);
}

Test(loop, a_callback_may_delete_another_one_of_the_same_batch)
{
	struct loop l;
	struct end a, b;

	loop_init(&l, NULL);
	end_open(&a, &l);
	end_open(&b, &l);
	a.kills = &b;
	b.kills = &a;
	poke(&a);
	poke(&b);
	loop_run_once(&l, 1000);
	cr_assert(eq(int, a.calls + b.calls, 1));
	loop_run_once(&l, 0);
	cr_assert(eq(int, a.calls + b.calls, 1));
	loop_close(&l);
}

/* Both ends replace the other by a new, silent pipe with the same number. */
static struct end fresh[2];

static void replace(struct end *e, struct end *by)
{
	int p[2];

	loop_del(e->l, e->r);
	cr_assert(eq(int, pipe(p), 0));
	dup2(p[0], e->r);
	*by = (struct end){ .l = e->l, .r = e->r, .w = p[1] };
	cr_assert(eq(int, loop_add(e->l, by->r, EPOLLIN, on_end, by), 0));
}

static void on_replacing(void *ctx, uint32_t events)
{
	struct end *e = ctx;

	(void)events;
	e->calls++;
	replace(e->kills, &fresh[0]);
	loop_del(e->l, e->r);
}

Test(loop, an_event_of_the_former_owner_of_a_number_is_dropped)
{
	struct loop l;
	struct end a, b;

	loop_init(&l, NULL);
	end_open(&a, &l);
	end_open(&b, &l);
	a.kills = &b;
	b.kills = &a;
	loop_del(&l, a.r);
	loop_del(&l, b.r);
	loop_add(&l, a.r, EPOLLIN, on_replacing, &a);
	loop_add(&l, b.r, EPOLLIN, on_replacing, &b);
	poke(&a);
	poke(&b);
	loop_run_once(&l, 1000);
	loop_run_once(&l, 0);
	cr_assert(eq(int, a.calls + b.calls, 1));
	cr_assert(eq(int, fresh[0].calls, 0));
	poke(&fresh[0]);
	loop_run_once(&l, 1000);
	cr_assert(eq(int, fresh[0].calls, 1));
	loop_close(&l);
}

Test(loop, a_silenced_descriptor_is_quiet_even_after_hangup)
{
	struct loop l;
	struct end e;

	loop_init(&l, NULL);
	end_open(&e, &l);
	poke(&e);
	close(e.w);
	cr_assert(eq(int, loop_mod(&l, e.r, 0), 0));
	cr_assert(eq(int, loop_run_once(&l, 50), 0));
	cr_assert(eq(int, loop_mod(&l, e.r, EPOLLIN), 0));
	loop_run_once(&l, 1000);
	cr_assert(eq(int, e.calls, 1));
	cr_assert(ne(u32, e.events & EPOLLIN, 0));
	loop_run_once(&l, 1000);
	cr_assert(ne(u32, e.events & EPOLLHUP, 0));
	loop_close(&l);
}

Test(loop, one_busy_descriptor_does_not_starve_the_others)
{
	struct loop l;
	struct end e[100];

	loop_init(&l, NULL);
	for (size_t i = 0; i < ARRAY_LEN(e); i++) {
		end_open(&e[i], &l);
		poke(&e[i]);
		e[i].keep = true;
	}
	for (int i = 0; i < 40; i++)
		loop_run_once(&l, 0);
	for (size_t i = 0; i < ARRAY_LEN(e); i++)
		cr_assert(ge(int, e[i].calls, 5), "descriptor %zu: %d calls", i, e[i].calls);
	loop_close(&l);
}

static void on_file(void *ctx, uint32_t events)
{
	int *calls = ctx;

	cr_assert(eq(u32, events, EPOLLIN));
	++*calls;
}

Test(loop, a_regular_file_is_ready_in_every_round)
{
	struct loop l;
	struct end e;
	int fd = open("/proc/self/exe", O_RDONLY), calls = 0;

	loop_init(&l, NULL);
	end_open(&e, &l);
	cr_assert(eq(int, loop_add(&l, fd, EPOLLIN, on_file, &calls), 0));
	poke(&e);
	for (int i = 0; i < 3; i++)
		cr_assert(ge(int, loop_run_once(&l, -1), 1));
	cr_assert(eq(int, calls, 3));
	cr_assert(eq(int, e.calls, 1)); /* and the pipe had its turn */

	loop_mod(&l, fd, 0);
	cr_assert(eq(int, loop_run_once(&l, 20), 0));
	loop_mod(&l, fd, EPOLLIN);
	loop_run_once(&l, -1);
	cr_assert(ge(int, calls, 4));
	loop_del(&l, fd);
	calls = 0;
	loop_run_once(&l, 0);
	cr_assert(eq(int, loop_run_once(&l, 20), 0));
	cr_assert(eq(int, calls, 0));
	loop_close(&l);
}

/* ---- timers ---- */

struct order {
	struct loop *l;
	struct loop_timer t[4];
	char fired[16];
};

static struct order *the_order; /* of the running test */

static void fire(void *ctx)
{
	strcat(the_order->fired, ctx);
}

Test(loop, timers_fire_in_the_order_of_their_deadlines)
{
	static char a[] = "a", b[] = "b", c[] = "c", d[] = "d";
	struct loop l;
	struct order o = { .l = &l };
	uint64_t start = now_ms();

	the_order = &o;
	loop_init(&l, NULL);
	loop_timer_set(&l, &o.t[2], 30 * MS, fire, c);
	loop_timer_set(&l, &o.t[0], 10 * MS, fire, a);
	loop_timer_set(&l, &o.t[3], 500 * MS, fire, d); /* far: a busy machine lets us wait */
	loop_timer_set(&l, &o.t[1], 20 * MS, fire, b);
	loop_timer_cancel(&l, &o.t[1]);
	loop_timer_cancel(&l, &o.t[1]);
	while (strlen(o.fired) < 2)
		cr_assert(ge(int, loop_run_once(&l, 1000), 1));
	cr_assert(eq(str, o.fired, "ac"));
	cr_assert(ge(u64, now_ms() - start, 29));
	loop_timer_set(&l, &o.t[3], 1 * MS, fire, b); /* re-armed to be earlier */
	loop_run_once(&l, 1000);
	cr_assert(eq(str, o.fired, "acb"));
	cr_assert(not(o.t[3].armed));
	cr_assert(eq(int, loop_run_once(&l, 550), 0));
	loop_timer_set(&l, &o.t[0], UINT64_MAX, fire, a);
	cr_assert(eq(int, loop_run_once(&l, 10), 0));
	loop_close(&l);
}

static void fire_again(void *ctx)
{
	struct order *o = ctx;

	strcat(o->fired, "r");
	if (strlen(o->fired) < 3)
		loop_timer_set(o->l, &o->t[0], 0, fire_again, o);
}

Test(loop, a_timer_that_rearms_itself_lets_the_round_end)
{
	struct loop l;
	struct order o = { .l = &l };

	loop_init(&l, NULL);
	loop_timer_set(&l, &o.t[0], 0, fire_again, &o);
	loop_run_once(&l, 1000);
	cr_assert(eq(str, o.fired, "r"));
	loop_run_once(&l, 1000);
	loop_run_once(&l, 1000);
	cr_assert(eq(str, o.fired, "rrr"));
	cr_assert(eq(int, loop_run_once(&l, 10), 0));
	loop_close(&l);
}

static void cancel_b(void *ctx)
{
	struct order *o = ctx;

	strcat(o->fired, "a");
	loop_timer_cancel(o->l, &o->t[1]);
}

Test(loop, a_timer_may_cancel_another_one_that_is_due)
{
	static char b[] = "b";
	struct loop l;
	struct order o = { .l = &l };

	the_order = &o;
	loop_init(&l, NULL);
	loop_timer_set(&l, &o.t[0], 1 * MS, cancel_b, &o);
	loop_timer_set(&l, &o.t[1], 1 * MS, fire, b);
	usleep(5000);
	loop_run_once(&l, 1000);
	loop_run_once(&l, 20);
	cr_assert(eq(str, o.fired, "a"));
	loop_close(&l);
}

/* ---- hooks, wake, quit ---- */

static void on_locked(void *ctx, uint32_t events)
{
	struct looped *h = ctx;

	(void)events;
	cr_assert(h->locked);
	loop_quit(&h->l);
}

/* The loop waits: the lock can be had, and what is added under it is seen. */
static void *vcpu(void *ctx)
{
	struct looped *h = ctx;
	static int p[2];

	usleep(30000);
	cr_assert(eq(int, pipe(p), 0));
	cr_assert(eq(long, write(p[1], "x", 1), 1));
	pthread_mutex_lock(&h->mutex);
	cr_assert(eq(int, h->locks, 0));
	loop_add(&h->l, p[0], EPOLLIN, on_locked, h);
	pthread_mutex_unlock(&h->mutex);
	return NULL;
}

Test(loop, the_lock_is_held_in_callbacks_and_free_while_waiting, .timeout = 10)
{
	struct looped h;
	pthread_t t;

	looped_init(&h);
	pthread_create(&t, NULL, vcpu, &h);
	cr_assert(eq(int, loop_run(&h.l), 0));
	pthread_join(t, NULL);
	cr_assert(not(h.locked));
	cr_assert(ge(int, h.locks, 1));
	loop_close(&h.l);
}

static void on_work(void *ctx, uint32_t events)
{
	struct looped *h = ctx;

	(void)events;
	cr_assert(h->locked);
	cr_assert(lt(u64, h->l.work, LOOP_MAX_WORK));
	loop_charge(&h->l, LOOP_MAX_WORK / 2);
}

/* Seven callbacks are ready in the same round: others may have the lock after each two of them. */
Test(loop, the_lock_is_let_go_between_callbacks_that_work_much)
{
	struct looped h;
	int p[7][2];

	looped_init(&h);
	for (int i = 0; i < 7; i++) {
		cr_assert(eq(int, pipe(p[i]), 0));
		cr_assert(eq(long, write(p[i][1], "x", 1), 1));
		loop_add(&h.l, p[i][0], EPOLLIN, on_work, &h);
	}
	cr_assert(eq(int, loop_run_once(&h.l, 0), 7));
	cr_expect(eq(int, h.locks, 4));
	cr_expect(not(h.locked));
	loop_close(&h.l);
}

static void is_unlocked(void *ctx)
{
	struct looped *h = ctx;

	cr_assert(not(h->locked));
}

static void on_unlocking(void *ctx, uint32_t events)
{
	struct looped *h = ctx;

	(void)events;
	loop_unlocked(&h->l, is_unlocked, h);
	cr_assert(h->locked);
}

Test(loop, a_callback_does_without_the_lock_for_a_while)
{
	struct looped h;
	int p[2];

	looped_init(&h);
	cr_assert(eq(int, pipe(p), 0));
	cr_assert(eq(long, write(p[1], "x", 1), 1));
	loop_add(&h.l, p[0], EPOLLIN, on_unlocking, &h);
	cr_assert(eq(int, loop_run_once(&h.l, 0), 1));
	cr_expect(eq(int, h.locks, 2));
	loop_unlocked(&h.l, is_unlocked, &h); /* not the loop's to let go */
	cr_expect(eq(int, h.locks, 2));
	loop_close(&h.l);
}

static void *waker(void *ctx)
{
	usleep(30000);
	loop_wake(ctx);
	return NULL;
}

Test(loop, wake_ends_a_wait_from_any_thread_and_is_reported_once, .timeout = 10)
{
	struct looped h;
	pthread_t t;

	looped_init(&h);
	pthread_create(&t, NULL, waker, &h.l);
	cr_assert(eq(int, loop_run_once(&h.l, -1), 1));
	pthread_join(t, NULL);
	cr_assert(eq(int, h.woken, 1));
	loop_wake(&h.l);
	loop_wake(&h.l);
	loop_run_once(&h.l, -1);
	cr_assert(eq(int, h.woken, 2));
	cr_assert(eq(int, loop_run_once(&h.l, 0), 0));
	loop_close(&h.l);
}

static struct loop *signalled;

static void on_signal(int sig)
{
	(void)sig;
	loop_quit(signalled);
}

Test(loop, quit_works_from_a_signal_handler_and_before_the_run, .timeout = 10)
{
	struct loop l;

	loop_init(&l, NULL);
	signalled = &l;
	signal(SIGALRM, on_signal);
	errno = 77;
	raise(SIGALRM);
	cr_assert(eq(int, errno, 77));
	cr_assert(eq(int, loop_run(&l), 0)); /* kept */
	ualarm(20000, 0);
	cr_assert(eq(int, loop_run(&l), 0)); /* once, not for ever */
	loop_close(&l);
}

Test(loop, closing_leaves_no_descriptor_and_may_be_repeated)
{
	int before = open_fds();
	struct loop l;

	for (int i = 0; i < 10; i++) {
		loop_init(&l, NULL);
		loop_close(&l);
		loop_close(&l);
	}
	cr_assert(eq(int, open_fds(), before));
}
