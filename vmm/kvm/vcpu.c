/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/kvm/vcpu.h"

#include "vmm/base/papr.h"
#include "vmm/base/thread.h"
#include "vmm/kvm/vcpu_regs.h"
#include "vmm/kvm/vcpus.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static void handle_mmio(struct vcpu *v)
{
	struct kvm_run *run = v->kvm.run;
	const struct vcpu_ops *ops = &v->all->ops;

	ops->mmio(ops->ctx, run->mmio.phys_addr, run->mmio.data, run->mmio.len, run->mmio.is_write);
}

static void handle_hcall(struct vcpu *v)
{
	struct kvm_run *run = v->kvm.run;
	const struct vcpu_ops *ops = &v->all->ops;

	/*
	 * In place: the guest does not see the run page. A copy would be a memcpy with vector
	 * registers, which the kernel then has to save and load again around every KVM_RUN.
	 */
	run->papr_hcall.ret = (uint64_t)ops->hcall(ops->ctx, v->kvm.id, run->papr_hcall.nr,
						   (uint64_t *)run->papr_hcall.args);
}

static void crash(struct vcpu *v, const char *why)
{
	char text[160];

	snprintf(text, sizeof(text), "vCPU %u: %s", v->kvm.id, why);
	v->running = false;
	/* Only of the vCPU that ends the guest: others may fail as well, until the guest has ended. */
	if (v->all->ops.crash(v->all->ops.ctx, text))
		vcpu_dump_regs(&v->kvm);
}

static void handle_exit(struct vcpu *v)
{
	struct kvm_run *run = v->kvm.run;
	char text[96];

	switch (run->exit_reason) {
	case KVM_EXIT_PAPR_HCALL:
		v->exits[VCPU_EXIT_HCALL]++;
		handle_hcall(v);
		return;
	case KVM_EXIT_MMIO:
		v->exits[VCPU_EXIT_MMIO]++;
		handle_mmio(v);
		return;
	case KVM_EXIT_INTR:
		v->exits[VCPU_EXIT_SIGNAL]++;
		return;
	case KVM_EXIT_FAIL_ENTRY:
		snprintf(text, sizeof(text), "KVM could not enter the guest (reason 0x%llx)",
			 (unsigned long long)run->fail_entry.hardware_entry_failure_reason);
		break;
	case KVM_EXIT_UNKNOWN:
		snprintf(text, sizeof(text), "unexpected trap 0x%llx",
			 (unsigned long long)run->hw.hardware_exit_reason);
		break;
	default:
		snprintf(text, sizeof(text), "KVM gave up (exit reason %u)", run->exit_reason);
	}
	v->exits[VCPU_EXIT_OTHER]++;
	crash(v, text);
}

/*
 * Once KVM has RTAS tokens of its own, it looks at H_RTAS first and reports a bad argument block as
 * an error of KVM_RUN. The call is in the run page all the same, and is answered like any other. An
 * error before the guest ran leaves the page as it was: exit_reason tells the two apart.
 */
static bool is_bad_rtas_block(const struct vcpu *v, int r)
{
	return (r == -EINVAL || r == -EFAULT) && v->kvm.run->exit_reason == KVM_EXIT_PAPR_HCALL &&
	       v->kvm.run->papr_hcall.nr == H_RTAS;
}

static void enter_guest(struct vcpu *v)
{
	struct vcpus *s = v->all;
	char text[96];
	int r;

	v->has_run = true;
	v->in_guest = true;
	v->kvm.run->exit_reason = KVM_EXIT_UNKNOWN;
	vcpus_unlock(s);
	r = kvm_cpu_run(&v->kvm);
	vcpus_lock(s);
	v->in_guest = false;
	v->kvm.run->immediate_exit = 0;
	if (s->holds)
		pthread_cond_broadcast(&s->changed);
	if (r == 0 || is_bad_rtas_block(v, r)) {
		handle_exit(v);
	} else if (r == -EINTR || r == -EAGAIN) {
		v->exits[VCPU_EXIT_SIGNAL]++;
	} else {
		snprintf(text, sizeof(text), "KVM_RUN: %s", strerror(-r));
		crash(v, text);
	}
}

/* Requests that others left. Returns false when there is nothing to run. */
static bool ready(struct vcpu *v)
{
	struct vcpus *s = v->all;
	int r = 0;

	if (s->pausing || s->quitting || !v->running)
		return false;
	if (v->started) {
		v->started = false;
		r = vcpu_load_start(v);
	} else if (v->mode_seen != s->mode_generation) {
		r = vcpu_apply_mode(v);
		pthread_cond_broadcast(&s->changed); /* the caller of H_SET_MODE waits for this */
	}
	if (r == 0 && v->nmi) {
		v->nmi = false;
		r = vcpu_deliver_nmi(v);
	}
	if (r < 0) {
		crash(v, strerror(-r));
		return false;
	}
	return true;
}

/* Parked, for vcpus_all_do(). */
static void do_job(struct vcpu *v)
{
	struct vcpus *s = v->all;

	v->has_job = false;
	vcpus_unlock(s);
	s->job(s->job_arg);
	vcpus_lock(s);
	s->jobs--;
	pthread_cond_broadcast(&s->changed);
}

static void park(struct vcpu *v)
{
	struct vcpus *s = v->all;

	if (v->has_run)
		kvm_cpu_complete(&v->kvm);
	s->busy--;
	pthread_cond_broadcast(&s->changed);
	while (!s->quitting && (s->pausing || !v->running)) {
		if (v->has_job)
			do_job(v);
		else
			pthread_cond_wait(&v->wake, &s->lock);
	}
	s->busy++;
	/*
	 * The vCPU that started this one goes on first, if both share a host CPU: a processor that
	 * Linux starts spins until its starter, back in the guest, sets a flag.
	 */
	vcpus_unlock(s);
	sched_yield();
	vcpus_lock(s);
}

static void *vcpu_main(void *arg)
{
	struct vcpu *v = arg;
	struct vcpus *s = v->all;

	vcpus_lock(s);
	while (!s->quitting) {
		if (s->holds)
			vcpus_wait(s);
		else if (ready(v))
			enter_guest(v);
		else
			park(v);
	}
	s->busy--;
	pthread_cond_broadcast(&s->changed);
	vcpus_unlock(s);
	return NULL;
}

#define STACK_SIZE (256 * KiB)

int vcpu_create_thread(struct vcpu *v)
{
	const struct thread_spec spec = {
		.kind = THREAD_VCPU,
		.number = (uint32_t)(v - v->all->v),
		.stack = STACK_SIZE,
		.takes_signals = true,
		.fn = vcpu_main,
		.arg = v,
	};
	int r = thread_start(&v->thread, &spec);

	v->has_thread = r == 0;
	v->all->busy += r == 0;
	return r;
}

static void kick_handler(int sig)
{
	(void)sig; /* the signal only has to interrupt KVM_RUN */
}

int vcpu_install_kick(void)
{
	struct sigaction sa = { .sa_handler = kick_handler };

	return sigaction(SIGUSR1, &sa, NULL) < 0 ? -errno : 0;
}

void vcpu_kick(struct vcpu *v)
{
	if (!v->in_guest)
		return;
	v->kvm.run->immediate_exit = 1;
	pthread_kill(v->thread, SIGUSR1);
}
