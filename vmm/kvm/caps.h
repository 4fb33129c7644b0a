/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_KVM_CAPS_H
#define VMM_KVM_CAPS_H

/*
 * What this host's KVM can do, asked once. caps.c has a row for each capability with what its
 * absence costs, so no user has to find a flag: a missing necessary one ends the start with its
 * reason, a missing useful one is a warning that names the price.
 */

#include "vmm/kvm/vm.h"

struct kvm_caps {
	bool radix, hash; /* guest MMUs */
	bool xics, xive;  /* in-kernel controllers; xive only where it can be mapped */
	bool xive_no_map; /* the host has XIVE but its page size hides it from user space */
	bool enable_hcall, rtas_tokens;
	bool hwrng, ail3, dawr1, rpt_invalidate;
	bool tce64, tce_bulk, tce_vfio;
	bool irqfd, irqfd_resample;
	uint32_t smt_possible; /* mask of modes: bit n set = n threads a core */
	uint32_t max_vcpus, max_vcpu_id;
};

/* 0; -ENOTSUP after one logged line for each capability that is necessary and missing. */
int kvm_caps_read(struct kvm_caps *caps, const struct kvm_vm *vm);

/* For `check`: one call a row. @value: KVM's answer. */
void kvm_caps_each(const struct kvm_vm *vm,
		   void (*fn)(void *ctx, const char *name, int value, bool needed,
			      const char *price),
		   void *ctx);

#endif
