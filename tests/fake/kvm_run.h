/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FAKE_KVM_RUN_H
#define TESTS_FAKE_KVM_RUN_H

/* A guest program as kvm_run.c (the kernel's side) and guest.c (the guest's) see it. */

#include "tests/fake/kernel.h"

#include <ucontext.h>

#define FAKE_MAX_GUESTS 64 /* servers that may have a program */

enum run_state { RUN_READY, RUN_EXITED, RUN_ASLEEP };

struct fake_run {
	struct guest guest; /* first: a struct guest is its struct fake_run */
	struct fake_cpu *cpu;
	guest_fn *fn;
	bool restart, finished;
	enum run_state state;
	int result;                     /* of KVM_RUN */
	bool hcall_needed, load_needed; /* the next KVM_RUN takes the answer */
	uint8_t loaded[8];
	int wake_fd, timeout_ms;
	bool woken;

	uint8_t *stack;
	ucontext_t guest_context, kernel_context;
	/* For the address sanitizer, and that of threads. */
	void *guest_fiber, *kernel_fiber;
	void *guest_stack, *kernel_stack;
	const void *kernel_bottom;
	size_t kernel_size;
};

/* From the program: back into KVM_RUN, until it is entered again. */
void fake_run_leave(struct fake_run *p);

void fake_guest_forget_failures(void);

#endif
