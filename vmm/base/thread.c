/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/thread.h"

#include <malloc.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>

#define NAME_LEN 16 /* of the kernel, with its NUL */

static thread_enter_fn *the_enter; /* a process has one sandbox, as it has one memory */
static void *the_ctx;

static _Thread_local char own_name[NAME_LEN] = "main";

static const char *const kind_names[THREAD_KINDS] = {
	[THREAD_IO] = "io",           [THREAD_VCPU] = "vcpu",
	[THREAD_DISK] = "disk",       [THREAD_POPULATE] = "populate",
	[THREAD_SIGNALS] = "signals", [THREAD_REPORT] = "report",
};

/* The first thread's name is the program's, in ps(1) and in killall(1). */
int thread_enter(enum thread_kind kind, uint32_t number)
{
	if (number == THREAD_NO_NUMBER)
		snprintf(own_name, sizeof(own_name), "%s", kind_names[kind]);
	else
		snprintf(own_name, sizeof(own_name), "%s%u", kind_names[kind], number);
	if (kind != THREAD_IO)
		pthread_setname_np(pthread_self(), own_name);
	return the_enter ? the_enter(the_ctx, kind) : 0;
}

const char *thread_name(void)
{
	return own_name;
}

void thread_set_sandbox(thread_enter_fn *enter, void *ctx)
{
	the_enter = enter;
	the_ctx = ctx;
}

/* Of the starter, who waits for @entered. */
struct start {
	const struct thread_spec *spec;
	sem_t entered;
	int result;
};

static void *begin(void *arg)
{
	struct start *s = arg;
	const struct thread_spec spec = *s->spec;
	int r = thread_enter(spec.kind, spec.number);

	s->result = r;
	sem_post(&s->entered);
	return r < 0 ? NULL : spec.fn(spec.arg);
}

/* Not those that a thread's own doing brings: blocked, they would end the process without a word. */
static void others_signals(sigset_t *set)
{
	static const int own[] = { SIGSYS, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

	sigfillset(set);
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		sigdelset(set, own[i]);
}

static int create(pthread_t *out, struct start *s)
{
	pthread_attr_t attr;
	sigset_t others, before;
	int r;

	pthread_attr_init(&attr);
	if (s->spec->stack)
		pthread_attr_setstacksize(&attr, s->spec->stack);
	others_signals(&others);
	if (!s->spec->takes_signals)
		pthread_sigmask(SIG_SETMASK, &others, &before);
	r = pthread_create(out, &attr, begin, s);
	if (!s->spec->takes_signals)
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return -r;
}

/*
 * All threads take memory from the first arena, which grows and shrinks by brk. Before an arena of a thread's own
 * shrinks, the C library opens /proc/sys/vm/overcommit_memory, which a confined thread may not: a guest that has
 * much memory taken and given back could end the program so.
 */
static void share_arena(void)
{
	mallopt(M_ARENA_MAX, 1);
}

int thread_start(pthread_t *out, const struct thread_spec *spec)
{
	static pthread_once_t before_the_first = PTHREAD_ONCE_INIT;
	struct start s = { .spec = spec };
	int r;

	pthread_once(&before_the_first, share_arena);
	sem_init(&s.entered, 0, 0);
	r = create(out, &s);
	if (r == 0) {
		while (sem_wait(&s.entered) < 0)
			; /* a signal */
		r = s.result;
		if (r < 0)
			pthread_join(*out, NULL);
	}
	sem_destroy(&s.entered);
	return r;
}
