/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_KVM_CAPS_H
#define VMM_KVM_CAPS_H

/*
 * What this host's KVM can do, asked once. caps.c has a row for each capability with what its
 * absence costs, so no user has to find a flag: a necessary one that is missing ends the start with
 * its reason, a useful one that is missing is a warning that names the price.
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
	uint32_t host_cpus; /* KVM advises no more vCPUs than these */
};

typedef void kvm_caps_say(void *ctx, const struct finding *f);

/**
 * kvm_caps_read - ask KVM for every row
 * @say: called once a row: OK, NOTE for a choice that is missing, WARN for something useful, FAIL
 *       for something necessary
 * Return 0; -ENOTSUP when a row failed, and @caps is not set.
 */
int kvm_caps_read(struct kvm_caps *caps, const struct kvm_vm *vm, kvm_caps_say *say, void *ctx);

#endif
