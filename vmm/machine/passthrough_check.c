/* SPDX-License-Identifier: BSD-2-Clause */
/* What can be known of the [[vfio]] entries before anything is touched; the first fault ends it. */
#include "vmm/machine/passthrough.h"

#include "sphapr/spapr.h"
#include "vfio/bind.h"
#include "vmm/base/log.h"

#include <errno.h>

bool passthrough_takes(void *group, const char *bdf)
{
	const struct pass_entry *e = pass_group_entry(group, bdf);

	return e && e->opt->bind == OPT_BIND_AUTO;
}

static int check_entries(const struct options *opt, const struct pass_groups *groups)
{
	for (size_t i = 0; i < opt->nvfio; i++) {
		int id = groups->ids[i];

		if (id == -ENOENT)
			log_error("vfio %s: this host has no such PCI function: \"lspci -D\" lists them",
				  opt->vfio[i].host);
		else if (id < 0)
			log_error("vfio %s: has no IOMMU group: it is not behind a TCE IOMMU and cannot "
				  "be passed through",
				  opt->vfio[i].host);
		if (id < 0)
			return id;
	}
	return 0;
}

static int check_number(const struct pass_groups *groups)
{
	if (groups->n <= SPAPR_MAX_PHBS)
		return 0;
	log_error("vfio: %u IOMMU groups: at most %d can be passed through", groups->n,
		  SPAPR_MAX_PHBS);
	return -E2BIG;
}

/* Drivers that may be taken, and a group that is ours alone then. */
static int check_functions(struct pass_group *g)
{
	int r = 0;

	for (uint32_t i = 0; i < g->nentries && r == 0; i++)
		if (g->entries[i].opt->bind == OPT_BIND_AUTO)
			r = vfio_bind_allowed(g->entries[i].opt->host);
	return r < 0 ? r : vfio_group_viable(g->id, pass_group_name(g), passthrough_takes, g);
}

int passthrough_check(struct passthrough *p)
{
	const struct options *opt = p->env.opt;
	struct pass_groups *groups = &p->groups;
	int r;

	if (opt->nvfio == 0)
		return 0;
	r = pass_groups_make(groups, opt);
	if (r == 0)
		r = check_entries(opt, groups);
	if (r == 0)
		r = check_number(groups);
	if (r < 0)
		return r;
	log_debug("vfio: locked memory: %llu KiB guest RAM, %llu KiB DMA tables",
		  (unsigned long long)(groups->need.ram / KiB),
		  (unsigned long long)(groups->need.tables / KiB));
	if (!vfio_memlock_allows(&groups->need, opt->vfio[0].host))
		return -ENOMEM;
	for (uint32_t i = 0; i < groups->n && r == 0; i++)
		r = check_functions(&groups->group[i]);
	return r < 0 ? r : vfio_container_probe();
}
