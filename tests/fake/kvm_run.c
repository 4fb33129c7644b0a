/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * KVM_RUN: a guest program on a stack of its own, entered and left by swapcontext() on its vCPU's
 * thread. The kick signal is blocked but while a guest sleeps, and then let in by ppoll(), so a
 * signal is never lost between a check and the sleep, just as in the kernel.
 *
 * State: ready (to be started or resumed) -> running -> exited (an exit is staged; the next KVM_RUN
 * completes it) or asleep (the next wake-up, or the end of its time, makes it ready).
 */
#include "tests/fake/kvm_run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#define START_SWITCH(save, stack, size) __sanitizer_start_switch_fiber(save, stack, size)
#define FINISH_SWITCH(save, stack, size) __sanitizer_finish_switch_fiber(save, stack, size)
#else
#define START_SWITCH(save, stack, size) ((void)0)
#define FINISH_SWITCH(save, stack, size) ((void)0)
#endif

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#define FIBER_NEW() __tsan_create_fiber(0)
#define FIBER_FREE(f) __tsan_destroy_fiber(f)
#define FIBER_CURRENT() __tsan_get_current_fiber()
#define FIBER_SWITCH(f) __tsan_switch_to_fiber((f), 0)
#else
#define FIBER_NEW() NULL
#define FIBER_FREE(f) ((void)0)
#define FIBER_CURRENT() NULL
#define FIBER_SWITCH(f) ((void)0)
#endif

#define STACK_SIZE (256 * KiB)

static struct {
	guest_fn *fn;
	void *ctx;
} programs[FAKE_MAX_GUESTS];

void fake_guest(uint32_t server, guest_fn *fn, void *ctx)
{
	if (server >= FAKE_MAX_GUESTS)
		abort();
	programs[server].fn = fn;
	programs[server].ctx = ctx;
}

void fake_guests_reset(void)
{
	memset(programs, 0, sizeof(programs));
	fake_guest_forget_failures();
}

int fake_run_new(struct fake_cpu *c)
{
	struct fake_run *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->cpu = c;
	p->guest.server = c->id;
	p->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->wake_fd < 0)
		abort();
	if (c->id < FAKE_MAX_GUESTS && programs[c->id].fn) {
		p->fn = programs[c->id].fn;
		p->guest.ctx = programs[c->id].ctx;
		p->stack = malloc(STACK_SIZE);
		if (!p->stack)
			abort();
	}
	p->restart = true;
	c->prog = p;
	return 0;
}

void fake_run_free(struct fake_cpu *c)
{
	close(c->prog->wake_fd);
	if (c->prog->guest_fiber)
		FIBER_FREE(c->prog->guest_fiber);
	free(c->prog->stack);
	free(c->prog);
}

void fake_run_restart(struct fake_cpu *c)
{
	c->prog->restart = true;
}

void fake_run_wake(struct fake_cpu *c)
{
	uint64_t one = 1;

	(void)!write(c->prog->wake_fd, &one, sizeof(one));
}

/* ---- the two sides of the switch ---- */

void fake_run_leave(struct fake_run *p)
{
	START_SWITCH(&p->guest_stack, p->kernel_bottom, p->kernel_size);
	FIBER_SWITCH(p->kernel_fiber);
	swapcontext(&p->guest_context, &p->kernel_context);
	FINISH_SWITCH(p->guest_stack, &p->kernel_bottom, &p->kernel_size);
}

static void program_main(unsigned int high, unsigned int low)
{
	struct fake_run *p = (struct fake_run *)((uintptr_t)high << 32 | low);

	FINISH_SWITCH(NULL, &p->kernel_bottom, &p->kernel_size);
	p->fn(&p->guest);
	p->state = RUN_ASLEEP;
	p->timeout_ms = -1;
	p->finished = true;
	for (;;)
		fake_run_leave(p);
}

