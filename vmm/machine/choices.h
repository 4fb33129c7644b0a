/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_CHOICES_H
#define VMM_MACHINE_CHOICES_H

/* What the guest will be on this host: MMU, interrupt controller, threads, features. */

#include "sphapr/spapr.h"
#include "vmm/kvm/caps.h"
#include "vmm/machine/options.h"

/*
 * Who begins in the guest. Linux learns of XIVE from the tree, and a client of firmware agrees on it; a bare
 * program (kernel_is_bare()) calls XICS's hypercalls, so that "auto" is XICS for it where there are both.
 */
struct guest_kind {
	bool chooses; /* firmware runs, see machine_cas_init(), which says so where there is a choice */
	bool bare;
};

/**
 * choices_make - decide by what is asked for and what KVM offers
 * @sp: mode and cfg are filled in, but for the CPU's facts
 * Return 0; or -errno after one logged line. Before the first vCPU: KVM is told the threads of a
 * core.
 */
int choices_make(struct spapr *sp, const struct options *opt, const struct kvm_vm *vm,
		 const struct kvm_caps *caps, struct guest_kind guest);

/* The same without KVM, for a tree on paper: radix, and XIVE unless XICS is asked for, or due. */
void choices_on_paper(struct spapr *sp, const struct opt_machine *opt, struct guest_kind guest);

#endif
