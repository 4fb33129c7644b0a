/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/machine/populate.h"

#include "vmm/base/sys.h"
#include "vmm/base/thread.h"

#include <errno.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

static int give_pages(uint8_t *host, uint64_t len)
{
	int r = sys_madvise(host, len, MADV_POPULATE_WRITE);

	return r == -EINVAL ? 0
			    : r; /* before Linux 5.14: registering will fault the pages itself */
}

static void *work(void *arg)
{
	sweep_work(arg);
	return NULL;
}

void populate_start(struct populate *p, void *host, uint64_t size)
{
	uint64_t useful = (size + SWEEP_PIECE - 1) / SWEEP_PIECE;
	const struct thread_spec spec = {
		.kind = THREAD_POPULATE,
		.number = THREAD_NO_NUMBER,
		.fn = work,
		.arg = &p->sweep,
	};
	uint32_t n = sys_ncpus();

	sweep_init(&p->sweep, host, size, give_pages, "vfio: registering");
	p->nthreads = 0;
	n = n > POPULATE_MAX_THREADS ? POPULATE_MAX_THREADS : n;
	n = n > useful ? (uint32_t)useful : n;
	/*
	 * A thread that cannot be made leaves its share to the others; without any,
	 * populate_finish() does all.
	 */
	while (p->nthreads < n && thread_start(&p->threads[p->nthreads], &spec) == 0)
		p->nthreads++;
}

static void join(struct populate *p)
{
	while (p->nthreads > 0)
		pthread_join(p->threads[--p->nthreads], NULL);
}

int populate_finish(struct populate *p)
{
	if (p->nthreads == 0)
		sweep_work(&p->sweep);
	join(p);
	return p->sweep.err;
}

void populate_cancel(struct populate *p)
{
	if (p->nthreads > 0)
		p->sweep.err = -ECANCELED;
	join(p);
}
