/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_PASSTHROUGH_H
#define VMM_MACHINE_PASSTHROUGH_H

/*
 * The [[vfio]] entries of a machine: one PE and PHB for each of their IOMMU groups, bound, opened,
 * registered and shown to the guest in the order that kernel and KVM ask for.
 */

#include "vmm/machine/passthrough_groups.h"
#include "vmm/machine/populate.h"

struct kvm_caps;
struct ram;
struct tce_plan;

/* What the entries need of the machine. Borrowed; filled by the phases before the one that asks. */
struct passthrough_env {
	const struct options *opt;
	struct kvm_vm *vm;
	const struct kvm_caps *caps;
	const struct tce_plan *tce; /* does KVM have tables, and are they linked to groups? */
	const struct gmem *mem;
	struct ram *ram;
	struct spapr *sp; /* it gets a PHB for each group */
	struct loop *loop;
	/* The host wants a device back whose entry says on_unbind = "stop". I/O thread, machine lock. */
	void (*wanted_back)(void *ctx);
	void *ctx; /* of it */
};

struct passthrough {
	struct passthrough_env env;
	struct vfio_env vfio; /* the same for the functions, from passthrough_open() on */
	struct pass_groups groups;
	struct populate populate; /* guest RAM, from the first phase to passthrough_register() */
};

/* An empty one, which passthrough_close() accepts. Copies @env. */
void passthrough_init(struct passthrough *p, const struct passthrough_env *env);

/*
 * The phases of a start, in this order; each does nothing where there is no [[vfio]] entry. 0, or
 * -errno after one logged line.
 *
 * Groups found, and judged by findings_vfio(): nothing is touched.
 */
int passthrough_check(struct passthrough *p);

/* Guest RAM begins to be populated, by threads. */
int passthrough_populate(struct passthrough *p);

/* Drivers bound, groups opened. */
int passthrough_open(struct passthrough *p);

/* Windows, functions, PHBs. The kernel resets a function that is opened, and waits for it. */
int passthrough_start(struct passthrough *p);

/* Guest RAM populated to its end, and registered: TCEs can be put from here on. */
int passthrough_register(struct passthrough *p);

/* vCPUs have been stopped. */
void passthrough_close(struct passthrough *p);

#endif
