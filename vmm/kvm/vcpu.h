/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_KVM_VCPU_H
#define VMM_KVM_VCPU_H

/*
 * One vCPU: its thread, the run loop with its exit table, and the kick. What is done to all of
 * them, and the machine lock, are in vcpus.h.
 *
 * A vCPU thread holds the lock from the return of KVM_RUN until KVM_RUN is entered again. To act on
 * another vCPU, one leaves that vCPU a request under the lock and kicks it: immediate_exit plus a
 * signal.
 *
 * A vCPU is STOPPED (parked; as born, or after stop-self), or RUNNING. Pausing parks all of them
 * without touching that state.
 */

#include "sphapr/spapr.h"
#include "vmm/kvm/cpu.h"
#include "vmm/kvm/stats.h"

#include <pthread.h>

/* What the machine does about exits. Called with the lock held, on the vCPU's thread. */
struct vcpu_ops {
	void *ctx;
	long (*hcall)(void *ctx, uint32_t server, uint64_t nr, uint64_t *args);
	void (*mmio)(void *ctx, gpa_t gpa, uint8_t *data, uint32_t len, bool write);
	/*
	 * The vCPU cannot go on and has stopped. Return true if this, and nothing before, ends the
	 * guest.
	 */
	bool (*crash)(void *ctx, const char *text);
};

/* Where a vCPU starts, and with what in its registers; the others are zero. */
struct vcpu_entry {
	gpa_t pc;
	uint64_t r1, r3, r4, r5;
	bool mode32;        /* MSR[SF] clear, as programs of Open Firmware begin */
	bool little_endian; /* MSR[LE] */
};

struct vcpus;

enum vcpu_exit { VCPU_EXIT_HCALL, VCPU_EXIT_MMIO, VCPU_EXIT_SIGNAL, VCPU_EXIT_OTHER, VCPU_EXITS };

/* What the host's kernel had counted when somebody looked (vcpus_metrics.h). */
struct vcpu_seen {
	uint64_t kvm[KVM_STATS], steal_ns;
	uint32_t has; /* a bit for each of these that is known */
};

struct vcpu {
	struct kvm_cpu kvm;
	struct vcpus *all;
	pthread_t thread;
	pthread_cond_t wake; /* signalled when the vCPU may run again: look anew */
	bool has_thread;     /* I/O thread only */
	bool running;        /* PAPR's state */
	bool started;        /* entry waits to be loaded */
	bool has_run;        /* registers are not those of a fresh vCPU */
	bool in_guest;       /* inside KVM_RUN, or on the way: a kick is needed */
	bool nmi;            /* a system reset interrupt is to be delivered */
	bool has_job;        /* all->job is to be done, though parked */
	bool asked;          /* by vcpus_answer(), and not in the loop since */
	uint64_t asked_ns;   /* then */
	uint32_t mode_seen;  /* generation of all->cpu_mode that is in the LPCR */
	struct vcpu_entry entry;
	uint64_t exits[VCPU_EXITS]; /* to us, by kind */
	int stats_fd;               /* what KVM counts; -1: not asked for */
	int steal_fd;               /* what the host's scheduler counts; below 0: not asked for */
	struct vcpu_seen seen;      /* I/O thread only */
};

struct vcpus {
	pthread_mutex_t lock;   /* the machine lock */
	pthread_cond_t changed; /* busy, or what one vCPU waits for another to do */
	struct vcpu *v;         /* room for all possible ones */
	uint32_t n;             /* present */
	uint32_t busy;          /* threads that are neither parked nor gone */
	bool pausing, quitting;
	uint32_t holds;         /* callers of vcpus_hold() that wait: nobody enters the guest */
	void (*job)(void *arg); /* of vcpus_all_do() */
	void *job_arg;
	uint32_t jobs;                 /* vCPUs that have not done theirs */
	const struct spapr_mode *mode; /* borrowed: which presenter a vCPU has */
	bool large_dec; /* set LPCR[LD]: the tree announces a decrementer of over 32 bits */
	struct cpu_mode cpu_mode; /* H_SET_MODE, for all */
	uint32_t mode_generation;
	struct kvm_stats stats; /* where they are behind each stats_fd */
	struct vcpu_ops ops;    /* set before start, then constant */
};

/* The vCPU's thread, parked at first. 0 or -errno. Under the lock. */
int vcpu_create_thread(struct vcpu *v);

/* Takes the vCPU out of the guest, if it is there. Under the lock. */
void vcpu_kick(struct vcpu *v);

/* The empty handler of the kick signal; call once before threads exist. */
int vcpu_install_kick(void);

#endif
