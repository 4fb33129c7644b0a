/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_CHOICES_H
#define VMM_MACHINE_CHOICES_H

/*
 * What the guest will be on this host: MMU, interrupt controller, vCPUs and their threads, features. Each is
 * judged without a side effect, for `check`, and for a start, which logs the judgement and acts on it.
 */

#include "sphapr/spapr.h"
#include "vmm/kvm/caps.h"
#include "vmm/machine/options.h"

/*
 * Who begins in the guest. Linux learns of XIVE from the tree, and a client of firmware agrees on it; a bare
 * program (kernel_is_bare()) calls XICS's hypercalls, so that "auto" is XICS for it where there are both.
 */
struct guest_kind {
	bool chooses; /* firmware runs (cas.h): XICS where there are both, until the guest has chosen */
	bool bare;
};

/*
 * Judgements: @f says what the guest gets, or why it cannot be had (VERDICT_FAIL), with the remedy; a
 * NOTE says that the vCPUs are more than the host's CPUs. What the guest gets is set in @mode, too.
 */
void choices_judge_mmu(struct finding *f, struct spapr_mode *mode, enum opt_mmu mmu,
		       const struct kvm_caps *caps, struct guest_kind guest);
void choices_judge_irqchip(struct finding *f, struct spapr_mode *mode, enum opt_irqchip opt,
			   const struct kvm_caps *caps, struct guest_kind guest);
void choices_judge_vcpus(struct finding *f, const struct opt_machine *opt,
			 const struct kvm_caps *caps);
void choices_judge_threads(struct finding *f, const struct opt_machine *opt,
			   const struct kvm_caps *caps);

/**
 * choices_make - make what is judged so
 * @sp: mode and cfg are filled in, but for the CPU's facts
 * A line is logged for each. Return 0; or -errno: the last one says why. Before the first vCPU: KVM is told the threads of a
 * core.
 */
int choices_make(struct spapr *sp, const struct options *opt, const struct kvm_vm *vm,
		 const struct kvm_caps *caps, struct guest_kind guest);

/* The same without KVM, for a tree on paper: radix, and XIVE unless XICS is asked for, or due. */
void choices_on_paper(struct spapr *sp, const struct opt_machine *opt, struct guest_kind guest);

#endif
