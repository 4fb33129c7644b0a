/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device descriptor of vfio-pci: drivers/vfio/pci/vfio_pci_core.c. Its regions are one sparse
 * file, so what is mapped and what is read or written is the same memory.
 */
#include "tests/fake/vfio_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INFO_MIN 16u /* bytes of vfio_device_info that must be there */

/* One opening of a function; lives on while a BAR is mapped. */
struct opened {
	struct fake_hostdev *dev;
	struct fake_group *group;
	bool closed;
	struct opened *next;
};

static struct opened *all;

static int get_info(const struct fake_hostdev *d, struct vfio_device_info *info)
{
	if (info->argsz < INFO_MIN)
		return -EINVAL;
	info->flags = VFIO_DEVICE_FLAGS_PCI | (d->flr ? VFIO_DEVICE_FLAGS_RESET : 0);
	info->num_regions = VFIO_PCI_NUM_REGIONS;
	info->num_irqs = VFIO_PCI_NUM_IRQS;
	return 0;
}

static bool has_group(const struct vfio_pci_hot_reset *h, int group)
{
	int err;

	for (uint32_t i = 0; i < h->count; i++)
		if (fake_group_of(((const int32_t *)(h + 1))[i], &err)->id == group)
			return true;
	return false;
}

/* "dddd:bb:" is the bus: what a hot reset is about. */
static bool same_bus(const struct fake_hostdev *a, const struct fake_hostdev *b)
{
	return strncmp(a->bdf, b->bdf, 8) == 0;
}

/* Each function of the bus must have VFIO's driver, and be of a group that is named. */
static int hot_reset(struct opened *o, const struct vfio_pci_hot_reset *h)
{
	struct fake_hostdev *d;
	int err;

	if (h->argsz < sizeof(*h) + h->count * sizeof(int32_t) || h->flags || h->count == 0)
		return -EINVAL;
	for (uint32_t i = 0; i < h->count; i++)
		if (!fake_group_of(((const int32_t *)(h + 1))[i], &err))
			return err;
	if (o->dev->hot_reset < 0)
		return o->dev->hot_reset;
	for (d = fake_hostdevs; d; d = d->next)
		if (same_bus(d, o->dev) &&
		    (strncmp(d->driver, "vfio", 4) != 0 || !has_group(h, d->group)))
			return -EINVAL;
	for (d = fake_hostdevs; d; d = d->next)
		if (same_bus(d, o->dev))
			fake_config_reset(d);
	return 0;
}

