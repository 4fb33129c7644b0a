/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_PASSTHROUGH_GROUPS_H
#define VMM_MACHINE_PASSTHROUGH_GROUPS_H

/*
 * The [[vfio]] entries of a configuration by the host's IOMMU groups. A group is what the host passes
 * through as one: it has one container, one set of DMA windows, and in the guest one PHB with a
 * function for each entry.
 */

#include "vfio/pe.h"
#include "vmm/base/bdf.h"
#include "vmm/machine/options.h"

struct pass_entry {
	const struct opt_vfio *opt; /* borrowed */
	struct bdf bdf;
	uint8_t devfn; /* in the guest, on the group's PHB */
};

struct pass_group {
	int id;                     /* of the host */
	struct pass_entry *entries; /* in their order in the configuration; at least one */
	uint32_t nentries;
	bool ddw; /* each entry allows a dynamic DMA window */
	struct vfio_pe pe;
};

struct pass_groups {
	struct pass_group *group; /* in the order of their first entries */
	uint32_t n;
	int *ids; /* of each [[vfio]] entry; -ENOENT: no such function; -ENODEV: it has no group */
	struct pass_entry *entries;    /* of all groups, each one's in a piece */
	struct vfio_memlock_need need; /* of all groups */
};

/* Asks the host for the groups, touches nothing. 0, or -ENOMEM silently. */
int pass_groups_make(struct pass_groups *p, const struct options *opt);
void pass_groups_free(struct pass_groups *p);

/* The address of the group's first entry, which stands for it in messages. */
static inline const char *pass_group_name(const struct pass_group *g)
{
	return g->entries[0].opt->host;
}

/* The entry of this function, or NULL. */
const struct pass_entry *pass_group_entry(const struct pass_group *g, const char *bdf);

#endif
