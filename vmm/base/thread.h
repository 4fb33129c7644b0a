/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_THREAD_H
#define VMM_BASE_THREAD_H

/*
 * Threads of this program, by kind: each has a name for ps(1), and rights of its own once the process
 * has a sandbox (vmm/machine/sandbox.h). Who starts one joins it.
 */

#include "vmm/base/types.h"

#include <pthread.h>

enum thread_kind {
	THREAD_IO,       /* main(): start, loop, end */
	THREAD_VCPU,     /* vmm/kvm/vcpus.c */
	THREAD_DISK,     /* devices/backend/block/pool.c */
	THREAD_POPULATE, /* vmm/machine/populate.c */
	THREAD_SIGNALS,  /* vmm/machine/signals.c */
	THREAD_REPORT,   /* vmm/machine/sandbox_report.c */
	THREAD_KINDS
};

struct thread_spec {
	enum thread_kind kind;
	uint32_t number;    /* vcpu3; THREAD_NO_NUMBER */
	size_t stack;       /* bytes; 0: the system's default */
	bool takes_signals; /* else those of the process are blocked: they are other threads' */
	void *(*fn)(void *arg);
	void *arg;
};

#define THREAD_NO_NUMBER UINT32_MAX

/*
 * Start a thread, and wait until it has its name and has given up the rights that its kind has no use
 * for. 0; -EAGAIN no more threads for this user; -errno it could not give them up: then it did nothing
 * else.
 */
int thread_start(pthread_t *out, const struct thread_spec *spec);

/* This thread is of that kind from here on: what thread_start() does for others. 0 or -errno. */
int thread_enter(enum thread_kind kind, uint32_t number);

/* The calling thread's own name, "main" until it entered; good in a signal handler. */
const char *thread_name(void);

/*
 * From here on each thread that enters calls @enter(@ctx, kind), which returns 0 or -errno; NULL: not
 * any more. Of the process, as its sandbox is; set while no thread enters.
 */
typedef int thread_enter_fn(void *ctx, enum thread_kind kind);
void thread_set_sandbox(thread_enter_fn *enter, void *ctx);

#endif
