/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_LOOP_H
#define VMM_BASE_LOOP_H

/*
 * The I/O thread's loop: descriptors and timers, level-triggered, on one epoll descriptor.
 *
 * One thread runs the loop; callbacks run on it, between the lock and unlock hooks (the machine
 * lock), while waiting is done without the lock. Everything else here but loop_wake() and
 * loop_quit() is called under that same lock, from any thread, callbacks included; before the
 * loop runs for the first time no lock is needed.
 *
 * A round serves each ready descriptor once, at most LOOP_BATCH of them, so a busy descriptor
 * starves nobody as long as a callback does a bounded piece of work and returns. What callbacks did
 * is charged with loop_charge(): the lock is let go between two callbacks when it was held long
 * enough.
 */

#include "vmm/base/types.h"

#include <stdatomic.h>

#define LOOP_BATCH 32

/*
 * Work under the lock is counted in bytes, as if each were copied: a MiB is a millisecond on a slow
 * host. What copies nothing is charged as so many bytes as would take as long: a system call 2 KiB.
 */
#define LOOP_MAX_WORK (4ULL << 20)

/* @events: EPOLLIN, EPOLLOUT, ... as reported; EPOLLERR and EPOLLHUP come unasked. */
typedef void loop_fd_fn(void *ctx, uint32_t events);
typedef void loop_timer_fn(void *ctx);

/* All may be NULL. */
struct loop_hooks {
	void *ctx;
	void (*lock)(void *ctx);
	void (*unlock)(void *ctx);
	void (*woken)(void *ctx); /* once in a round that loop_wake() caused; under the lock */
};

/* Embedded by its user, zeroed before the first use; disarm it before it goes away. */
struct loop_timer {
	struct loop_timer *next;
	uint64_t deadline_ns;
	loop_timer_fn *fn;
	void *ctx;
	bool armed;
};

struct loop_slot;

struct loop {
	int ep_fd, wake_fd, timer_fd;
	struct loop_hooks hooks; /* set before start, then constant */
	struct loop_slot *slots; /* indexed by descriptor */
	size_t nslots;
	uint32_t gen;              /* tells a descriptor from the next one with its number */
	_Atomic uint32_t nalways;  /* slots that epoll refuses and that want events */
	struct loop_timer *timers; /* by deadline */
	uint64_t armed_ns;         /* what timer_fd waits for; 0: nothing */
	uint64_t work;             /* charged since the lock was taken */
	bool locked;               /* by the loop */
	atomic_bool quit;
};

/* 0 or -errno; @hooks is copied, NULL: none. Undone by loop_close(), also after a failure. */
int loop_init(struct loop *l, const struct loop_hooks *hooks);

/* Tolerates a half-built one and a second call. The descriptors added belong to their users. */
void loop_close(struct loop *l);

/**
 * loop_add - call @fn when @fd is ready
 * @events: EPOLLIN | EPOLLOUT | ...; 0: nothing for now, not even EPOLLHUP
 *
 * A descriptor that epoll does not take (a regular file) is ready in every round.
 * Return 0; -EEXIST; -ENOMEM; or epoll's -errno. The descriptor stays the caller's, who calls
 * loop_del() before closing it.
 */
int loop_add(struct loop *l, int fd, uint32_t events, loop_fd_fn *fn, void *ctx);

/* Other events from now on, for those already fetched too. 0; -ENOENT; or epoll's -errno. */
int loop_mod(struct loop *l, int fd, uint32_t events);

/* No callback after this, not even for an event already fetched. An unknown @fd is fine. */
void loop_del(struct loop *l, int fd);

/* (Re)arm @t to call @fn once, @ns from now; 0 means in the next round. */
void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t ns, loop_timer_fn *fn,
		    void *ctx);

/* A timer that is not armed is fine. */
void loop_timer_cancel(struct loop *l, struct loop_timer *t);

/* A callback did @work, counted as for LOOP_MAX_WORK, and no more than that at a time. */
static inline void loop_charge(struct loop *l, uint64_t work)
{
	l->work += work;
}

/*
 * For a callback: run @fn(@ctx) without the lock. Others have changed what they may, but no callback ran.
 * Where the loop does not hold the lock it is run as things are.
 */
void loop_unlocked(struct loop *l, void (*fn)(void *ctx), void *ctx);

/* End the wait of the current or the next round. Any thread, any lock; async-signal-safe. */
void loop_wake(struct loop *l);

/* loop_run() returns after the round it is in; kept if it does not run yet. As loop_wake(). */
void loop_quit(struct loop *l);

/**
 * loop_run_once - wait, then serve what is ready
 * @timeout_ms: longest wait; -1: for ever
 * Return the number of descriptors served (0: timeout or signal) or epoll's -errno.
 */
int loop_run_once(struct loop *l, int timeout_ms);

/* Rounds until loop_quit(): 0, or -errno when the loop cannot go on. */
int loop_run(struct loop *l);

#endif