static int device_ioctl(struct fake_file *f, unsigned long req, void *arg, char *detail)
{
	struct opened *o = f->obj;

	switch (req) {
	case VFIO_DEVICE_GET_INFO:
		return get_info(o->dev, arg);
	case VFIO_DEVICE_GET_REGION_INFO:
		snprintf(detail, FAKE_DETAIL, "%u", ((struct vfio_region_info *)arg)->index);
		return fake_region_info(o->dev, arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return fake_irqs_info(o->dev, arg);
	case VFIO_DEVICE_SET_IRQS:
		return fake_irqs_set(o->dev, arg, detail);
	case VFIO_DEVICE_RESET:
		if (!o->dev->flr)
			return -EINVAL;
		if (fake_vfio.eeh_held)
			return -ENOTTY; /* after a minute of waiting for it */
		fake_config_reset(o->dev);
		return 0;
	case VFIO_DEVICE_PCI_HOT_RESET:
		return hot_reset(o, arg);
	}
	return -ENOTTY;
}

static void describe(struct fake_file *f, unsigned long req, const void *arg, char *text)
{
	(void)arg;
	snprintf(text, FAKE_DETAIL, "VFIO_DEVICE_%s %s",
		 req == VFIO_DEVICE_GET_INFO          ? "GET_INFO"
		 : req == VFIO_DEVICE_GET_REGION_INFO ? "GET_REGION_INFO"
		 : req == VFIO_DEVICE_GET_IRQ_INFO    ? "GET_IRQ_INFO"
		 : req == VFIO_DEVICE_SET_IRQS        ? "SET_IRQS"
		 : req == VFIO_DEVICE_RESET           ? "RESET"
		 : req == VFIO_DEVICE_PCI_HOT_RESET   ? "PCI_HOT_RESET"
						      : "ioctl",
		 f->name);
}

/* ---- regions ---- */

static int may_mmap(struct fake_file *f, size_t len, uint64_t offset)
{
	const struct opened *o = f->obj;
	uint64_t index = offset >> FAKE_OFFSET_SHIFT,
		 start = offset & ((1ULL << FAKE_OFFSET_SHIFT) - 1);
	uint64_t size;

	if (index >= VFIO_PCI_ROM_REGION_INDEX || !o->dev->bars[index].mappable)
		return -EINVAL;
	size = ALIGN_UP(o->dev->bars[index].size, fake_facts.page_size);
	return start > size || len > size - start ? -EINVAL : 0;
}

/* Bytes that may be transferred at @offset of a BAR or the ROM; -errno. */
static ssize_t bar_room(const struct fake_hostdev *d, size_t len, uint64_t offset, bool write)
{
	uint64_t index = offset >> FAKE_OFFSET_SHIFT,
		 at = offset & ((1ULL << FAKE_OFFSET_SHIFT) - 1);

	if (index > VFIO_PCI_ROM_REGION_INDEX || at >= d->bars[index].size)
		return -EINVAL;
	if (write && index == VFIO_PCI_ROM_REGION_INDEX)
		return -EINVAL;
	if (!d->bars[index].io && !fake_config_has_memory(d))
		return -EIO;
	if (len > d->bars[index].size - at)
		len = d->bars[index].size - at;
	return (ssize_t)len;
}

/* vfio_pci_bar_rw() keeps the MSI-X table to itself. */
static bool in_msix_table(const struct fake_hostdev *d, uint64_t offset)
{
	uint64_t at = offset & ((1ULL << FAKE_OFFSET_SHIFT) - 1);

	return d->nmsix && (int)(offset >> FAKE_OFFSET_SHIFT) == d->msix_bar &&
	       at >= d->msix_offset && at < d->msix_offset + 16ULL * d->nmsix;
}

static ssize_t device_pread(struct fake_file *f, void *buf, size_t len, uint64_t offset)
{
	const struct opened *o = f->obj;
	ssize_t n;

	if (offset >> FAKE_OFFSET_SHIFT == VFIO_PCI_CONFIG_REGION_INDEX)
		return fake_config_read(o->dev, buf, len,
					offset & ((1ULL << FAKE_OFFSET_SHIFT) - 1));
	n = bar_room(o->dev, len, offset, false);
	if (n > 0 && in_msix_table(o->dev, offset))
		memset(buf, 0xff, (size_t)n);
	else if (n > 0)
		n = real_pread(f->fd, buf, (size_t)n, offset);
	return n;
}

static ssize_t device_pwrite(struct fake_file *f, const void *buf, size_t len, uint64_t offset)
{
	const struct opened *o = f->obj;
	ssize_t n;

	if (offset >> FAKE_OFFSET_SHIFT == VFIO_PCI_CONFIG_REGION_INDEX)
		return fake_config_write(o->dev, buf, len,
					 offset & ((1ULL << FAKE_OFFSET_SHIFT) - 1));
	n = bar_room(o->dev, len, offset, true);
	if (n > 0 && !in_msix_table(o->dev, offset))
		n = real_pwrite(f->fd, buf, (size_t)n, offset);
	return n;
}

bool fake_device_answers(const void *host)
{
	const void *owner = fake_map_owner(host);

	for (const struct opened *o = all; o; o = o->next)
		if (o == owner)
			return fake_config_has_memory(o->dev);
	return true;
}

/* ---- opening and closing ---- */

void fake_devices_reap(void)
{
	struct opened **p = &all, *o;

	while ((o = *p)) {
		if (!o->closed || fake_maps_of(o)) {
			p = &o->next;
			continue;
		}
		*p = o->next;
		if (--o->dev->opens == 0) {
			fake_irqs_off(o->dev);
			fake_news_off(o->dev);
			fake_config_reset(o->dev);
		}
		o->group->ndevices--;
		if (o->dev->opens == 0 &&
		    o->dev->wanted) { /* whoever unbinds it has waited for that */
			o->dev->wanted = false;
			o->dev->driver[0] = '\0';
			fake_group_unbound(o->group);
		}
		fake_group_put(o->group);
		free(o);
	}
}

static void device_close(struct fake_file *f)
{
	((struct opened *)f->obj)->closed = true;
	fake_devices_reap();
}

static const struct fake_ops device_ops = {
	.ioctl = device_ioctl,
	.may_mmap = may_mmap,
	.close = device_close,
	.describe = describe,
	.pread = device_pread,
	.pwrite = device_pwrite,
};

int fake_device_open(struct fake_group *g, const char *bdf)
{
	struct fake_hostdev *d = fake_hostdev_find(bdf);
	struct opened *o;
	int fd;

	if (!d || d->group != g->id || strncmp(d->driver, "vfio", 4) != 0)
		return -ENODEV;
	o = calloc(1, sizeof(*o));
	if (!o)
		abort();
	*o = (struct opened){ d, g, false, all };
	fd = fake_file_new(&device_ops, o, 9ULL << FAKE_OFFSET_SHIFT, "device %s", bdf);
	if (fd < 0)
		abort();
	all = o;
	if (d->opens++ == 0)
		fake_config_reset(d);
	g->ndevices++;
	g->refs++;
	return fd;
}
