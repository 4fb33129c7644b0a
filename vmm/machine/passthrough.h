/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_PASSTHROUGH_H
#define VMM_MACHINE_PASSTHROUGH_H

/*
 * The [[vfio]] entries of a machine: which IOMMU groups they belong to, one PE and PHB for each,
 * bound, opened, registered and shown to the guest in the order that kernel and KVM ask for.
 */

#include "vmm/machine/passthrough_groups.h"
#include "vmm/machine/populate.h"

struct machine;

struct passthrough {
	struct vfio_env env;
	struct pass_groups groups;
	struct populate populate; /* guest RAM, from the first phase to passthrough_register() */
};

/*
 * Groups found, locked memory computed and compared, drivers and companions looked at: nothing is
 * touched. 0 or -errno, logged.
 */
int passthrough_check(struct machine *m);

/* Does a guest of this group take the function from its driver? @group: struct pass_group. */
bool passthrough_takes(void *group, const char *bdf);

/* Guest RAM begins to be populated, by threads. */
int passthrough_populate(struct machine *m);

/* Drivers bound, groups opened. */
int passthrough_open(struct machine *m);

/* Windows, functions, PHBs. The kernel resets a function that is opened, and waits for it. */
int passthrough_start(struct machine *m);

/* Guest RAM populated to its end, and registered: TCEs can be put from here on. */
int passthrough_register(struct machine *m);

/* vCPUs have been stopped. */
void passthrough_close(struct machine *m);

#endif
