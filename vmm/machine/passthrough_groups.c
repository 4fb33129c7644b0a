/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/machine/passthrough_groups.h"

#include "vfio/sysfs.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The nearest entry before number @i that is a function of the same device; NULL: none is. */
static const struct pass_entry *neighbour(const struct pass_group *g, uint32_t i)
{
	const struct bdf *b = &g->entries[i].bdf;

	while (i-- > 0)
		if (bdf_same_slot(&g->entries[i].bdf, b))
			return &g->entries[i];
	return NULL;
}

/* Is function 0 of this device in the group? */
static bool has_function_0(const struct pass_group *g, const struct bdf *b)
{
	for (uint32_t i = 0; i < g->nentries; i++)
		if (bdf_same_slot(&g->entries[i].bdf, b) && g->entries[i].bdf.function == 0)
			return true;
	return false;
}

/*
 * Functions of one host device stay together in the guest, devices are counted. Function numbers are
 * the host's, unless nobody would be function 0: then they are counted, too.
 */
static void place(struct pass_group *g)
{
	uint8_t devices = 0;

	for (uint32_t i = 0; i < g->nentries; i++) {
		const struct pass_entry *before = neighbour(g, i);

		g->entries[i].devfn = (uint8_t)(before ? before->devfn + 1 : devices++ << 3);
	}
	for (uint32_t i = 0; i < g->nentries; i++) {
		struct pass_entry *e = &g->entries[i];

		if (has_function_0(g, &e->bdf))
			e->devfn = (uint8_t)((e->devfn & ~7u) | e->bdf.function);
	}
}

/* Group @id from all its entries, which take their place at @entries. */
static void make_group(struct pass_groups *p, const struct options *opt, int id,
		       struct pass_entry *entries)
{
	struct pass_group *g = &p->group[p->n++];

	*g = (struct pass_group){ .id = id, .entries = entries, .ddw = true };
	for (size_t i = 0; i < opt->nvfio; i++) {
		struct pass_entry *e = &g->entries[g->nentries];

		if (p->ids[i] != id)
			continue;
		e->opt = &opt->vfio[i];
		bdf_parse(&e->bdf, e->opt->host); /* an address by its key's check */
		g->ddw &= e->opt->ddw;
		g->nentries++;
	}
	place(g);
}

static bool is_made(const struct pass_groups *p, int id)
{
	for (uint32_t i = 0; i < p->n; i++)
		if (p->group[i].id == id)
			return true;
	return false;
}

static struct vfio_memlock_need memory(const struct pass_groups *p, const struct options *opt)
{
	uint64_t huge = opt->machine.huge_pages, page = sys_page_size();
	bool ddw = false;

	for (size_t i = 0; i < opt->nvfio; i++)
		ddw |= opt->vfio[i].ddw;
	/* Pages that are only hoped for (auto) would make the tables smaller. */
	if (huge != OPT_HUGE_AUTO && huge > page)
		page = huge;
	return vfio_memlock_need(opt->machine.memory, p->n, VFIO_PE_DEFAULT_WINDOW, ddw, page);
}

int pass_groups_make(struct pass_groups *p, const struct options *opt)
{
	struct pass_entry *entries;

	*p = (struct pass_groups){
		.group = calloc(opt->nvfio, sizeof(*p->group)),
		.ids = calloc(opt->nvfio, sizeof(*p->ids)),
		.entries = calloc(opt->nvfio, sizeof(*p->entries)),
	};
	if (!p->group || !p->ids || !p->entries) {
		pass_groups_free(p);
		return -ENOMEM;
	}
	for (size_t i = 0; i < opt->nvfio; i++)
		p->ids[i] = vfio_sysfs_iommu_group(opt->vfio[i].host);
	entries = p->entries;
	for (size_t i = 0; i < opt->nvfio; i++) {
		if (p->ids[i] < 0 || is_made(p, p->ids[i]))
			continue;
		make_group(p, opt, p->ids[i], entries);
		entries += p->group[p->n - 1].nentries;
	}
	p->need = memory(p, opt);
	return 0;
}

void pass_groups_free(struct pass_groups *p)
{
	free(p->group);
	free(p->ids);
	free(p->entries);
	*p = (struct pass_groups){ 0 };
}

const struct pass_entry *pass_group_entry(const struct pass_group *g, const char *bdf)
{
	for (uint32_t i = 0; i < g->nentries; i++)
		if (strcmp(g->entries[i].opt->host, bdf) == 0)
			return &g->entries[i];
	return NULL;
}
