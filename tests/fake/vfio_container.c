/* SPDX-License-Identifier: BSD-2-Clause */
/* /dev/vfio/vfio: drivers/vfio/container.c and vfio_iommu_spapr_tce.c. */
#include "tests/fake/vfio_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct fake_container *containers;
static uint32_t next_id;

struct fake_container *fake_containers_first(void)
{
	return containers;
}

static void reap(struct fake_container *c)
{
	struct fake_container **p = &containers;

	if (c->open || c->ngroups)
		return;
	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	if (!containers)
		next_id = 0;
	free(c);
}

/* The driver goes with the last group: windows, then what was registered. */
static void release(struct fake_container *c)
{
	fake_windows_drop(c);
	while (c->nregs > 0) {
		struct fake_region *r = c->regs[--c->nregs];

		if (fake_mem_put(r) == 0)
			continue;
		fake_fault("container %u is released while its memory is mapped: the kernel warns",
			   c->id);
	}
	c->driver = 0;
	c->has_mm = c->enabled = false;
}

void fake_container_leave(struct fake_container *c)
{
	if (--c->ngroups == 0)
		release(c);
	else if (c->driver) /* since 6.11: the others lose their TCEs, too */
		for (int i = 0; i < FAKE_SLOTS; i++)
			if (c->slots[i])
				fake_hw_clear(c->slots[i]);
	reap(c);
}

/* A group joins: the attach errno when there is a driver already. */
int fake_container_join(struct fake_container *c)
{
	if (c->driver == VFIO_SPAPR_TCE_IOMMU)
		return -EBUSY;
	if (c->driver && fake_vfio.l1 && (c->slots[0] || c->slots[1]))
		return -EPERM;
	c->ngroups++;
	return 0;
}

static int set_iommu(struct fake_container *c, uintptr_t type)
{
	if (c->ngroups == 0 || c->driver)
		return -EINVAL;
	if (!fake_vfio.has_spapr ||
	    (type != VFIO_SPAPR_TCE_IOMMU && type != VFIO_SPAPR_TCE_v2_IOMMU))
		return -ENODEV;
	if (fake_vfio.attach_err < 0)
		return fake_vfio.attach_err;
	c->driver = (int)type;
	c->pending_default = true;
	return 0;
}

static int get_info(struct fake_container *c, struct vfio_iommu_spapr_tce_info *info)
{
	if (info->argsz < offsetof(struct vfio_iommu_spapr_tce_info, ddw))
		return -EINVAL;
	if (c->ngroups == 0)
		return -ENXIO;
	info->flags = 0;
	info->dma32_window_start = (uint32_t)fake_vfio.dma32_start;
	info->dma32_window_size = (uint32_t)fake_vfio.dma32_size;
	if (info->argsz < sizeof(*info) || fake_vfio.no_ddw_info ||
	    c->driver != VFIO_SPAPR_TCE_v2_IOMMU)
		return 0;
	info->flags = VFIO_IOMMU_SPAPR_INFO_DDW;
	info->ddw.pgsizes = fake_vfio.pgsizes;
	info->ddw.max_dynamic_windows_supported = fake_vfio.max_windows;
	info->ddw.levels = fake_vfio.levels;
	return 0;
}

void fake_eeh_freeze(void)
{
	pthread_mutex_lock(&fake_lock);
	fake_vfio.eeh_stopped = 2;
	pthread_mutex_unlock(&fake_lock);
}

bool fake_eeh_dark(void)
{
	return fake_vfio.eeh_held || fake_vfio.eeh_stopped == 2;
}

bool fake_eeh_asleep(void)
{
	bool asleep;

	pthread_mutex_lock(&fake_lock);
	asleep = fake_vfio.eeh_asleep;
	pthread_mutex_unlock(&fake_lock);
	return asleep;
}

void fake_eeh_wake(void)
{
	pthread_mutex_lock(&fake_lock);
	fake_vfio.eeh_asleep = false;
	pthread_mutex_unlock(&fake_lock);
}

void fake_sleep(void)
{
	fake_vfio.eeh_asleep = fake_vfio.eeh_sleep_ms > 0;
	for (int i = 0; i < fake_vfio.eeh_sleep_ms && fake_vfio.eeh_asleep; i++) {
		pthread_mutex_unlock(&fake_lock);
		usleep(1000);
		pthread_mutex_lock(&fake_lock);
	}
	fake_vfio.eeh_asleep = false;
}

