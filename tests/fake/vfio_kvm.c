/* SPDX-License-Identifier: BSD-2-Clause */
/* KVM's VFIO device: virt/kvm/vfio.c, and the links of book3s_64_vio.c. */
#include "tests/fake/vfio_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct fake_added {
	struct fake_group *group;
	bool known; /* SET_SPAPR_TCE was issued: the kernel knows the group behind the file */
	struct fake_added *next;
};

static int create(struct fake_dev *d)
{
	if (d->vm->vfio)
		return -EBUSY;
	d->vm->vfio = d;
	return 0;
}

static struct fake_added **find(struct fake_dev *d, const struct fake_group *g)
{
	struct fake_added **p = &d->added;

	while (*p && (*p)->group != g)
		p = &(*p)->next;
	return p;
}

static void unlink_group(struct fake_dev *d, const struct fake_group *g)
{
	const struct fake_container *c = g->container;

	for (struct fake_table *t = fake_tables_first(); t; t = t->next)
		for (int i = 0; t->vm == d->vm && c && i < FAKE_SLOTS; i++)
			if (c->slots[i])
				fake_table_unlink(t, c->slots[i]);
}

/* kvm_spapr_tce_release_vfio_group() */
static void release(struct fake_dev *d, struct fake_added **p)
{
	struct fake_added *a = *p;

	if (!a->known)
		fake_fault("virt/kvm/vfio.c:103: group %d was added, and never had SET_SPAPR_TCE",
			   a->group->id);
	unlink_group(d, a->group);
	*p = a->next;
	fake_group_put(a->group);
	free(a);
}

static void release_all(struct fake_dev *d)
{
	while (d->added)
		release(d, &d->added);
	d->vm->vfio = NULL;
}

static int group_add(struct fake_dev *d, int fd)
{
	struct fake_group *g;
	struct fake_added *a;
	int err;

	g = fake_group_of(fd, &err);
	if (!g)
		return err;
	if (*find(d, g))
		return -EEXIST;
	a = calloc(1, sizeof(*a));
	if (!a)
		abort();
	*a = (struct fake_added){ g, false, d->added };
	d->added = a;
	g->refs++;
	return 0;
}

static int group_del(struct fake_dev *d, int fd)
{
	struct fake_group *g;
	struct fake_added **p;
	int err;

	g = fake_group_of(fd, &err);
	if (!g)
		return err == -EBADF ? err : -ENOENT;
	p = find(d, g);
	if (!*p)
		return -ENOENT;
	release(d, p);
	return 0;
}

static bool fits(const struct fake_hw *hw, const struct fake_table *t)
{
	return hw && hw->page_shift <= t->page_shift && hw->start == t->offset << t->page_shift &&
	       hw->npages << hw->page_shift >= t->size << t->page_shift;
}

static int link_table(struct fake_table *t, struct fake_hw *hw)
{
	struct fake_link *l;

	for (l = t->links; l; l = l->next)
		if (l->hw == hw) {
			fake_fault(
				"SET_SPAPR_TCE twice for the window at 0x%llx: a reference leaks",
				(unsigned long long)hw->start);
			return 0;
		}
	/* kvmppc_tce_iommu_do_map() counts without a lock; run on 6.12.95. */
	if (t->vm->ncpus > 1 && !fake_vfio.trusting)
		fake_fault("a link in a VM of %u vCPUs: the kernel loses count when they race",
			   t->vm->ncpus);
	l = calloc(1, sizeof(*l));
	if (!l)
		abort();
	*l = (struct fake_link){ hw, t->links };
	t->links = l;
	hw->refs++;
	return 0;
}

static int set_tce(struct fake_dev *d, const struct kvm_vfio_spapr_tce *s)
{
	struct fake_table *t;
	struct fake_group *g;
	struct fake_added *a;
	int err;

	g = fake_group_of(s->groupfd, &err);
	if (!g)
		return err == -EBADF ? err : -ENOENT;
	a = *find(d, g);
	if (!a)
		return -ENOENT;
	a->known = true;
	if (!fake_file_find(s->tablefd))
		return -EBADF;
	t = fake_table_of(s->tablefd);
	if (!t || t->vm != d->vm)
		return -EINVAL;
	for (int i = 0; g->container && i < FAKE_SLOTS; i++)
		if (fits(g->container->slots[i], t))
			return link_table(t, g->container->slots[i]);
	return -EINVAL;
}

static int set(struct fake_dev *d, const struct kvm_device_attr *a)
{
	const void *p = (const void *)(uintptr_t)a->addr;

	if (a->group != KVM_DEV_VFIO_GROUP)
		return -ENXIO;
	if (!p)
		return -EFAULT;
	switch (a->attr) {
	case KVM_DEV_VFIO_GROUP_ADD:
		return group_add(d, *(const int32_t *)p);
	case KVM_DEV_VFIO_GROUP_DEL:
		return group_del(d, *(const int32_t *)p);
	case KVM_DEV_VFIO_GROUP_SET_SPAPR_TCE:
		return set_tce(d, p);
	}
	return -ENXIO;
}

static int get(struct fake_dev *d, const struct kvm_device_attr *a)
{
	(void)d;
	(void)a;
	return -ENXIO;
}

static const char *group_name(int fd)
{
	static char text[16];
	int err;
	const struct fake_group *g = fake_group_of(fd, &err);

	snprintf(text, sizeof(text), g ? "%d" : "?", g ? g->id : 0);
	return text;
}

/*
 * "GROUP_DEL 26". A SET_SPAPR_TCE that the test makes fail is one that was issued, all the same: in
 * the kernel the failure comes after it has looked up the group.
 */
static void describe(struct fake_dev *d, const struct kvm_device_attr *a, char *text)
{
	const void *p = (const void *)(uintptr_t)a->addr;
	int fd, err;
	struct fake_group *g;

	if (a->group != KVM_DEV_VFIO_GROUP || !p)
		return;
	fd = *(const int32_t *)p; /* first in all three */
	snprintf(text, FAKE_DETAIL, "%s %s",
		 a->attr == KVM_DEV_VFIO_GROUP_ADD   ? "GROUP_ADD"
		 : a->attr == KVM_DEV_VFIO_GROUP_DEL ? "GROUP_DEL"
						     : "SET_SPAPR_TCE",
		 group_name(fd));
	g = fake_group_of(fd, &err);
	if (a->attr == KVM_DEV_VFIO_GROUP_SET_SPAPR_TCE && g && *find(d, g))
		(*find(d, g))->known = true;
}

const struct fake_dev_type fake_vfio_dev = {
	.type = KVM_DEV_TYPE_VFIO,
	.name = "kvm-vfio",
	.create = create,
	.set = set,
	.get = get,
	.release = release_all,
	.describe = describe,
};
