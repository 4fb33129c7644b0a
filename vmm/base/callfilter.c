/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/callfilter.h"

#include "vmm/base/sys.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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
	X(seccomp_export_bpf)                                                                      \
	X(seccomp_syscall_resolve_num_arch)

struct seccomp_lib {
/* NOLINTNEXTLINE(bugprone-macro-parentheses): the name of a member */
#define SECCOMP_MEMBER(name) __typeof__(&(name)) name;
	SECCOMP_FUNCTIONS(SECCOMP_MEMBER)
#undef SECCOMP_MEMBER
};

/* What the kernel is given. */
struct program {
	struct sock_filter *insns;
	uint16_t n;
};

struct call_filter {
	struct seccomp_lib lib;
	struct call_list *lists; /* ends with { 0 } */
	enum call_rest rest;
	struct program allowed;  /* the rules */
	struct program two_ways; /* refuse_second_ways(); may be empty */
	call_refused_fn *refused;
};

/* A signal handler gets no context. Set by call_filter_load(), for the thread that called. */
static _Thread_local struct call_filter *the_filter;

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

static const struct call_rule *served(const struct call_filter *f, int nr)
{
	for (const struct call_list *l = f->lists; l->rules; l++)
		for (const struct call_rule *r = l->rules; r < l->rules + l->n; r++)
			if (r->serve && r->nr == nr)
				return r;
	return NULL;
}

static void on_call(int sig, siginfo_t *info, void *uc)
{
	const struct call_filter *f = the_filter;
	int nr = info->si_syscall;
	const struct call_rule *r = served(f, nr);
	char *name;

	(void)sig;
	if (r) {
		set_result(uc, r->serve());
		return;
	}
	f->refused(nr, NULL);
	name = call_filter_name(f, nr);
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

/* Two lists may have the same rule. */
static int add(const struct call_filter *f, scmp_filter_ctx ctx, const struct call_rule *r)
{
	struct scmp_arg_cmp cmp[CALL_ARGS];
	unsigned int n = 0;
	int e;

	for (const struct call_arg *a = r->args; a < r->args + CALL_ARGS && a->mask; a++)
		cmp[n++] = (struct scmp_arg_cmp){ a->at, SCMP_CMP_MASKED_EQ, a->mask,
						  a->value == CALL_SELF ? (uint32_t)getpid()
									: a->value };
	e = f->lib.seccomp_rule_add_array(
		ctx, r->answer == CALL_ALLOW ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(r->error), r->nr, n,
		cmp);
	return e == -EEXIST ? 0 : e;
}

static int add_lists(const struct call_filter *f, scmp_filter_ctx ctx)
{
	int r = 0;

	for (const struct call_list *l = f->lists; l->rules; l++)
		for (size_t i = 0; i < l->n && r == 0; i++)
			if (!l->rules[i].serve)
				r = add(f, ctx, &l->rules[i]);
	return r;
}

/* Through a pipe, which holds more than the largest program that a kernel takes. */
static int export(const struct call_filter *f, scmp_filter_ctx ctx, struct program *p)
{
	size_t room = BPF_MAXINSNS * sizeof(*p->insns);
	int ends[2], r;
	ssize_t n;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	r = f->lib.seccomp_export_bpf(ctx, ends[1]);
	close(ends[1]);
	p->insns = malloc(room);
	n = p->insns ? read(ends[0], p->insns, room) : -1;
	close(ends[0]);
	if (!p->insns)
		return -ENOMEM;
	if (r == 0 && n > 0)
		p->n = (uint16_t)((size_t)n / sizeof(*p->insns));
	return r < 0 ? r : n <= 0 ? -EIO : 0;
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
	scmp_filter_ctx ctx;
	int r = 0;

	if (ARRAY_LEN(calls) == 1 || f->rest == CALL_REPORT)
		return 0;
	ctx = f->lib.seccomp_init(SCMP_ACT_ALLOW);
	if (!ctx)
		return -ENOMEM;
	for (size_t i = 0; calls[i] >= 0 && r == 0; i++)
		r = f->lib.seccomp_rule_add_array(ctx, SCMP_ACT_TRAP, calls[i], 0, NULL);
	if (r == 0)
		r = export(f, ctx, &f->two_ways);
	f->lib.seccomp_release(ctx);
	return r;
}

static int build(struct call_filter *f)
{
	scmp_filter_ctx ctx =
		f->lib.seccomp_init(f->rest == CALL_REFUSE ? SCMP_ACT_TRAP : SCMP_ACT_NOTIFY);
	int r;

	if (!ctx)
		return -ENOMEM;
	/* Calls of another instruction set, whose numbers mean something else. */
	r = f->lib.seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r == 0)
		r = f->lib.seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, OPTIMIZE_TREE);
	if (r == 0)
		r = add_lists(f, ctx);
	if (r == 0)
		r = export(f, ctx, &f->allowed);
	f->lib.seccomp_release(ctx);
	return r < 0 ? r : refuse_second_ways(f);
}

static struct call_list *copy_lists(const struct call_list *lists)
{
	struct call_list *copy;
	size_t n = 1;

	while (lists[n - 1].rules)
		n++;
	copy = calloc(n, sizeof(*copy));
	if (copy)
		memcpy(copy, lists, n * sizeof(*copy));
	return copy;
}

int call_filter_new(struct call_filter **out, const struct call_list *lists, enum call_rest rest,
		    char *why, size_t why_size)
{
	struct call_filter *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return -ENOMEM;
	f->rest = rest;
	f->lists = copy_lists(lists);
	r = f->lists ? load(&f->lib, why, why_size) : -ENOMEM;
	if (r == 0)
		r = build(f);
	if (r < 0) {
		call_filter_free(f);
		return r;
	}
	*out = f;
	return 0;
}

void call_filter_free(struct call_filter *f)
{
	if (!f)
		return;
	free(f->allowed.insns);
	free(f->two_ways.insns);
	free(f->lists);
	free(f);
}

int call_filter_load(struct call_filter *f, call_refused_fn *refused)
{
	bool report = f->rest == CALL_REPORT;
	int r = 0;

	f->refused = refused;
	the_filter = f;
	if (!report)
		r = catch_calls();
	if (r == 0)
		r = sys_no_new_privs();
	if (r == 0 && f->two_ways.n)
		r = sys_seccomp(f->two_ways.insns, f->two_ways.n, false);
	if (r == 0)
		r = sys_seccomp(f->allowed.insns, f->allowed.n, report);
	return r;
}

int call_filter_answer(int fd, struct call_asked *asked)
{
	struct seccomp_notif ask = { 0 };
	struct seccomp_notif_resp go = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	int r = sys_ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &ask);

	if (r < 0)
		return r;
	go.id = ask.id;
	asked->nr = ask.data.nr;
	memcpy(asked->args, ask.data.args, sizeof(asked->args));
	r = sys_ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &go);
	return r < 0 ? r : 0;
}

char *call_filter_name(const struct call_filter *f, int nr)
{
	return f->lib.seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);
}
