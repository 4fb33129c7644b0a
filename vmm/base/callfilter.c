/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/callfilter.h"

#include "vmm/base/callrules.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <ucontext.h>
#include <unistd.h>

/* A signal handler gets no context. Set by call_filter_load(), for the thread that called. */
static _Thread_local struct {
	const struct call_served *served;
	call_refused_fn *refused;
} the_filter;

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
	int nr = info->si_syscall;

	(void)sig;
	for (const struct call_served *s = the_filter.served; s && s->serve; s++)
		if (s->nr == nr) {
			set_result(uc, s->serve());
			return;
		}
	the_filter.refused(nr, call_filter_name(nr));
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

/*
 * What only this process knows. The program that reports differs from the one that refuses in what it
 * returns for the rest, and in nothing else.
 */
static void complete(struct sock_filter *insns, uint16_t n, enum call_rest rest)
{
	for (struct sock_filter *i = insns; i < insns + n; i++) {
		if (i->code == (BPF_JMP | BPF_JEQ | BPF_K) && i->k == CALL_SELF)
			i->k = (uint32_t)getpid();
		if (i->code == (BPF_RET | BPF_K) && i->k == SECCOMP_RET_TRAP && rest == CALL_REPORT)
			i->k = SECCOMP_RET_USER_NOTIF;
	}
}

int call_filter_load(const struct call_filter *f, call_refused_fn *refused)
{
	struct sock_filter insns[CALL_PROGRAM_MAX];
	const struct call_program *p = f->program;
	bool report = f->rest == CALL_REPORT;
	int r = 0;

	the_filter.served = f->served;
	the_filter.refused = refused;
	memcpy(insns, p->insns, p->n * sizeof(*insns));
	complete(insns, p->n, f->rest);
	if (!report)
		r = catch_calls();
	if (r == 0)
		r = sys_no_new_privs();
	return r < 0 ? r : sys_seccomp(insns, p->n, report);
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

const char *call_filter_name(int nr)
{
	const char *name = call_names;

	if (nr < 0 || nr >= call_names_n)
		return "?";
	while (nr--)
		name += strlen(name) + 1;
	return *name ? name : "?";
}
