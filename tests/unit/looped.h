/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_LOOPED_H
#define TESTS_UNIT_LOOPED_H

/*
 * What tests of a loop and its users share: a loop with a lock, as the machine has one, that counts
 * what its hooks are called for; open descriptors; time.
 *
 *	looped_init(&h);                    loop_close(&h.l) undoes it
 *	pthread_mutex_lock(&h.mutex);       what a vCPU thread does before it calls a device
 */

#include "vmm/base/loop.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct looped {
	struct loop l;
	pthread_mutex_t mutex;
	bool locked; /* by the loop */
	int locks, woken;
};

static inline void looped_lock(void *ctx)
{
	struct looped *h = ctx;

	pthread_mutex_lock(&h->mutex);
	h->locked = true;
	h->locks++;
}

static inline void looped_unlock(void *ctx)
{
	struct looped *h = ctx;

	h->locked = false;
	pthread_mutex_unlock(&h->mutex);
}

static inline void looped_woken(void *ctx)
{
	struct looped *h = ctx;

	if (!h->locked)
		abort();
	h->woken++;
}

/* Aborts where a loop cannot be had. */
static inline void looped_init(struct looped *h)
{
	struct loop_hooks hooks = { h, looped_lock, looped_unlock, looped_woken };

	h->locked = false;
	h->locks = h->woken = 0;
	pthread_mutex_init(&h->mutex, NULL);
	if (loop_init(&h->l, &hooks) < 0)
		abort();
}

/* Descriptors that this process has open, the one that looks included. */
static inline int open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static inline uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

#endif
