/* SPDX-License-Identifier: BSD-2-Clause */
/* VFIO_DEVICE_GET_REGION_INFO with its capabilities: drivers/vfio/pci/vfio_pci_core.c. */
#include "tests/fake/vfio_impl.h"

#include <errno.h>
#include <string.h>

/* Offset of the capability that follows; nothing is written beyond argsz. */
static uint32_t add_cap(struct vfio_region_info *info, uint32_t at, uint32_t *last, uint16_t id,
			const void *body, uint32_t len)
{
	struct vfio_info_cap_header h = { .id = id, .version = 1 };
	uint8_t *p = (uint8_t *)info;

	if (at + sizeof(h) + len <= info->argsz) {
		memcpy(p + at, &h, sizeof(h));
		memcpy(p + at + sizeof(h), body, len);
		if (*last)
			((struct vfio_info_cap_header *)(p + *last))->next = at;
		else
			info->cap_offset = at;
	}
	*last = at;
	return at + (uint32_t)ALIGN_UP(sizeof(h) + len, 8);
}

static void add_caps(const struct fake_hostdev *d, struct vfio_region_info *info)
{
	const struct fake_bar *b = &d->bars[info->index];
	uint32_t at = sizeof(*info), last = 0, head[2] = { b->nsparse, 0 };
	uint8_t body[8 + sizeof(b->sparse)];

	info->cap_offset = 0;
	if (b->nsparse) {
		memcpy(body, head, 8);
		memcpy(body + 8, b->sparse, sizeof(b->sparse));
		at = add_cap(info, at, &last, VFIO_REGION_INFO_CAP_SPARSE_MMAP, body,
			     8 + 16 * b->nsparse);
	}
	if (d->nmsix && d->msix_mappable && (int)info->index == d->msix_bar)
		at = add_cap(info, at, &last, VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, body, 0);
	if (!last)
		return;
	info->flags |= VFIO_REGION_INFO_FLAG_CAPS;
	if (info->argsz < at) {
		info->argsz = at;
		info->cap_offset = 0;
	}
}

int fake_region_info(const struct fake_hostdev *d, struct vfio_region_info *info)
{
	uint32_t i = info->index;

	if (info->argsz < sizeof(*info))
		return -EINVAL;
	if (i >= VFIO_PCI_NUM_REGIONS || i == VFIO_PCI_VGA_REGION_INDEX)
		return -EINVAL;
	info->offset = (uint64_t)i << FAKE_OFFSET_SHIFT;
	info->flags = 0;
	info->size = i == VFIO_PCI_CONFIG_REGION_INDEX ? d->config_size : d->bars[i].size;
	if (info->size)
		info->flags = VFIO_REGION_INFO_FLAG_READ;
	if (info->size && i != VFIO_PCI_ROM_REGION_INDEX)
		info->flags |= VFIO_REGION_INFO_FLAG_WRITE;
	if (i < VFIO_PCI_ROM_REGION_INDEX && d->bars[i].mappable) {
		info->flags |= VFIO_REGION_INFO_FLAG_MMAP;
		add_caps(d, info);
	}
	return 0;
}
