/* SPDX-License-Identifier: BSD-2-Clause */
#include "vfio/device.h"

#include "vmm/base/guest_map.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define INFO_ROOM 4096 /* of a region's information with its capabilities */

/*
 * Without the sparse capability all of a mappable region may be mapped, in whole host pages: when the
 * kernel offers the mapping of a BAR smaller than a page, it has reserved the rest of the page.
 */
static void whole_region(struct vfio_region *rg)
{
	rg->areas[0] =
		(struct vfio_area){ .offset = 0, .size = ALIGN_UP(rg->size, sys_page_size()) };
	rg->nareas = 1;
}

static void sparse_areas(struct vfio_region *rg, const struct vfio_region_info_cap_sparse_mmap *s)
{
	uint64_t page = sys_page_size();

	rg->nareas = 0;
	for (uint32_t i = 0; i < s->nr_areas && rg->nareas < VFIO_MAX_AREAS; i++)
		if (s->areas[i].size && s->areas[i].offset % page == 0 &&
		    s->areas[i].size % page == 0)
			rg->areas[rg->nareas++] = (struct vfio_area){ .offset = s->areas[i].offset,
								      .size = s->areas[i].size };
}

static void read_caps(struct vfio_region *rg, const struct vfio_region_info *info)
{
	const uint8_t *base = (const uint8_t *)info;
	uint32_t at = info->flags & VFIO_REGION_INFO_FLAG_CAPS ? info->cap_offset : 0;

	for (int n = 0; at && at + sizeof(struct vfio_info_cap_header) <= INFO_ROOM && n < 16;
	     n++) {
		const struct vfio_info_cap_header *h = (const void *)(base + at);

		if (h->id == VFIO_REGION_INFO_CAP_SPARSE_MMAP)
			sparse_areas(rg, (const void *)h);
		else if (h->id == VFIO_REGION_INFO_CAP_MSIX_MAPPABLE)
			rg->msix_mappable = true;
		at = h->next;
	}
}

static int read_region(struct vfio_device *d, uint32_t index)
{
	struct vfio_region *rg = &d->regions[index];
	struct vfio_region_info *info = calloc(1, INFO_ROOM);
	int r;

	if (!info)
		return -ENOMEM;
	info->argsz = INFO_ROOM;
	info->index = index;
	r = sys_ioctl(d->fd, VFIO_DEVICE_GET_REGION_INFO, info);
	if (r == 0) {
		*rg = (struct vfio_region){
			.size = info->size,
			.offset = info->offset,
			.readable = info->flags & VFIO_REGION_INFO_FLAG_READ,
			.writable = info->flags & VFIO_REGION_INFO_FLAG_WRITE,
			.mappable = info->flags & VFIO_REGION_INFO_FLAG_MMAP,
		};
		if (rg->mappable)
			whole_region(rg);
		read_caps(rg, info);
	} else if (r == -EINVAL) {
		r = 0; /* a kind this device does not have: no VGA, no ROM */
	}
	free(info);
	return r;
}

static int read_irqs(struct vfio_device *d, uint32_t index)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };
	int r = sys_ioctl(d->fd, VFIO_DEVICE_GET_IRQ_INFO, &info);

	d->irq_count[index] = r == 0 ? info.count : 0;
	return r == -EINVAL ? 0 : r;
}

static int bus_reset(struct vfio_device *d)
{
	uint8_t room[sizeof(struct vfio_pci_hot_reset) + sizeof(int32_t)]
		__attribute__((aligned(8))) = { 0 };
	struct vfio_pci_hot_reset *reset = (void *)room;
	int32_t group_fd = d->group->fd;

	reset->argsz = sizeof(room);
	reset->count = 1;
	memcpy(reset->group_fds, &group_fd, sizeof(group_fd));
	return sys_ioctl(d->fd, VFIO_DEVICE_PCI_HOT_RESET, reset);
}

/*
 * The kernel has just reset a function that can be reset alone: a second reset takes 0.1 s. The kernel
 * refuses to reset a bus with functions that are not ours, or have another driver.
 */
