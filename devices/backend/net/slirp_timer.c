/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/backend/net/slirp_timer.h"

#include <stdlib.h>

#define NEVER INT64_MAX

struct slirp_timer {
	struct slirp_timer *next;
	slirp_timer_fn *fn;
	void *ctx;
	int64_t at_ms;
};

struct slirp_timer *slirp_timer_new(struct slirp_timer **list, slirp_timer_fn *fn, void *ctx)
{
	struct slirp_timer *t = malloc(sizeof(*t));

	if (t) {
		*t = (struct slirp_timer){ *list, fn, ctx, NEVER };
		*list = t;
	}
	return t;
}

void slirp_timer_free(struct slirp_timer **list, struct slirp_timer *t)
{
	while (*list && *list != t)
		list = &(*list)->next;
	if (*list)
		*list = t->next;
	free(t);
}

void slirp_timer_set(struct slirp_timer *t, int64_t at_ms)
{
	t->at_ms = at_ms;
}

/* A timer's function may change the list, so the search begins anew after each. */
void slirp_timers_run(struct slirp_timer **list, int64_t now_ms)
{
	struct slirp_timer *t;

	do {
		for (t = *list; t && t->at_ms > now_ms;)
			t = t->next;
		if (t) {
			t->at_ms = NEVER;
			t->fn(t->ctx);
		}
	} while (t);
}

int64_t slirp_timers_wait_ms(const struct slirp_timer *list, int64_t now_ms, int64_t most_ms)
{
	for (const struct slirp_timer *t = list; t; t = t->next)
		if (t->at_ms < NEVER && t->at_ms - now_ms < most_ms)
			most_ms = t->at_ms > now_ms ? t->at_ms - now_ms : 0;
	return most_ms;
}