/* As with a PHB4, whose firmware makes no errors of loads and stores of memory. */
static int inject(const struct vfio_eeh_pe_err *e)
{
	if (e->type > 1 || e->func > 19)
		return -EINVAL;
	if (fake_vfio.eeh_err)
		return fake_vfio.eeh_err;
	if (e->func <= 1 || e->func == 6 || e->func == 7)
		return -EIO;
	fake_vfio.eeh_stopped = 2;
	return 0;
}

/* What a stopped PE becomes. Enabling it, too, thaws it (eeh_dev_open() of arch/powerpc/kernel/eeh.c). */
static void thaw(uint32_t op)
{
	if (op == VFIO_EEH_PE_UNFREEZE_IO && fake_vfio.eeh_stopped)
		fake_vfio.eeh_stopped = 4;
	if (op == VFIO_EEH_PE_ENABLE || op == VFIO_EEH_PE_RESET_DEACTIVATE ||
	    (op == VFIO_EEH_PE_UNFREEZE_DMA && fake_vfio.eeh_stopped == 4))
		fake_vfio.eeh_stopped = 0;
}

static int eeh(struct fake_container *c, const struct vfio_eeh_pe_op *p)
{
	if (p->argsz < offsetof(struct vfio_eeh_pe_op, err) || p->flags)
		return -EINVAL;
	if (p->op > VFIO_EEH_PE_INJECT_ERR)
		return -EINVAL;
	if (p->op == VFIO_EEH_PE_INJECT_ERR && p->argsz < sizeof(*p))
		return -EINVAL;
	if (c->ngroups > 1)
		fake_fault("EEH on a container with several groups");
	if (!fake_vfio.eeh)
		return p->op == VFIO_EEH_PE_DISABLE ? 0 : -EIO;
	if (p->op == VFIO_EEH_PE_GET_STATE)
		return fake_vfio.eeh_stopped ? fake_vfio.eeh_stopped : fake_vfio.eeh_state;
	if (p->op == VFIO_EEH_PE_INJECT_ERR)
		return inject(&p->err);
	/* arch/powerpc/kernel/eeh.c: configuration is blocked even when the reset itself fails. */
	if (p->op == VFIO_EEH_PE_RESET_HOT || p->op == VFIO_EEH_PE_RESET_FUNDAMENTAL) {
		fake_vfio.eeh_held = true;
		fake_sleep();
	}
	if (p->op == VFIO_EEH_PE_UNFREEZE_IO)
		fake_sleep();
	if (p->op == VFIO_EEH_PE_RESET_DEACTIVATE) {
		for (struct fake_hostdev *d = fake_hostdevs; d && fake_vfio.eeh_loses_bars;
		     d = d->next)
			fake_config_lose_bars(d);
		fake_vfio.eeh_held = false;
	}
	if (fake_vfio.eeh_err == 0)
		thaw(p->op);
	return fake_vfio.eeh_err;
}

static int v2_ioctl(struct fake_container *c, unsigned long req, void *arg, char *detail)
{
	struct vfio_iommu_spapr_register_memory *m = arg;
	struct vfio_iommu_spapr_tce_create *w = arg;
	struct vfio_iommu_spapr_tce_remove *rm = arg;
	struct vfio_iommu_type1_dma_map *dm = arg;
	int r;

	switch (req) {
	case VFIO_IOMMU_SPAPR_REGISTER_MEMORY:
		snprintf(detail, FAKE_DETAIL, "%llu KiB", (unsigned long long)m->size / 1024);
		c->has_mm = true;
		return fake_mem_register(c, m);
	case VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY:
		return c->has_mm ? fake_mem_unregister(c, m) : -EPERM;
	case VFIO_IOMMU_SPAPR_TCE_CREATE:
		snprintf(detail, FAKE_DETAIL, "%u 0x%llx levels %u", w->page_shift,
			 (unsigned long long)w->window_size, w->levels);
		c->has_mm = true;
		return fake_window_create(c, w);
	case VFIO_IOMMU_SPAPR_TCE_REMOVE:
		snprintf(detail, FAKE_DETAIL, "0x%llx", (unsigned long long)rm->start_addr);
		c->has_mm = true;
		return rm->argsz < sizeof(*rm) || rm->flags ? -EINVAL
							    : fake_window_remove(c, rm->start_addr);
	case VFIO_IOMMU_MAP_DMA:
		snprintf(detail, FAKE_DETAIL, "0x%llx+0x%llx", (unsigned long long)dm->iova,
			 (unsigned long long)dm->size);
		return fake_dma_map(c, dm);
	case VFIO_IOMMU_UNMAP_DMA:
		snprintf(detail, FAKE_DETAIL, "0x%llx+0x%llx",
			 (unsigned long long)((struct vfio_iommu_type1_dma_unmap *)arg)->iova,
			 (unsigned long long)((struct vfio_iommu_type1_dma_unmap *)arg)->size);
		return fake_dma_unmap(c, arg);
	case VFIO_EEH_PE_OP:
		r = eeh(c, arg);
		snprintf(detail, FAKE_DETAIL, "%u", ((struct vfio_eeh_pe_op *)arg)->op);
		return r;
	}
	return -ENOTTY;
}

