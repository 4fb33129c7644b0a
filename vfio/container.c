/* SPDX-License-Identifier: BSD-2-Clause */
#include "vfio/container.h"

#include "vfio/memlock.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>

#define CONTAINER_PATH "/dev/vfio/vfio"

static int open_failed(int r, struct finding *f)
{
	finding_fail(f, "", CONTAINER_PATH, "%s", strerror(-r));
	if (r == -ENOENT || r == -ENODEV)
		finding_remedy(f, "\"modprobe vfio-pci vfio_iommu_spapr_tce\"");
	else if (r == -EACCES || r == -EPERM)
		finding_remedy_node(f, r, CONTAINER_PATH, "\"chmod a+rw " CONTAINER_PATH "\"");
	return r;
}

int vfio_container_open(struct vfio_container *c, struct finding *f)
{
	int r;

	*c = (struct vfio_container){ .fd = -1 };
	r = sys_open(CONTAINER_PATH, O_RDWR, 0);
	if (r < 0)
		return open_failed(r, f);
	c->fd = r;
	if (sys_ioctl(c->fd, VFIO_GET_API_VERSION, NULL) != VFIO_API_VERSION ||
	    sys_ioctl(c->fd, VFIO_CHECK_EXTENSION, (void *)VFIO_SPAPR_TCE_v2_IOMMU) <= 0) {
		finding_fail(f, "", CONTAINER_PATH, "this kernel offers no SPAPR TCE v2");
		finding_remedy(f, "\"modprobe vfio_iommu_spapr_tce\"");
		vfio_container_close(c);
		return -ENODEV;
	}
	finding_ok(f, "", "vfio", "SPAPR TCE v2 through " CONTAINER_PATH);
	return 0;
}

int vfio_container_probe(struct finding *f)
{
	struct vfio_container c;
	int r = vfio_container_open(&c, f);

	if (r == 0)
		vfio_container_close(&c);
	return r;
}

static int start_failed(int r, const char *who, struct finding *f)
{
	if (r == -EINVAL) {
		finding_fail(
			f, "vfio", who,
			"its PCI host bridge has no dynamic DMA windows, SPAPR TCE v2 is impossible there");
		finding_remedy(f, "use a device behind another bridge");
	} else if (r == -ENODEV) {
		finding_fail(f, "vfio", who,
			     "is not behind a TCE IOMMU, or the IOMMU's driver is not loaded");
		finding_remedy(f, "\"modprobe vfio_iommu_spapr_tce\"");
	} else {
		finding_fail(f, "vfio", who, "SPAPR TCE v2: %s", strerror(-r));
	}
	return r;
}

int vfio_container_start(struct vfio_container *c, const char *who, struct finding *f)
{
	struct vfio_iommu_spapr_tce_info info = { .argsz = sizeof(info) };
	int r = sys_ioctl(c->fd, VFIO_SET_IOMMU, (void *)VFIO_SPAPR_TCE_v2_IOMMU);

	if (r == 0)
		r = sys_ioctl(c->fd, VFIO_IOMMU_SPAPR_TCE_GET_INFO, &info);
	if (r < 0)
		return start_failed(r, who, f);
	c->dma32_start = info.dma32_window_start;
	c->dma32_size = info.dma32_window_size;
	c->pgsizes = 4 * KiB;
	c->max_windows = 1;
	c->levels = 1;
	if (info.flags & VFIO_IOMMU_SPAPR_INFO_DDW) {
		c->pgsizes = info.ddw.pgsizes;
		c->levels = info.ddw.levels;
		/* A partition whose hypervisor offers no windows reports all ones. */
		if (info.ddw.max_dynamic_windows_supported < 16)
			c->max_windows = info.ddw.max_dynamic_windows_supported;
	}
	c->started = true;
	/* The window is only pending: cancelling it costs nothing, and slot 0 is ours to fill. */
	r = vfio_container_window_remove(c, c->dma32_start);
	return r < 0 ? start_failed(r, who, f) : 0;
}

int vfio_container_register(struct vfio_container *c, void *host, uint64_t size)
{
	struct vfio_iommu_spapr_register_memory reg = { .argsz = sizeof(reg),
							.vaddr = (uintptr_t)host,
							.size = size };
	int r;

	if (c->nregs == VFIO_CONTAINER_MAX_REGIONS)
		return -ENOSPC;
	r = sys_ioctl(c->fd, VFIO_IOMMU_SPAPR_REGISTER_MEMORY, &reg);
	if (r == 0)
		c->regs[c->nregs++] = (struct vfio_region_reg){ host, size };
	return r;
}

int vfio_container_unregister_all(struct vfio_container *c)
{
	while (c->nregs > 0) {
		const struct vfio_region_reg *last = &c->regs[c->nregs - 1];
		struct vfio_iommu_spapr_register_memory reg = { .argsz = sizeof(reg),
								.vaddr = (uintptr_t)last->host,
								.size = last->size };
		int r = sys_ioctl(c->fd, VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, &reg);

		if (r < 0)
			return r;
		c->nregs--;
	}
	return 0;
}

