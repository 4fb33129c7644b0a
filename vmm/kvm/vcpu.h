/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_KVM_VCPU_H
#define VMM_KVM_VCPU_H

/*
 * The vCPUs of a machine: one thread each, the run loop with its exit table, and the machine lock.
 *
 * The lock is held by a vCPU thread from the return of KVM_RUN until it is entered again, and by
 * the I/O thread in its callbacks, so all code above runs single-threaded. To act on another vCPU,
 * one leaves it a request under the lock and kicks it: immediate_exit plus a signal.
 *
 * A vCPU is STOPPED (parked; as born, or after stop-self), or RUNNING. Pausing parks all of them
 * without touching that state.
 */

#include "sphapr/spapr.h"
#include "vmm/kvm/cpu.h"

#include <pthread.h>

/* What the machine does about exits. Called with the lock held, on the vCPU's thread. */
struct vcpu_ops {
	void *ctx;
	long (*hcall)(void *ctx, uint32_t server, uint64_t nr, uint64_t *args);
	void (*mmio)(void *ctx, gpa_t gpa, uint8_t *data, uint32_t len, bool write);
	/* The vCPU cannot go on and has stopped. True: that is what ends the guest. */
	bool (*crash)(void *ctx, const char *text);
};

struct vcpus;

struct vcpu {
	struct kvm_cpu kvm;
	struct vcpus *all;
	pthread_t thread;
	pthread_cond_t wake; /* it need not be parked any more, perhaps */
	bool has_thread;   /* I/O thread only */
	bool running;      /* PAPR's state */
	bool started;      /* start_pc and start_r3 wait to be loaded */
	bool has_run;      /* registers are not those of a fresh vCPU */
	bool in_guest;     /* inside KVM_RUN, or on the way: a kick is needed */
	bool nmi;          /* a system reset interrupt is to be delivered */
	uint32_t mode_seen; /* generation of all->cpu_mode that is in the LPCR */
	gpa_t start_pc;
	uint64_t start_r3;
};

struct vcpus {
	pthread_mutex_t lock; /* the machine lock */
	pthread_cond_t changed; /* busy, or what one vCPU waits for another to do */
	struct vcpu *v; /* room for all possible ones */
	uint32_t n;     /* present */
	uint32_t busy; /* threads that are neither parked nor gone */
	bool pausing, quitting;
	uint32_t holds;        /* callers of vcpus_hold() that wait: nobody enters the guest */
	const struct spapr_mode *mode; /* borrowed: which presenter a vCPU has */
	bool large_dec;        /* set LPCR[LD]: the tree announces a decrementer of over 32 bits */
	struct cpu_mode cpu_mode; /* H_SET_MODE, for all */
	uint32_t mode_generation;
	struct vcpu_ops ops; /* set before start, then constant */
};

/**
 * vcpus_open - create the vCPUs that are present in KVM; a vCPU's id is its server number
 * @sp: its cfg and mode count; spapr_init() may come later. The mode is borrowed.
 * Return 0 or -errno; *@failed_id names the one that KVM refused.
 */
int vcpus_open(struct vcpus *s, struct kvm_vm *vm, const struct spapr *sp, uint32_t *failed_id);
void vcpus_close(struct vcpus *s); /* joins every thread first */

int vcpus_create_threads(struct vcpus *s);

void vcpus_lock(struct vcpus *s);
void vcpus_unlock(struct vcpus *s);

/* The rest is called with the lock held. */

struct vcpu *vcpus_find(struct vcpus *s, uint32_t server); /* NULL: none */

/* 0; -ENOENT; -EBUSY it is not stopped. */
int vcpus_start(struct vcpus *s, uint32_t server, gpa_t pc, uint64_t r3);

/* Every running vCPU has @mode in its LPCR on return. @self: the calling vCPU. */
int vcpus_set_mode(struct vcpus *s, struct vcpu *self, struct cpu_mode mode);

/*
 * No vCPU is inside KVM_RUN when it returns, nor before the lock is given up again: for what KVM must
 * not be using. On a vCPU's thread. The lock is free while it waits.
 */
void vcpus_hold(struct vcpus *s);

/* Let others have the lock until one of them calls vcpus_tell(), or for less. */
void vcpus_wait(struct vcpus *s);
void vcpus_tell(struct vcpus *s);

/* All parked and KVM's pending completions done when it returns; vcpus_resume() lets them go on. */
void vcpus_pause(struct vcpus *s);
void vcpus_resume(struct vcpus *s);

/* The first half of vcpus_pause(): no vCPU enters the guest again. May be called on a vCPU's thread. */
void vcpus_stop_soon(struct vcpus *s);

/* While paused: all STOPPED, mode and requests forgotten, as after power-on. */
void vcpus_reset(struct vcpus *s);

void vcpu_kick(struct vcpu *v);

/* The empty handler of the kick signal; call once before threads exist. */
int vcpu_install_kick(void);

#endif
