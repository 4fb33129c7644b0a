/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "sandbox"
#include "vmm/machine/sandbox_report.h"

#include "vmm/base/callfilter.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/base/thread.h"

#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>

#define STACK_SIZE (64 * KiB)
#define MAX_TOLD 64

struct report {
	char thread[16];
	sem_t loaded;
	int fd;                  /* set before @loaded is up */
	uint64_t told[MAX_TOLD]; /* call and first condition: an ioctl's request */
	uint32_t ntold;
};

/* The same call of the same thread: the first time says it all. */
static bool is_new(struct report *r, const struct call_asked *a)
{
	uint64_t key =
		(uint64_t)(uint32_t)a->nr << 32 | (a->nr == SYS_ioctl ? (uint32_t)a->args[1] : 0);

	for (uint32_t i = 0; i < r->ntold; i++)
		if (r->told[i] == key)
			return false;
	if (r->ntold < MAX_TOLD)
		r->told[r->ntold++] = key;
	return true;
}

static void tell(const struct report *r, const struct call_asked *a)
{
	log_warn(
		"thread %s asks for %s (system call %d; 0x%llx, 0x%llx, 0x%llx), which would be refused",
		r->thread, call_filter_name(a->nr), a->nr, (unsigned long long)a->args[0],
		(unsigned long long)a->args[1], (unsigned long long)a->args[2]);
}

static void *listen_to(void *arg)
{
	struct report *r = arg;
	struct pollfd p = { .events = POLLIN };
	struct call_asked asked;

	while (sem_wait(&r->loaded) < 0)
		; /* a signal */
	p.fd = r->fd;
	while (p.fd >= 0 && poll(&p, 1, -1) >= 0 && p.revents & POLLIN)
		if (call_filter_answer(p.fd, &asked) == 0 && is_new(r, &asked))
			tell(r, &asked);
	if (r->fd >= 0)
		sys_close(r->fd);
	sem_destroy(&r->loaded);
	free(r);
	return NULL;
}

int sandbox_report(const struct call_program *program)
{
	const struct call_filter filter = { .program = program, .rest = CALL_REPORT };
	struct report *r = calloc(1, sizeof(*r));
	const struct thread_spec spec = { .kind = THREAD_REPORT,
					  .number = THREAD_NO_NUMBER,
					  .stack = STACK_SIZE,
					  .fn = listen_to,
					  .arg = r };
	pthread_t thread;
	int e;

	if (!r)
		return -ENOMEM;
	snprintf(r->thread, sizeof(r->thread), "%s", thread_name());
	sem_init(&r->loaded, 0, 0);
	e = thread_start(&thread, &spec);
	if (e < 0) {
		sem_destroy(&r->loaded);
		free(r);
		return e;
	}
	pthread_detach(thread);
	e = r->fd = call_filter_load(&filter, NULL);
	sem_post(&r->loaded);
	return e < 0 ? e : 0;
}
