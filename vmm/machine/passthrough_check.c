/* SPDX-License-Identifier: BSD-2-Clause */
/* What can be known of the [[vfio]] entries before anything is touched; the first fault ends it. */
#include "vmm/machine/passthrough.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/machine/machine_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_first_of_group(const int *groups, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (groups[k] == groups[i])
			return false;
	return true;
}

struct vfio_memlock_need passthrough_need(const struct options *opt, const int *groups)
{
	uint64_t huge = opt->machine.huge_pages, page = sys_page_size();
	uint32_t ngroups = 0;
	bool ddw = false;

	for (size_t i = 0; i < opt->nvfio; i++) {
		ngroups += groups[i] >= 0 && is_first_of_group(groups, i);
		ddw |= opt->vfio[i].ddw;
	}
	/* Pages that are only hoped for (auto) would make the tables smaller. */
	if (huge != OPT_HUGE_AUTO && huge > page)
		page = huge;
	return vfio_memlock_need(opt->machine.memory, ngroups, VFIO_PE_DEFAULT_WINDOW, ddw, page);
}

bool passthrough_takes(void *opt_arg, const char *bdf)
{
	const struct options *opt = opt_arg;

	for (size_t i = 0; i < opt->nvfio; i++)
		if (strcmp(opt->vfio[i].host, bdf) == 0)
			return opt->vfio[i].bind == OPT_BIND_AUTO;
	return false;
}

static int find_groups(const struct options *opt, int *groups)
{
	for (size_t i = 0; i < opt->nvfio; i++) {
		const char *host = opt->vfio[i].host;
		int r = groups[i] = vfio_sysfs_iommu_group(host);

		if (r == -ENOENT)
			log_error("vfio %s: this host has no such PCI function: \"lspci -D\" lists "
				  "them",
				  host);
		else if (r < 0)
			log_error("vfio %s: has no IOMMU group: it is not behind a TCE IOMMU and "
				  "cannot "
				  "be passed through",
				  host);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_number(const struct options *opt, const int *groups)
{
	uint32_t n = 0;

	for (size_t i = 0; i < opt->nvfio; i++)
		n += is_first_of_group(groups, i);
	if (n <= SPAPR_MAX_PHBS)
		return 0;
	log_error("vfio: %u IOMMU groups: at most %d can be passed through", n, SPAPR_MAX_PHBS);
	return -E2BIG;
}

/* Drivers that may be taken, and groups that are ours alone then. */
static int check_functions(const struct options *opt, const int *groups)
{
	int r = 0;

	for (size_t i = 0; i < opt->nvfio && r == 0; i++)
		if (opt->vfio[i].bind == OPT_BIND_AUTO)
			r = vfio_bind_allowed(opt->vfio[i].host);
	for (size_t i = 0; i < opt->nvfio && r == 0; i++)
		if (is_first_of_group(groups, i))
			r = vfio_group_viable(groups[i], opt->vfio[i].host, passthrough_takes,
					 (void *)(uintptr_t)opt);
	return r;
}

int passthrough_check(struct machine *m)
{
	const struct options *opt = m->opt;
	struct passthrough *p = &m->pass;
	int r;

	p->env.kvm_vfio_fd = -1;
	if (opt->nvfio == 0)
		return 0;
	p->groups = calloc(opt->nvfio, sizeof(*p->groups));
	p->pes = calloc(opt->nvfio, sizeof(*p->pes));
	if (!p->groups || !p->pes)
		return -ENOMEM;
	r = find_groups(opt, p->groups);
	if (r == 0)
		r = check_number(opt, p->groups);
	if (r < 0)
		return r;
	p->env.need = passthrough_need(opt, p->groups);
	log_debug("vfio: locked memory: %llu KiB guest RAM, %llu KiB DMA tables",
		  (unsigned long long)(p->env.need.ram / KiB),
		  (unsigned long long)(p->env.need.tables / KiB));
	if (!vfio_memlock_allows(&p->env.need, opt->vfio[0].host))
		return -ENOMEM;
	r = check_functions(opt, p->groups);
	return r < 0 ? r : vfio_container_probe();
}
