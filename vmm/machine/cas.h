/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_CAS_H
#define VMM_MACHINE_CAS_H

/*
 * What a guest that firmware starts agrees on with this machine, and how KVM is told. The guest begins
 * with what choices.c says: XICS where there is a choice, as every client knows that; by
 * ibm,client-architecture-support it chooses processor mode, MMU and controller (sphapr/cas.h), and KVM
 * changes in place. A reboot is the beginning again. Without firmware none of this is used.
 */

#include "sphapr/cas.h"
#include "vmm/kvm/caps.h"
#include "vmm/kvm/irqchip.h"
#include "vmm/machine/options.h"
#include "vmm/machine/stop.h"

struct machine_cas {
	/* Borrowed, set before start. */
	struct spapr *sp;
	struct vcpus *cpus;
	struct irqchip *chip;
	struct kvm_vm *vm;
	const struct kvm_caps *caps;
	struct stop *stop;
	bool used; /* firmware runs */

	struct cas_offer offer;
	struct spapr_mode start; /* of the guest before it chooses */
	uint64_t hash_rma;       /* bytes that a hash guest's real mode reaches */
	bool called;             /* since the last reboot, and answered */
	bool refused;            /* the same, and said */
	struct cas_result chosen;
	struct log_limit said; /* a guest may call again and again */
};

/* After choices_make(): what is offered, and what the guest begins with. */
void machine_cas_init(struct machine_cas *c, const struct opt_machine *opt);

/* After spapr_init(): the guest's processor is known, and how far its real mode reaches. */
void machine_cas_ready(struct machine_cas *c);

/**
 * machine_cas_call - ibm,client-architecture-support, on the thread of the vCPU that calls
 * @vec: guest address of the client's words
 * Return 0: the machine is as the guest chose, c->chosen says how, and the tree is to be made anew;
 * -EFAULT, -E2BIG, -EINVAL: no choice in those words; -EBUSY: other vCPUs run, or devices interrupt by
 * messages already; else the machine cannot be what the guest needs, and has been stopped.
 */
int machine_cas_call(struct machine_cas *c, gpa_t vec);

/*
 * At a reboot, with all vCPUs parked and devices reset: as it was before the call. 0 or -errno, logged.
 */
int machine_cas_reset(struct machine_cas *c);

#endif
