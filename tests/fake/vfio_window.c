/* SPDX-License-Identifier: BSD-2-Clause */
/* DMA windows: drivers/vfio/vfio_iommu_spapr_tce.c, powernv's pci-ioda*.c, pseries' iommu.c. */
#include "tests/fake/vfio_impl.h"

#include <errno.h>
#include <unistd.h>

#define POWERNV_SECOND (1ULL << 59)
#define POWERNV_MAX_LEVELS 5
#define ADDRESS_BITS 55

struct fake_hw *fake_window_at(const struct fake_container *c, uint64_t iova)
{
	for (int i = 0; i < FAKE_SLOTS; i++)
		if (c->slots[i] && fake_hw_has(c->slots[i], iova))
			return c->slots[i];
	return NULL;
}

static uint64_t shift_up(uint64_t shift, uint64_t least)
{
	return shift > least ? shift : least;
}

/* pnv_pci_ioda2_get_table_size(): each level in full, twice; 0: not like this. */
static uint64_t table_size(uint32_t page_shift, uint64_t size, uint32_t levels)
{
	uint64_t page = log2_ceil(fake_facts.page_size), bytes = 0;
	uint64_t entries = log2_ceil(size) - page_shift, table, direct;

	if (fake_vfio.l1)
		return (size >> page_shift) * 8;
	if (levels == 0 || levels > POWERNV_MAX_LEVELS || !is_power_of_2(size))
		return 0;
	table = 1ULL << shift_up(entries + 3, page);
	direct = 1ULL << shift_up((entries + levels - 1) / levels + 3, page);
	for (uint32_t i = 0; i < levels; i++) {
		bytes += ALIGN_UP(table, direct);
		table = table / direct * 8;
		table = table > direct ? table : direct;
	}
	return 2 * bytes;
}

/* pnv_pci_ioda2_table_alloc_pages() */
static int build_powernv(uint32_t page_shift, uint64_t size, uint32_t levels)
{
	uint64_t entries = log2_ceil(size) - page_shift;
	uint64_t level =
		shift_up((entries + levels - 1) / levels + 3, log2_ceil(fake_facts.page_size));

	if ((level - 3) * levels + page_shift >= ADDRESS_BITS)
		return -EINVAL;
	return 1ULL << level > fake_vfio.contiguous ? -ENOMEM : 0;
}

static bool has_dynamic(const struct fake_container *c)
{
	for (int i = 0; i < FAKE_SLOTS; i++)
		if (c->slots[i] && c->slots[i]->start != fake_vfio.dma32_start)
			return true;
	return false;
}

/* spapr_tce_create_table(), with what the hypervisor below says. */
static int build_l1(const struct fake_container *c, uint32_t page_shift, uint64_t size,
		    uint32_t levels, int slot)
{
	bool is_default = page_shift == 12 && size <= fake_vfio.dma32_size;

	if (levels != 1 || !is_power_of_2(size))
		return -EINVAL;
	for (int i = 0; i < FAKE_SLOTS; i++)
		if (c->slots[i] && c->slots[i]->start != fake_vfio.dma32_start &&
		    (is_default || slot == 0))
			return -EPERM;
	if (fake_vfio.l0_refuses || (!is_default && fake_vfio.max_windows == UINT32_MAX))
		return -ENODEV;
	if (slot > 0 && fake_vfio.max_windows < 2)
		return -ENODEV;
	/* The default stays where it is in L0, also when it was removed here. */
	if (!is_default && has_dynamic(c))
		fake_vfio.l0_refuses = true;
	return !is_default && fake_vfio.l0_refuses ? -ENODEV : 0;
}

static uint64_t start_of(uint32_t page_shift, uint64_t size, int slot)
{
	if (!fake_vfio.l1)
		return slot == 0 ? fake_vfio.dma32_start : POWERNV_SECOND;
	return slot == 0 && page_shift == 12 && size <= fake_vfio.dma32_size ? fake_vfio.dma32_start
									     : fake_vfio.l0_start;
}

