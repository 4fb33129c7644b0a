/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MAP_DMA and UNMAP_DMA of v2, check for check in the order of the kernel's
 * drivers/vfio/vfio_iommu_spapr_tce.c.
 */
#include "tests/fake/vfio_impl.h"

#include <errno.h>

/*
 * What map and unmap both check: 0 with the window and its first entry, in *@out and *@first; or
 * -errno; or 1, which the kernel returns, too.
 */
static int find(struct fake_container *c, uint64_t iova, uint64_t size, uint64_t vaddr,
		struct fake_hw **out, uint64_t *first)
{
	struct fake_hw *hw;
	uint64_t page;
	int r = fake_window_default(c);

	if (r < 0)
		return r;
	if (fake_vfio.remove_asleep)
		fake_fault(
			"DMA at 0x%llx during a TCE_REMOVE: the kernel may look at a table that was "
			"just freed",
			(unsigned long long)iova);
	hw = fake_window_at(c, iova);
	if (!hw)
		return -ENXIO;
	page = 1ULL << hw->page_shift;
	if ((size | vaddr) & (page - 1))
		return -EINVAL;
	if (iova & (page - 1))
		return 1;
	*out = hw;
	*first = (iova - hw->start) >> hw->page_shift;
	if (size >> hw->page_shift > hw->npages - *first) {
		fake_fault("DMA range 0x%llx+0x%llx crosses the end of its window: the kernel "
			   "walks past the table",
			   (unsigned long long)iova, (unsigned long long)size);
		return -EINVAL;
	}
	return 0;
}

/* tce_iommu_build_v2(), one entry */
static int map_one(struct fake_hw *hw, uint64_t index, uint64_t vaddr, uint64_t perm)
{
	const struct fake_region *r = fake_mem_lookup(vaddr, 1ULL << hw->page_shift);

	if (!r || hw->page_shift > r->page_shift)
		return -EINVAL;
	fake_hw_set(hw, index, vaddr | perm);
	return 0;
}

int fake_dma_map(struct fake_container *c, const struct vfio_iommu_type1_dma_map *p)
{
	uint64_t perm = p->flags & 2 ? 3 : p->flags & 1, first, page;
	struct fake_hw *hw;
	int r;

	if (!c->enabled)
		return -EPERM;
	if (p->argsz < sizeof(*p) || p->flags & ~3u)
		return -EINVAL;
	r = fake_window_default(c);
	if (r == 0 && !perm)
		r = -EINVAL;
	if (r == 0)
		r = find(c, p->iova, p->size, p->vaddr, &hw, &first);
	if (r != 0)
		return r;
	page = 1ULL << hw->page_shift;
	for (uint64_t i = 0; i < p->size >> hw->page_shift; i++) {
		r = map_one(hw, first + i, p->vaddr + i * page, perm);
		if (r == 0)
			continue;
		while (i-- > 0) /* what this call made goes, whatever was there before */
			fake_hw_set(hw, first + i, 0);
		return r;
	}
	return 0;
}

int fake_dma_unmap(struct fake_container *c, const struct vfio_iommu_type1_dma_unmap *p)
{
	struct fake_hw *hw;
	uint64_t first;
	int r;

	if (!c->enabled)
		return -EPERM;
	if (p->argsz < sizeof(*p) || p->flags)
		return -EINVAL;
	r = find(c, p->iova, p->size, 0, &hw, &first);
	if (r != 0)
		return r;
	for (uint64_t i = 0; i < p->size >> hw->page_shift; i++)
		if (hw->tces[first + i])
			fake_hw_set(hw, first + i, 0);
	return 0;
}
