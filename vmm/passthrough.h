/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_PASSTHROUGH_H
#define VMM_PASSTHROUGH_H

/*
 * The [[vfio]] entries of a machine: which IOMMU groups they belong to, one PE and PHB for each,
 * bound, opened, registered and shown to the guest in the order that kernel and KVM ask for.
 */

#include "vfio/pe.h"
#include "vmm/options.h"

struct machine;

struct passthrough {
	struct vfio_env env;
	struct vfio_pe *pes; /* one for each group */
	uint32_t npes;
	int *groups; /* IOMMU group of each [[vfio]] entry */
};

/*
 * Groups found, locked memory computed and compared, drivers and companions looked at: nothing is
 * touched. 0 or -errno, logged.
 */
int passthrough_check(struct machine *m);

/* @groups: of each [[vfio]] entry; negative: it has none. */
struct memlock_need passthrough_need(const struct options *opt, const int *groups);

/* Is this one of our functions, which we take from its driver? @opt: struct options. */
bool passthrough_takes(void *opt, const char *bdf);

/* Drivers bound, groups opened. */
int passthrough_open(struct machine *m);

/* Guest RAM populated and registered. */
int passthrough_register(struct machine *m);

/* Windows, functions, PHBs. */
int passthrough_start(struct machine *m);

/* vCPUs have been stopped. */
void passthrough_close(struct machine *m);

#endif
