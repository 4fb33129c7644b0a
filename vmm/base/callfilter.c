/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/callfilter.h"

#include <dlfcn.h>
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#define SECCOMP_LIBRARY "libseccomp.so.2"
#define OPTIMIZE_TREE 2u /* of the kinds of SCMP_FLTATR_CTL_OPTIMIZE */

/* libseccomp's functions. The types come from its header, so that a wrong use does not compile. */
#define SECCOMP_FUNCTIONS(X)                                                                       \
	X(seccomp_init)                                                                            \
	X(seccomp_release)                                                                         \
	X(seccomp_attr_set)                                                                        \
	X(seccomp_rule_add_array)                                                                  \
	X(seccomp_load)                                                                            \
	X(seccomp_syscall_resolve_num_arch)

struct seccomp_lib {
#define SECCOMP_MEMBER(name) __typeof__(&(name)) name;
	SECCOMP_FUNCTIONS(SECCOMP_MEMBER)
#undef SECCOMP_MEMBER
};

struct call_filter {
	struct seccomp_lib lib;
	scmp_filter_ctx allowed;  /* the rules */
	scmp_filter_ctx two_ways; /* refuse_second_ways() */
	const struct call_rule *rules;
	size_t nrules;
	call_refused_fn *refused;
};

/* A signal handler gets no context. Set once, by call_filter_load(). */
static struct call_filter *the_filter;

/* ---- what is not allowed ---- */

/* As the kernel leaves it: the call was not made, and its result is ours to set. */
static void set_result(ucontext_t *uc, long result)
{
#if defined(__powerpc64__)
	enum { R3 = 3, CCR = 38 };

	uc->uc_mcontext.gp_regs[R3] = (unsigned long)result;
	uc->uc_mcontext.gp_regs[CCR] &= ~0x10000000ul; /* CR0.SO: sc's sign of an error */
#elif defined(__x86_64__)
	uc->uc_mcontext.gregs[REG_RAX] = result;
#else
#error "which register holds a system call's result?"
#endif
}

static void on_call(int sig, siginfo_t *info, void *uc)
{
	const struct call_filter *f = the_filter;
	int nr = info->si_syscall;
	char *name;

	(void)sig;
	for (size_t i = 0; i < f->nrules; i++)
		if (f->rules[i].serve && f->rules[i].nr == nr) {
			set_result(uc, f->rules[i].serve());
			return;
		}
	f->refused(nr, NULL);
	name = f->lib.seccomp_syscall_resolve_num_arch(info->si_arch, nr);
	f->refused(nr, name ? name : "?");
	/* Not _exit(): a sanitizer does much before it, by calls that are not allowed. */
	syscall(SYS_exit_group, 1);
}

/* All signals are blocked in the handler: a second refusal inside it ends the process. */
static int catch_calls(void)
{
	struct sigaction sa = { .sa_sigaction = on_call, .sa_flags = SA_SIGINFO };

	sigfillset(&sa.sa_mask);
	return sigaction(SIGSYS, &sa, NULL) < 0 ? -errno : 0;
}

/* ---- what is ---- */

/* ISO C has no cast from an object's pointer to a function's; POSIX says the bytes are the same. */
static bool find(void *handle, const char *name, void *member)
{
	void *symbol = dlsym(handle, name);

	memcpy(member, &symbol, sizeof(symbol));
	return symbol;
}

static int load(struct seccomp_lib *lib, char *why, size_t size)
{
	void *handle = dlopen(SECCOMP_LIBRARY, RTLD_NOW | RTLD_LOCAL);

#define SECCOMP_FIND(name) &&find(handle, #name, &lib->name)
	if (handle SECCOMP_FUNCTIONS(SECCOMP_FIND))
		return 0;
#undef SECCOMP_FIND
	snprintf(why, size, "libseccomp is needed: %.200s: install Debian's package libseccomp2",
		 dlerror());
	return -ENOPKG;
}

static int add(const struct call_filter *f, const struct call_rule *r)
{
	struct scmp_arg_cmp cmp[CALL_ARGS];
	unsigned int n = 0;

	for (const struct call_arg *a = r->args; a < r->args + CALL_ARGS && a->mask; a++)
		cmp[n++] = (struct scmp_arg_cmp){ a->at, SCMP_CMP_MASKED_EQ, a->mask,
						  a->value == CALL_SELF ? (uint64_t)getpid()
									: a->value };
	return f->lib.seccomp_rule_add_array(
		f->allowed, r->answer == CALL_ALLOW ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(r->error),
		r->nr, n, cmp);
}

/*
 * POWER has a second way to each socket call, socketcall(). libseccomp opens it together with the
 * first, and drops the conditions on arguments there, which lie in memory. The C library takes the
 * first. A filter of its own, as libseccomp has no rule against its rules; the kernel obeys the
 * stricter one.
 */
static int refuse_second_ways(struct call_filter *f)
{
	static const int calls[] = {
#ifdef SYS_socketcall
		SYS_socketcall,
#endif
#ifdef SYS_ipc
		SYS_ipc,
#endif
		-1
	};
	int r = 0;

	if (ARRAY_LEN(calls) == 1)
		return 0;
	f->two_ways = f->lib.seccomp_init(SCMP_ACT_ALLOW);
	if (!f->two_ways)
		return -ENOMEM;
	for (size_t i = 0; calls[i] >= 0 && r == 0; i++)
		r = f->lib.seccomp_rule_add_array(f->two_ways, SCMP_ACT_TRAP, calls[i], 0, NULL);
	return r;
}

static void release(struct call_filter *f)
{
	if (f->allowed)
		f->lib.seccomp_release(f->allowed);
	if (f->two_ways)
		f->lib.seccomp_release(f->two_ways);
	f->allowed = f->two_ways = NULL;
}

static int build(struct call_filter *f)
{
	int r;

	f->allowed = f->lib.seccomp_init(SCMP_ACT_TRAP);
	if (!f->allowed)
		return -ENOMEM;
	/* Calls of another instruction set, whose numbers mean something else. */
	r = f->lib.seccomp_attr_set(f->allowed, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r == 0)
		r = f->lib.seccomp_attr_set(f->allowed, SCMP_FLTATR_CTL_OPTIMIZE, OPTIMIZE_TREE);
	for (size_t i = 0; i < f->nrules && r == 0; i++)
		if (!f->rules[i].serve)
			r = add(f, &f->rules[i]);
	return r < 0 ? r : refuse_second_ways(f);
}

int call_filter_new(struct call_filter **out, const struct call_rule *rules, size_t n, char *why,
		    size_t why_size)
{
	struct call_filter *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return -ENOMEM;
	f->rules = rules;
	f->nrules = n;
	r = load(&f->lib, why, why_size);
	if (r == 0)
		r = build(f);
	if (r < 0) {
		release(f);
		free(f);
		return r;
	}
	*out = f;
	return 0;
}

int call_filter_load(struct call_filter *f, call_refused_fn *refused)
{
	int r;

	f->refused = refused;
	the_filter = f;
	r = catch_calls();
	if (r == 0 && f->two_ways)
		r = f->lib.seccomp_load(f->two_ways);
	if (r == 0)
		r = f->lib.seccomp_load(f->allowed);
	return r;
}