void vfio_container_close(struct vfio_container *c)
{
	if (c->fd >= 0)
		sys_close(c->fd);
	c->fd = -1;
	c->started = false;
	c->nregs = 0; /* the kernel drops registrations with the last group */
}

int vfio_container_window_create(struct vfio_container *c, uint32_t page_shift, uint64_t size,
				 ioba_t *start, uint32_t *levels)
{
	struct vfio_iommu_spapr_tce_create create = { .argsz = sizeof(create) };
	uint32_t least;
	int r = -EINVAL;

	if (page_shift > 34 || !(c->pgsizes >> page_shift & 1) || !is_power_of_2(size) ||
	    size < 1ULL << page_shift)
		return -EINVAL;
	least = vfio_memlock_levels(size >> page_shift, c->levels); /* the right number first */
	/*
	 * A larger number is tried only when memory for a level was not to be had: each failed attempt
	 * leaves its charge on locked_vm behind (Linux up to 6.12).
	 */
	for (uint32_t tries = 0; tries < 2 && least + tries <= c->levels; tries++) {
		create.page_shift = page_shift;
		create.window_size = size;
		create.levels = least + tries;
		r = sys_ioctl(c->fd, VFIO_IOMMU_SPAPR_TCE_CREATE, &create);
		if (r != -ENOMEM)
			break;
	}
	if (r == 0) {
		*start = create.start_addr;
		*levels = create.levels;
	}
	return r;
}

/* Bare metal has several levels a table, a partition one. */
static bool on_powernv(const struct vfio_container *c)
{
	return c->levels > 1;
}

void vfio_container_create_why(const struct vfio_container *c, int err, char *text, size_t size)
{
	if (err == -ENOMEM)
		snprintf(text, size,
			 "no memory for its table: raise the limit on locked memory "
			 "(\"ulimit -l\"), or free memory of the host");
	else if (err == -ENOSPC)
		snprintf(text, size, "the host has no window left for this group");
	else if (err == -EINVAL)
		snprintf(text, size, "the host's IOMMU has no window of this size with such pages");
	else if (err == -EPERM)
		snprintf(text, size, "VFIO was set up in another process, or firmware status -1");
	else if (err == -ENODEV && !on_powernv(c))
		snprintf(text, size,
			 "the outer hypervisor refused it, and will until this "
			 "partition reboots");
	else if (on_powernv(c) && err <= -2 && err >= -11) /* the kernel passes OPAL's number on */
		snprintf(text, size, "firmware status %d", err);
	else
		snprintf(text, size, "%s", strerror(-err));
}

int vfio_container_window_remove(struct vfio_container *c, ioba_t start)
{
	struct vfio_iommu_spapr_tce_remove remove = { .argsz = sizeof(remove),
						      .start_addr = start };

	return sys_ioctl(c->fd, VFIO_IOMMU_SPAPR_TCE_REMOVE, &remove);
}

/* The kernel answers +1 for a start that is misaligned or outside. */
static int zero_or_errno(int r)
{
	return r > 0 ? -EINVAL : r;
}

int vfio_container_map(struct vfio_container *c, ioba_t ioba, void *host, uint64_t size, bool write)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | (write ? VFIO_DMA_MAP_FLAG_WRITE : 0),
		.vaddr = (uintptr_t)host,
		.iova = ioba,
		.size = size,
	};

	return zero_or_errno(sys_ioctl(c->fd, VFIO_IOMMU_MAP_DMA, &map));
}

int vfio_container_unmap(struct vfio_container *c, ioba_t ioba, uint64_t size)
{
	struct vfio_iommu_type1_dma_unmap unmap = { .argsz = sizeof(unmap),
						    .iova = ioba,
						    .size = size };

	return zero_or_errno(sys_ioctl(c->fd, VFIO_IOMMU_UNMAP_DMA, &unmap));
}

int vfio_container_eeh(struct vfio_container *c, uint32_t op)
{
	struct vfio_eeh_pe_op eeh = { .argsz = sizeof(eeh), .op = op };

	return sys_ioctl(c->fd, VFIO_EEH_PE_OP, &eeh);
}

int vfio_container_inject(struct vfio_container *c, const struct vfio_eeh_pe_err *err)
{
	struct vfio_eeh_pe_op eeh = { .argsz = sizeof(eeh),
				      .op = VFIO_EEH_PE_INJECT_ERR,
				      .err = *err };

	return sys_ioctl(c->fd, VFIO_EEH_PE_OP, &eeh);
}

bool vfio_container_has_eeh(const struct vfio_container *c)
{
	return sys_ioctl(c->fd, VFIO_CHECK_EXTENSION, (void *)VFIO_EEH) > 0;
}
