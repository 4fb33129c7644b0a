/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_KVM_VCPUS_H
#define VMM_KVM_VCPUS_H

/*
 * The vCPUs of a machine as a set, and the machine lock: creation and end, and what one vCPU or the
 * I/O thread does to the others. Whoever holds the lock, a vCPU's thread or a callback of the I/O
 * thread, is alone in the core and in the devices, so their code is single-threaded.
 */

#include "vmm/kvm/vcpu.h"

/**
 * vcpus_open - create the vCPUs that are present in KVM; a vCPU's id is its server number
 * @sp: its cfg and mode count; spapr_init() may come later. The mode is borrowed.
 * Return 0 or -errno; *@failed_id names the one that KVM refused.
 */
int vcpus_open(struct vcpus *s, struct kvm_vm *vm, const struct spapr *sp, uint32_t *failed_id);
void vcpus_close(struct vcpus *s); /* joins every thread first */

/*
 * From here on KVM's own counts of the first VCPUS_MAX_STATS of them can be read, a descriptor each.
 * Best effort: those that cannot be had are not there.
 */
#define VCPUS_MAX_STATS 256u
void vcpus_open_stats(struct vcpus *s);

/* One for each, parked at first. 0 or -errno. */
int vcpus_create_threads(struct vcpus *s);

/*
 * From here on it can be told how long the first VCPUS_MAX_STATS threads waited for a CPU, a descriptor
 * each. Best effort.
 */
void vcpus_open_steal(struct vcpus *s);

/* So long, in all. False: it is not known. Source: Documentation/scheduler/sched-stats.rst of Linux. */
bool vcpu_steal_ns(const struct vcpu *v, uint64_t *ns);

static inline void vcpus_lock(struct vcpus *s)
{
	pthread_mutex_lock(&s->lock);
}

static inline void vcpus_unlock(struct vcpus *s)
{
	pthread_mutex_unlock(&s->lock);
}

/* The rest is called with the lock held. */

struct vcpu *vcpus_find(struct vcpus *s, uint32_t server); /* NULL: none */

/* 0; -ENOENT; -EBUSY it is not stopped. */
int vcpus_start(struct vcpus *s, uint32_t server, const struct vcpu_entry *entry);

/* Every running vCPU has @mode in its LPCR on return. @self: the calling vCPU. */
int vcpus_set_mode(struct vcpus *s, struct vcpu *self, struct cpu_mode mode);

/*
 * No vCPU is inside KVM_RUN when this returns, nor before the caller gives the lock up again: for
 * changes to what KVM uses. On a vCPU's thread. The lock is free while the caller waits.
 */
void vcpus_hold(struct vcpus *s);

/* Let others have the lock until one of them calls vcpus_tell(); may return earlier. */
static inline void vcpus_wait(struct vcpus *s)
{
	pthread_cond_wait(&s->changed, &s->lock);
}

/* The same, for at most @ns. */
void vcpus_wait_ns(struct vcpus *s, uint64_t ns);

static inline void vcpus_tell(struct vcpus *s)
{
	pthread_cond_broadcast(&s->changed);
}

/* Returns when all are parked and KVM's completions done; vcpus_resume() lets the vCPUs go on. */
void vcpus_pause(struct vcpus *s);
void vcpus_resume(struct vcpus *s);

/*
 * The first half of vcpus_pause(): no vCPU enters the guest again. May be called on a vCPU's
 * thread.
 */
void vcpus_stop_soon(struct vcpus *s);

/*
 * For a watchdog: has each running vCPU come by since the last call? Those in the guest are kicked for
 * the next one. A vCPU that the host keeps busy without the lock may take a minute. @now_ns: of
 * sys_now_ns().
 */
bool vcpus_answer(struct vcpus *s, uint64_t now_ns);

/* While paused: all STOPPED, mode and requests forgotten, as after power-on. */
void vcpus_reset(struct vcpus *s);

/*
 * While paused: @fn(@arg) on the caller's thread and on each vCPU's, at once and without the lock; all
 * have returned when this does. For work that many threads share: no other may be started by then.
 */
void vcpus_all_do(struct vcpus *s, void (*fn)(void *arg), void *arg);

#endif
