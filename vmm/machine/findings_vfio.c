/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What passed-through functions ask of the host: groups, locked memory, a container, and of each group
 * drivers, rights and windows. A guest can be refused for each of them; the cheapest come first.
 */
#include "vmm/machine/findings.h"

#include "sphapr/spapr.h"
#include "vmm/base/sys.h"
#include "vmm/machine/passthrough_groups.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct judge {
	struct findings *to;
	const struct options *opt;
	const struct pass_groups *groups;
	bool open;
	bool has_v2; /* there is a container to put a group into */
};

static void say_inner(struct judge *j, struct finding *f)
{
	f->inner = true;
	findings_say(j->to, f);
}

/* Has each entry a group? */
static void entries(struct judge *j)
{
	struct finding f;

	for (size_t i = 0; i < j->opt->nvfio; i++) {
		const char *host = j->opt->vfio[i].host;

		if (j->groups->ids[i] >= 0)
			continue;
		if (j->groups->ids[i] == -ENOENT) {
			finding_fail(&f, "vfio", host, "this host has no such PCI function");
			finding_remedy(&f, "\"lspci -D\" lists them");
		} else {
			finding_fail(&f, "vfio", host,
				     "has no IOMMU group: it is not behind a TCE IOMMU "
				     "and cannot be passed through");
		}
		findings_say(j->to, &f);
	}
}

static void number(struct judge *j)
{
	if (j->groups->n > SPAPR_MAX_PHBS)
		findings_add(j->to, VERDICT_FAIL, "vfio",
			     "%u IOMMU groups: at most %d can be passed through", j->groups->n,
			     SPAPR_MAX_PHBS);
}

static void memory(struct judge *j)
{
	struct finding f;

	vfio_memlock_allows(&j->groups->need, j->opt->vfio[0].host, &f);
	findings_say(j->to, &f);
}

/* A user may load vfio-pci later; an entry that we bind needs it now: vfio_bind_allowed(). */
static void driver(struct judge *j)
{
	struct finding f;

	for (size_t i = 0; i < j->opt->nvfio; i++)
		if (j->opt->vfio[i].bind == OPT_BIND_AUTO)
			return;
	if (vfio_sysfs_driver_loaded("vfio-pci"))
		return;
	finding_set(&f, VERDICT_NOTE, "", "", "vfio-pci is not loaded");
	finding_remedy(&f, "\"modprobe vfio-pci\"");
	findings_say(j->to, &f);
}

static void container(struct judge *j)
{
	struct finding f;

	j->has_v2 = vfio_container_probe(&f) == 0;
	findings_say(j->to, &f);
}

/* An entry's function is taken from its driver, or its user has bound it. */
static void driver_of(struct judge *j, const struct pass_group *g, const struct pass_entry *e)
{
	struct finding f;

	if (e->opt->bind == OPT_BIND_AUTO)
		vfio_bind_allowed(e->opt->host, e->opt->force, &f);
	else
		vfio_group_member(g->id, pass_group_name(g), e->opt->host, &f);
	say_inner(j, &f);
}

struct neighbours {
	struct judge *j;
	const struct pass_group *group;
};

/* A function that shares the group and is not passed through. */
static bool neighbour(void *ctx, const char *bdf)
{
	const struct neighbours *n = ctx;
	struct finding f;

	if (pass_group_entry(n->group, bdf))
		return true;
	vfio_group_member(n->group->id, pass_group_name(n->group), bdf, &f);
	say_inner(n->j, &f);
	return !n->j->to->enough;
}

static void windows(struct judge *j, const struct vfio_container *ct)
{
	struct finding f;
	char sizes[128] = "";

	for (uint32_t shift = 12; shift <= 34; shift++) {
		uint64_t unit = shift < 20 ? KiB : shift < 30 ? MiB : GiB;
		size_t n = strlen(sizes);

		if (ct->pgsizes >> shift & 1)
			snprintf(sizes + n, sizeof(sizes) - n, " %llu%c",
				 (unsigned long long)((1ULL << shift) / unit),
				 unit == KiB   ? 'K'
				 : unit == MiB ? 'M'
					       : 'G');
	}
	finding_ok(&f, "", "", "IOMMU pages%s; %u windows, %u table levels, 32-bit window %llu MiB",
		   sizes, ct->max_windows, ct->levels, (unsigned long long)(ct->dma32_size / MiB));
	say_inner(j, &f);
}

/* Opens the group as a start does, and closes it again. */
static void attach(struct judge *j, const struct pass_group *g)
{
	struct vfio_container ct;
	struct vfio_group group;
	struct finding f;
	int r = vfio_pe_attach(&ct, &group, g->id, pass_group_name(g), &f);

	if (ct.started)
		windows(j, &ct);
	if (r != 0)
		say_inner(j, &f);
	vfio_group_close(&group);
	vfio_container_close(&ct);
}

static bool takes_any(const struct pass_group *g)
{
	for (uint32_t i = 0; i < g->nentries; i++)
		if (g->entries[i].opt->bind == OPT_BIND_AUTO)
			return true;
	return false;
}

/* The group's device node is there once vfio-pci has one of its functions. */
static void node(struct judge *j, const struct pass_group *g)
{
	struct finding f;
	char path[32];
	int fd = vfio_group_open_node(g->id, pass_group_name(g), &f);

	snprintf(path, sizeof(path), "/dev/vfio/%d", g->id);
	if (fd >= 0)
		finding_ok(&f, "", path, "may be opened");
	else if ((fd == -ENOENT || fd == -ENODEV) && takes_any(g))
		finding_set(&f, VERDICT_NOTE, "", path,
			    "there once a device of the group is bound to vfio-pci");
	say_inner(j, &f);
	if (fd < 0)
		return;
	sys_close(fd);
	if (j->has_v2)
		attach(j, g);
}

static void group(struct judge *j, const struct pass_group *g)
{
	struct neighbours n = { j, g };
	struct finding f;

	for (uint32_t i = 0; i < g->nentries; i++) {
		finding_ok(&f, "vfio", g->entries[i].opt->host, "IOMMU group %d", g->id);
		findings_say(j->to, &f);
	}
	for (uint32_t i = 0; i < g->nentries && !j->to->enough; i++)
		driver_of(j, g, &g->entries[i]);
	if (!j->to->enough)
		vfio_sysfs_group_each(g->id, neighbour, &n);
	if (j->open && !j->to->enough)
		node(j, g);
}

static void all_groups(struct judge *j)
{
	for (uint32_t i = 0; i < j->groups->n && !j->to->enough; i++)
		group(j, &j->groups->group[i]);
}

static void judge_all(struct judge *j, void (*const *list)(struct judge *j))
{
	for (; *list && !j->to->enough; list++)
		(*list)(j);
}

void findings_vfio_drivers(struct findings *to, const struct options *opt,
			   const struct pass_groups *groups)
{
	static void (*const list[])(struct judge *j) = { entries, all_groups, NULL };
	struct judge j = { .to = to, .opt = opt, .groups = groups };

	judge_all(&j, list);
}

void findings_vfio(struct findings *to, const struct options *opt, const struct pass_groups *groups,
		   bool open)
{
	/* Locked memory before all that opens something: a refused start has touched nothing. */
	static void (*const list[])(struct judge *j) = { entries,   number,     memory, driver,
							 container, all_groups, NULL };
	struct judge j = { .to = to, .opt = opt, .groups = groups, .open = open };

	judge_all(&j, list);
}
