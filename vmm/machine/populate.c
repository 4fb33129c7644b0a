/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "vfio"
#include "vmm/machine/populate.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/base/thread.h"

#include <errno.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define CHUNK (64 * MiB)
#define REPORT_NS 1000000000ULL

static void report(struct populate *p, uint64_t done)
{
	uint64_t now = sys_now_ns(), last = p->reported;

	/* Several threads may find a report due; one of them gives it. */
	if (now - last < REPORT_NS || !atomic_compare_exchange_strong(&p->reported, &last, now))
		return;
	log_info("registering guest RAM %.1f/%.1f GiB", (double)done / (double)GiB,
		 (double)p->size / (double)GiB);
}

static void *work(void *arg)
{
	struct populate *p = arg;
	uint64_t at;

	while (p->err == 0 && (at = atomic_fetch_add(&p->next, CHUNK)) < p->size) {
		uint64_t len = p->size - at < CHUNK ? p->size - at : CHUNK;
		int r = sys_madvise(p->host + at, len, MADV_POPULATE_WRITE);

		if (r == -EINVAL) /* before Linux 5.14: registering will fault the pages itself */
			r = 0;
		if (r < 0)
			p->err = r;
		if (p->err == 0) /* no progress is told once the start is going to fail */
			report(p, at + len);
	}
	return NULL;
}

void populate_start(struct populate *p, void *host, uint64_t size)
{
	uint64_t useful = (size + CHUNK - 1) / CHUNK;
	const struct thread_spec spec = {
		.kind = THREAD_POPULATE, .number = THREAD_NO_NUMBER, .fn = work, .arg = p
	};
	uint32_t n = sys_ncpus();

	*p = (struct populate){ .host = host, .size = size, .reported = sys_now_ns() };
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
		work(p);
	join(p);
	return p->err;
}

void populate_cancel(struct populate *p)
{
	if (p->nthreads > 0)
		p->err = -ECANCELED;
	join(p);
}
