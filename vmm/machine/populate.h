/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_POPULATE_H
#define VMM_MACHINE_POPULATE_H

/*
 * Give every page of a mapping memory now, by several threads, before it is pinned, and while the
 * caller does something else: opening a passed-through function is a tenth of a second of waiting
 * for its reset.
 *
 *	populate_start(&p, host, size); ...; r = populate_finish(&p);
 */

#include "vmm/machine/sweep.h"

#include <pthread.h>

#define POPULATE_MAX_THREADS 8

struct populate { /* all zeros: nothing to do */
	struct sweep sweep;
	pthread_t threads[POPULATE_MAX_THREADS];
	uint32_t nthreads;
};

/* The mapping must stay until one of the other two has returned. */
void populate_start(struct populate *p, void *host, uint64_t size);

/* Wait for the end. 0 or -errno (-ENOMEM: the host has too little). */
int populate_finish(struct populate *p);

/* Wait only for what is being done at this moment. Fine after populate_finish() and on zeros. */
void populate_cancel(struct populate *p);

#endif
