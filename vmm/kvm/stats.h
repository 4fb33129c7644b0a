/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_KVM_STATS_H
#define VMM_KVM_STATS_H

/*
 * What KVM counts of a vCPU by itself: KVM_GET_STATS_FD. Opened only where somebody wants to know; a
 * kernel that does not have it, or not all of it, leaves numbers out.
 *
 * Source: Linux Documentation/virt/kvm/api.rst, "KVM_GET_STATS_FD".
 */

#include "vmm/base/types.h"

enum kvm_stat {
	KVM_STAT_EXITS,
	KVM_STAT_DECREMENTER,
	KVM_STAT_INTERRUPTS,
	KVM_STAT_WAKEUPS,
	KVM_STATS
};

/* Where the numbers are, the same for all vCPUs; 0: they are not there. */
struct kvm_stats {
	uint64_t at[KVM_STATS]; /* offsets in bytes */
};

/* Looks for them behind a vCPU's @fd of statistics. 0, or -errno: none. */
int kvm_stats_find(struct kvm_stats *s, int fd);

/* The number now; false: it is not there. */
bool kvm_stats_read(const struct kvm_stats *s, int fd, enum kvm_stat which, uint64_t *value);

#endif