static int create(struct fake_container *c, uint32_t page_shift, uint64_t size, uint32_t levels,
		  uint64_t *start)
{
	uint64_t charge, npages = size >> page_shift;
	int slot = 0, r;

	while (slot < FAKE_SLOTS && c->slots[slot])
		slot++;
	if (slot == FAKE_SLOTS)
		return -ENOSPC;
	if (page_shift > 34)
		fake_fault("TCE_CREATE: page shift %u: the kernel does not check it", page_shift);
	if (page_shift > 63 || !(fake_vfio.pgsizes >> page_shift & 1))
		return -EINVAL;
	if (size < 1ULL << page_shift)
		fake_fault("TCE_CREATE: a window smaller than its page");
	charge = table_size(page_shift, size, levels);
	if (charge == 0)
		return -EINVAL;
	r = fake_mem_charge(charge);
	if (r < 0)
		return r;
	r = fake_vfio.l1 ? build_l1(c, page_shift, size, levels, slot)
			 : build_powernv(page_shift, size, levels);
	if (r < 0) {
		fake_mem_lose(charge);
		return r;
	}
	if (npages < fake_facts.page_size / 8)
		npages = fake_facts.page_size / 8; /* a page of table at least */
	c->slots[slot] = fake_hw_new(start_of(page_shift, size, slot), page_shift, npages, charge);
	*start = c->slots[slot]->start;
	return 0;
}

int fake_window_default(struct fake_container *c)
{
	uint64_t start;
	int r;

	if (!c->pending_default)
		return 0;
	r = create(c, 12, fake_vfio.dma32_size, 1, &start);
	if (r == 0)
		c->pending_default = false;
	return r;
}

int fake_window_create(struct fake_container *c, struct vfio_iommu_spapr_tce_create *p)
{
	uint64_t start = 0;
	int r;

	if (p->argsz < sizeof(*p) || p->flags)
		return -EINVAL;
	r = fake_window_default(c);
	if (r == 0)
		r = create(c, p->page_shift, p->window_size, p->levels, &start);
	if (r == 0)
		p->start_addr = start;
	return r;
}

static void drop(struct fake_container *c, int slot)
{
	struct fake_hw *hw = c->slots[slot];

	if (hw->refs > 1)
		fake_fault("KVM still has a link to the window at 0x%llx, which goes away",
			   (unsigned long long)hw->start);
	fake_hw_clear(hw);
	fake_mem_uncharge(hw->charge);
	c->slots[slot] = NULL;
	fake_hw_put(hw);
}

bool fake_remove_asleep(void)
{
	bool asleep;

	pthread_mutex_lock(&fake_lock);
	asleep = fake_vfio.remove_asleep;
	pthread_mutex_unlock(&fake_lock);
	return asleep;
}

void fake_remove_wake(void)
{
	pthread_mutex_lock(&fake_lock);
	fake_vfio.remove_asleep = false;
	pthread_mutex_unlock(&fake_lock);
}

/* Each entry is looked at; other calls of the process find no lock that stops them. */
static void walk(const struct fake_hw *hw)
{
	fake_vfio.remove_asleep = fake_vfio.remove_sleep_ms > 0 && hw->start != 0;
	for (int i = 0; i < fake_vfio.remove_sleep_ms && fake_vfio.remove_asleep; i++) {
		pthread_mutex_unlock(&fake_lock);
		usleep(1000);
		pthread_mutex_lock(&fake_lock);
	}
	fake_vfio.remove_asleep = false;
}

int fake_window_remove(struct fake_container *c, uint64_t start)
{
	if (c->pending_default && start == fake_vfio.dma32_start) {
		c->pending_default = false;
		return 0;
	}
	for (int i = 0; i < FAKE_SLOTS; i++)
		if (c->slots[i] && fake_hw_has(c->slots[i], start)) {
			walk(c->slots[i]);
			drop(c, i);
			return 0;
		}
	return -EINVAL;
}

void fake_windows_drop(struct fake_container *c)
{
	for (int i = 0; i < FAKE_SLOTS; i++)
		if (c->slots[i])
			drop(c, i);
	c->pending_default = false;
}
