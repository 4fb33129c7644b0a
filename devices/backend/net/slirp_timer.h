/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_BACKEND_NET_SLIRP_TIMER_H
#define DEVICES_BACKEND_NET_SLIRP_TIMER_H

/* libslirp's timers: a handful, so a list. Times are milliseconds of CLOCK_MONOTONIC. */

#include <stdint.h>

struct slirp_timer;
typedef void slirp_timer_fn(void *ctx);

/* A timer of @list, which is not armed. NULL: no memory. */
struct slirp_timer *slirp_timer_new(struct slirp_timer **list, slirp_timer_fn *fn, void *ctx);
void slirp_timer_free(struct slirp_timer **list, struct slirp_timer *t);
void slirp_timer_set(struct slirp_timer *t, int64_t at_ms);

/* Runs the timers that are due, which may change the list. */
void slirp_timers_run(struct slirp_timer **list, int64_t now_ms);

/* How long until the first, at most @most_ms; 0: it is due. */
int64_t slirp_timers_wait_ms(const struct slirp_timer *list, int64_t now_ms, int64_t most_ms);

#endif
