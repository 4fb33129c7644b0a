/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_KVM_CALLS_H
#define VMM_KVM_CALLS_H

/* Which hypercalls and RTAS calls KVM serves by itself. */

#include "sphapr/spapr.h"
#include "vmm/kvm/caps.h"

/* Who serves the TCE calls of a guest. */
struct tce_plan {
	bool tables;   /* KVM has a table of each window, but for those of passed-through devices */
	bool unlinked; /* also for those, linked to no group: H_PUT_TCE is off in KVM */
	bool linked;   /* also for those, linked to the group: KVM's H_PUT_TCE reaches the device */
	bool put;      /* KVM serves H_PUT_TCE; false: switch it off where KVM has tables */
	bool bulk;     /* KVM serves H_PUT_TCE_INDIRECT and H_STUFF_TCE */
	const char *why; /* a clause for `check`; constant */
};

/**
 * kvm_calls_enable - tell KVM what it serves, from the rows of hcall.c and rtas.c
 * @tce: as planned; tables that KVM would write to behind our back are given up in it
 * Return 0 or -errno, logged. Before the first vCPU runs.
 */
int kvm_calls_enable(const struct kvm_vm *vm, const struct kvm_caps *caps, const struct spapr *sp,
		     struct tce_plan *tce);

/*
 * The same after the mode has changed: the calls of the new one, and KVM's RTAS calls where there is an
 * XICS only. TCE calls stay as they are. 0 or -errno, silently. No vCPU is in KVM_RUN.
 */
int kvm_calls_mode_changed(const struct kvm_vm *vm, const struct kvm_caps *caps,
			   const struct spapr *sp);

#endif
