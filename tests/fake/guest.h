/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FAKE_GUEST_H
#define TESTS_FAKE_GUEST_H

/*
 * Guests as C functions. A program runs inside KVM_RUN of its vCPU, on a stack of its own, from the
 * moment the VMM starts that vCPU (KVM_SET_REGS with another pc starts it over); each guest_*() call
 * below is an exit, and returns when the VMM has answered it and entered the guest again.
 *
 *	static void boot(struct guest *g)
 *	{
 *		guest_rtas(g, "start-cpu", 3, 1, 1, 0x100, 7);
 *		guest_wait(g);
 *		guest_rtas(g, "power-off", 2, 1, 0, 0);
 *	}
 *	fake_guest(0, boot, NULL);
 *
 * A vCPU without a program, and one whose program returned, sleeps until it is kicked. Programs
 * hold no resources: they may be abandoned at any exit. Programs must not use cr_assert(), which jumps
 * off their stack: guest_check() notes the failure and the test asks guest_failures() at its end.
 */

#include "vmm/base/types.h"

struct guest {
	uint32_t server;
	void *ctx;
	uint64_t pc, r3; /* on entry */
	uint64_t r1, r4, r5, msr;
	unsigned int starts; /* how often the VMM started this vCPU, this time included */
	uint64_t args[9];    /* r4.. after a hypercall */
};

typedef void guest_fn(struct guest *g);

/* The program of vCPU @server; to be called before the vCPU is created. fake_reset() forgets it. */
void fake_guest(uint32_t server, guest_fn *fn, void *ctx);

/* A hypercall with @n arguments (uint64_t each), the other registers hold marks. Returns r3. */
long guest_hcall(struct guest *g, uint64_t nr, unsigned int n, ...);

/* The same, but KVM_RUN itself fails with @err, as it does for what KVM could not answer. */
long guest_hcall_failing(struct guest *g, int err, uint64_t nr, unsigned int n, ...);

/*
 * RTAS call by name: @nargs uint32_t arguments; the block is in guest memory. Returns the status;
 * further return values stand in g->args.
 */
int32_t guest_rtas(struct guest *g, const char *name, uint32_t nargs, uint32_t nret, ...);

/* The bytes big-endian. In a memory slot there is no exit, unless a BAR there does not answer: EFAULT. */
uint64_t guest_load(struct guest *g, gpa_t gpa, uint32_t len);
void guest_store(struct guest *g, gpa_t gpa, uint32_t len, uint64_t value);

/* KVM_RUN returns with this exit reason and detail. */
void guest_exit(struct guest *g, uint32_t reason, uint64_t detail);

/* The next KVM_RUN fails before the guest runs: the run page stays as it is. */
void guest_fail(struct guest *g, int err);

/* Sleep in the guest (H_CEDE) until guest_wake() or an interrupt; @ms: at most so long. */
void guest_wait(struct guest *g);
bool guest_wait_ms(struct guest *g, int ms); /* true: woken */
void guest_wake(uint32_t server);            /* from anywhere; remembered */

/* Sleep until source @lisn fires, and end it. */
void guest_wait_irq(struct guest *g, uint32_t lisn);

/* What RTAS ibm,set-xive does inside KVM. */
void guest_unmask(struct guest *g, uint32_t lisn);

void guest_read(struct guest *g, gpa_t gpa, void *buf, size_t len);
void guest_write(struct guest *g, gpa_t gpa, const void *buf, size_t len);

void guest_check(bool ok, const char *what);
const char *guest_failures(void); /* "" when all was well */

#endif
