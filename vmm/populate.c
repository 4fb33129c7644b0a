/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "vfio"
#include "vmm/populate.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define CHUNK (64 * MiB)
#define MAX_THREADS 8
#define REPORT_NS 1000000000ULL

struct job {
	uint8_t *host;
	uint64_t size;
	atomic_uint_fast64_t next;    /* offset of the chunk to take */
	atomic_uint_fast64_t reported; /* when, in ns */
	atomic_int err;
	uint64_t start_ns;
};

static void report(struct job *j, uint64_t done)
{
	uint64_t now = sys_now_ns(), last = j->reported;

	/* One of the threads that see it due wins. */
	if (now - last < REPORT_NS || !atomic_compare_exchange_strong(&j->reported, &last, now))
		return;
	log_info("registering guest RAM %.1f/%.1f GiB", (double)done / (double)GiB,
		 (double)j->size / (double)GiB);
}

static void *work(void *arg)
{
	struct job *j = arg;
	uint64_t at;

	while (j->err == 0 && (at = atomic_fetch_add(&j->next, CHUNK)) < j->size) {
		uint64_t len = j->size - at < CHUNK ? j->size - at : CHUNK;
		int r = sys_madvise(j->host + at, len, MADV_POPULATE_WRITE);

		if (r == -EINVAL) /* before Linux 5.14: registering will fault the pages itself */
			r = 0;
		if (r < 0)
			j->err = r;
		report(j, at + len);
	}
	return NULL;
}

int populate(void *host, uint64_t size)
{
	struct job j = { .host = host, .size = size, .start_ns = sys_now_ns() };
	uint64_t useful = (size + CHUNK - 1) / CHUNK;
	pthread_t threads[MAX_THREADS];
	uint32_t n = sys_ncpus(), started = 0;

	j.reported = j.start_ns;
	n = n > MAX_THREADS ? MAX_THREADS : n;
	n = n > useful ? (uint32_t)useful : n;
	/* This thread is one of them; one that cannot be had leaves its share to the others. */
	while (started + 1 < n && pthread_create(&threads[started], NULL, work, &j) == 0)
		started++;
	work(&j);
	while (started > 0)
		pthread_join(threads[--started], NULL);
	return j.err;
}