static int reset_opened(struct vfio_device *d)
{
	int r = 0;

	d->by_bus = d->how == VFIO_RESET_BUS || (d->how == VFIO_RESET_AUTO && !d->can_reset);
	if (d->by_bus) {
		r = bus_reset(d);
		d->by_bus = r == 0;
	}
	if (d->by_bus) {
		log_info("vfio %s: reset with all that is below its port", d->bdf);
	} else if (d->how == VFIO_RESET_BUS) {
		log_error("vfio %s: resetting all that is below its port: %s: "
			  "bind all of that to vfio-pci, or choose reset = \"auto\"",
			  d->bdf, strerror(-r));
		return r;
	} else if (!d->can_reset && d->how != VFIO_RESET_NONE) {
		log_warn("vfio %s: cannot be reset: the guest finds it as the last user left it",
			 d->bdf);
	}
	return 0;
}

int vfio_device_open(struct vfio_device *d, struct vfio_group *g, const char *bdf,
		     enum vfio_reset how)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int r;

	*d = (struct vfio_device){ .fd = -1, .group = g, .how = how };
	strncpy(d->bdf, bdf, sizeof(d->bdf) - 1);
	r = sys_ioctl(g->fd, VFIO_GROUP_GET_DEVICE_FD, d->bdf);
	if (r >= 0) {
		d->fd = r;
		r = sys_ioctl(d->fd, VFIO_DEVICE_GET_INFO, &info);
	}
	d->can_reset = info.flags & VFIO_DEVICE_FLAGS_RESET;
	for (uint32_t i = 0; r == 0 && i < VFIO_DEVICE_REGIONS && i < info.num_regions; i++)
		r = read_region(d, i);
	for (uint32_t i = 0; r == 0 && i < VFIO_DEVICE_IRQS && i < info.num_irqs; i++)
		r = read_irqs(d, i);
	if (r < 0)
		log_error("vfio %s: opening the device: %s: \"dmesg\" says more", bdf,
			  strerror(-r));
	else
		r = reset_opened(d);
	if (r < 0)
		vfio_device_close(d);
	return r < 0 ? r : 0;
}

void vfio_device_close(struct vfio_device *d)
{
	for (int i = 0; i < VFIO_DEVICE_REGIONS; i++)
		for (uint32_t a = 0; a < d->regions[i].nareas; a++) {
			struct vfio_area *area = &d->regions[i].areas[a];

			if (area->host)
				sys_munmap(area->host, area->size);
			area->host = NULL;
		}
	if (d->fd >= 0)
		sys_close(d->fd);
	d->fd = -1;
}

int vfio_device_reset(struct vfio_device *d)
{
	if (d->by_bus)
		return bus_reset(d);
	return d->can_reset && d->how != VFIO_RESET_NONE ? sys_ioctl(d->fd, VFIO_DEVICE_RESET, NULL)
							 : -ENOTSUP;
}

int vfio_device_map_area(struct vfio_device *d, int region, uint32_t area)
{
	struct vfio_region *rg = &d->regions[region];
	struct vfio_area *a = &rg->areas[area];
	const struct guest_map map = {
		.whole = rg->size,
		.at = a->offset,
		.size = a->size,
		.prot = (rg->readable ? PROT_READ : 0) | (rg->writable ? PROT_WRITE : 0),
		.flags = MAP_SHARED,
		.fd = d->fd,
		.offset = rg->offset + a->offset,
	};

	return guest_map_open(&a->host, &map);
}

uint64_t vfio_device_read(struct vfio_device *d, int region, uint64_t off, uint32_t size)
{
	const struct vfio_region *rg = &d->regions[region];
	uint8_t b[8];
	uint64_t v = 0;

	if (size > 8 || off > rg->size || size > rg->size - off ||
	    sys_pread(d->fd, b, size, rg->offset + off) != (ssize_t)size)
		return UINT64_MAX >> (64 - 8 * size);
	for (uint32_t i = size; i-- > 0;)
		v = v << 8 | b[i];
	return v;
}

void vfio_device_write(struct vfio_device *d, int region, uint64_t off, uint32_t size,
		       uint64_t value)
{
	const struct vfio_region *rg = &d->regions[region];
	uint8_t b[8];

	if (size > 8 || off > rg->size || size > rg->size - off)
		return;
	for (uint32_t i = 0; i < size; i++)
		b[i] = (uint8_t)(value >> 8 * i);
	if (sys_pwrite(d->fd, b, size, rg->offset + off) != (ssize_t)size)
		log_guest("vfio %s: a write of %u bytes at 0x%llx of region %d was refused", d->bdf,
			  size, (unsigned long long)off, region);
}
