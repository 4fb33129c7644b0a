/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/thread.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

static atomic_int ran;
static char name[32], kernel_name[32];
static bool blocked;

static void *note(void *arg)
{
	sigset_t set;

	strcpy(name, thread_name());
	pthread_getname_np(pthread_self(), kernel_name, sizeof(kernel_name));
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	blocked = sigismember(&set, SIGUSR1);
	ran++;
	return arg;
}

static int start_and_join(const struct thread_spec *spec)
{
	pthread_t thread;
	void *result = NULL;
	int r = thread_start(&thread, spec);

	if (r < 0)
		return r;
	pthread_join(thread, &result);
	cr_assert(eq(ptr, result, spec->arg));
	return 0;
}

Test(thread, has_its_kinds_name_and_number)
{
	struct thread_spec spec = { .kind = THREAD_VCPU, .number = 3, .fn = note, .arg = &ran };

	cr_assert(eq(int, start_and_join(&spec), 0));
	cr_expect(eq(str, name, "vcpu3"));
	cr_expect(eq(str, kernel_name, "vcpu3"));
	spec = (struct thread_spec){ .kind = THREAD_SIGNALS,
				     .number = THREAD_NO_NUMBER,
				     .fn = note };
	cr_assert(eq(int, start_and_join(&spec), 0));
	cr_expect(eq(str, kernel_name, "signals"));
	cr_expect(eq(str, (char *)(uintptr_t)thread_name(), "main"));
}

Test(thread, takes_signals_only_when_it_says_so)
{
	struct thread_spec spec = { .kind = THREAD_DISK, .number = 0, .fn = note };
	sigset_t set;

	cr_assert(eq(int, start_and_join(&spec), 0));
	cr_expect(blocked);
	spec.takes_signals = true;
	cr_assert(eq(int, start_and_join(&spec), 0));
	cr_expect(not(blocked));
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	cr_expect(eq(int, sigismember(&set, SIGUSR1), 0), "the starter's are as before");
}

static enum thread_kind entered;

static int enter(void *ctx, enum thread_kind kind)
{
	entered = kind;
	return *(int *)ctx;
}

Test(thread, enters_the_sandbox_before_anything_else)
{
	const struct thread_spec spec = { .kind = THREAD_POPULATE, .number = 1, .fn = note };
	int result = 0;

	thread_set_sandbox(enter, &result);
	cr_assert(eq(int, start_and_join(&spec), 0));
	cr_expect(eq(int, entered, THREAD_POPULATE));
	cr_expect(eq(int, ran, 1));
	thread_set_sandbox(NULL, NULL);
}

Test(thread, does_nothing_where_it_cannot_be_confined)
{
	const struct thread_spec spec = { .kind = THREAD_VCPU, .number = 0, .fn = note };
	int result = -ENOMEM;

	thread_set_sandbox(enter, &result);
	cr_expect(eq(int, start_and_join(&spec), -ENOMEM));
	cr_expect(eq(int, ran, 0));
	cr_expect(eq(int, thread_enter(THREAD_IO, THREAD_NO_NUMBER), -ENOMEM));
	thread_set_sandbox(NULL, NULL);
}