static int container_ioctl(struct fake_file *f, unsigned long req, void *arg, char *detail)
{
	struct fake_container *c = f->obj;
	uintptr_t value = (uintptr_t)arg;

	/* vfio_fops_unl_ioctl() takes no lock: on another CPU the kernel frees what this call would use. */
	if (c->gone)
		abort();
	switch (req) {
	case VFIO_GET_API_VERSION:
		return fake_vfio.api_version;
	case VFIO_CHECK_EXTENSION:
		snprintf(detail, FAKE_DETAIL, "%u", (uint32_t)value);
		if (value == VFIO_EEH)
			return fake_vfio.has_spapr && fake_vfio.eeh;
		return fake_vfio.has_spapr &&
		       (value == VFIO_SPAPR_TCE_IOMMU || value == VFIO_SPAPR_TCE_v2_IOMMU);
	case VFIO_SET_IOMMU:
		snprintf(detail, FAKE_DETAIL, "%u", (uint32_t)value);
		return set_iommu(c, value);
	}
	if (!c->driver)
		return -EINVAL;
	if (req == VFIO_IOMMU_SPAPR_TCE_GET_INFO)
		return get_info(c, arg);
	if (c->driver == VFIO_SPAPR_TCE_v2_IOMMU)
		return v2_ioctl(c, req, arg, detail);
	return req == VFIO_IOMMU_ENABLE || req == VFIO_IOMMU_DISABLE ? 0 : -ENOTTY;
}

static const struct {
	unsigned long req;
	const char *name;
} names[] = {
#define NAME(n) { VFIO_##n, "VFIO_" #n }
	NAME(GET_API_VERSION),
	NAME(CHECK_EXTENSION),
	NAME(SET_IOMMU),
	NAME(IOMMU_SPAPR_TCE_GET_INFO),
	NAME(IOMMU_MAP_DMA),
	NAME(IOMMU_UNMAP_DMA),
	NAME(IOMMU_ENABLE),
	NAME(IOMMU_DISABLE),
	NAME(IOMMU_SPAPR_REGISTER_MEMORY),
	NAME(IOMMU_SPAPR_UNREGISTER_MEMORY),
	NAME(IOMMU_SPAPR_TCE_CREATE),
	NAME(IOMMU_SPAPR_TCE_REMOVE),
	NAME(EEH_PE_OP),
#undef NAME
};

static void describe(struct fake_file *f, unsigned long req, const void *arg, char *text)
{
	const char *name = "ioctl";

	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].req == req)
			name = names[i].name;
	snprintf(text, FAKE_DETAIL, "%s %s", name, f->name);
}

static void container_close(struct fake_file *f)
{
	struct fake_container *c = f->obj;

	c->open = false;
	reap(c);
}

static const struct fake_ops container_ops = {
	.ioctl = container_ioctl,
	.close = container_close,
	.describe = describe,
};

int fake_container_open(void)
{
	struct fake_container *c;

	if (fake_vfio.open_err < 0)
		return fake_vfio.open_err;
	c = calloc(1, sizeof(*c));
	if (!c)
		abort();
	c->id = next_id++;
	c->open = true;
	c->next = containers;
	containers = c;
	return fake_file_new(&container_ops, c, 0, "container %u", c->id);
}

struct fake_container *fake_container_of(int fd, int *err)
{
	struct fake_file *f = fake_file_find(fd);

	*err = !f ? -EBADF : f->ops != &container_ops ? -EBADFD : 0;
	return *err ? NULL : f->obj;
}