static void start(struct fake_run *p)
{
	uintptr_t address = (uintptr_t)p;

	p->restart = p->finished = false;
	p->guest.pc = p->cpu->regs.pc;
	p->guest.r3 = p->cpu->regs.gpr[3];
	p->guest.r1 = p->cpu->regs.gpr[1];
	p->guest.r4 = p->cpu->regs.gpr[4];
	p->guest.r5 = p->cpu->regs.gpr[5];
	p->guest.msr = p->cpu->regs.msr;
	p->guest.starts++;
	if (!p->fn) {
		p->state = RUN_ASLEEP;
		p->timeout_ms = -1;
		p->finished = true;
		return;
	}
	if (p->guest_fiber)
		FIBER_FREE(p->guest_fiber);
	p->guest_fiber = FIBER_NEW();
	getcontext(&p->guest_context);
	p->guest_context.uc_stack.ss_sp = p->stack;
	p->guest_context.uc_stack.ss_size = STACK_SIZE;
	p->guest_context.uc_link = NULL;
	makecontext(&p->guest_context, (void (*)(void))program_main, 2,
		    (unsigned int)(address >> 32), (unsigned int)address);
	p->state = RUN_READY;
}

static void enter(struct fake_run *p)
{
	START_SWITCH(&p->kernel_stack, p->stack, STACK_SIZE);
	p->kernel_fiber = FIBER_CURRENT();
	FIBER_SWITCH(p->guest_fiber);
	swapcontext(&p->kernel_context, &p->guest_context);
	FINISH_SWITCH(p->kernel_stack, NULL, NULL);
}

/* ---- KVM_RUN ---- */

/* What the VMM answered goes into the registers before anything else: kvm_arch_vcpu_ioctl_run(). */
static void complete(struct fake_run *p)
{
	struct kvm_run *run = p->cpu->run;
	struct kvm_regs *regs = &p->cpu->regs;

	if (p->hcall_needed) {
		regs->gpr[3] = run->papr_hcall.ret;
		for (int i = 0; i < 9; i++)
			regs->gpr[4 + i] = run->papr_hcall.args[i];
	}
	if (p->load_needed)
		memcpy(p->loaded, run->mmio.data, sizeof(p->loaded));
	p->hcall_needed = p->load_needed = false;
}

/* True: interrupted. */
static bool sleep_in_guest(struct fake_run *p, const sigset_t *mask)
{
	struct pollfd pfd = { .fd = p->wake_fd, .events = POLLIN };
	struct timespec ts = { p->timeout_ms / 1000, p->timeout_ms % 1000 * 1000000L };
	uint64_t n;
	int r = ppoll(&pfd, 1, p->timeout_ms < 0 ? NULL : &ts, mask);

	if (r < 0)
		return true;
	if (r > 0)
		(void)!read(p->wake_fd, &n, sizeof(n));
	p->woken = r > 0;
	if (!p->finished)
		p->state = RUN_READY;
	return false;
}

static bool kick_is_pending(void)
{
	sigset_t set;

	sigpending(&set);
	return sigismember(&set, SIGUSR1) == 1;
}

static int run_guest(struct fake_run *p, const sigset_t *mask)
{
	struct kvm_run *run = p->cpu->run;

	complete(p);
	if (run->immediate_exit)
		return -EINTR; /* exit_reason stays what it was */
	if (!p->cpu->papr || (p->cpu->vm->irqchip && !p->cpu->connected)) {
		run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
		return -EINVAL;
	}
	p->cpu->has_run = true;
	if (!fake_guest_memory(0, 1) && !p->cpu->vm->radix) {
		run->exit_reason = KVM_EXIT_FAIL_ENTRY;
		return 0;
	}
	if (p->restart)
		start(p);
	for (;;) {
		if (kick_is_pending() || (p->state == RUN_ASLEEP && sleep_in_guest(p, mask))) {
			run->exit_reason = KVM_EXIT_INTR;
			return -EINTR;
		}
		if (p->state != RUN_READY)
			continue;
		p->state = RUN_EXITED;
		enter(p);
		if (p->state == RUN_EXITED)
			break;
	}
	p->state = RUN_READY;
	p->cpu->regs.pc += 4;
	return p->result;
}

static void set_in_run(struct fake_cpu *c, bool in_run)
{
	pthread_mutex_lock(&fake_lock);
	c->in_run = in_run;
	pthread_mutex_unlock(&fake_lock);
}

int fake_cpu_run(struct fake_cpu *c)
{
	sigset_t kick, mask;
	int r;

	sigemptyset(&kick);
	sigaddset(&kick, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &kick, &mask);
	set_in_run(c, true);
	r = run_guest(c->prog, &mask);
	set_in_run(c, false);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	return r;
}
