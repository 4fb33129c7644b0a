/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's TCE tables. Each entry counts in the registered region that it points into. */
#include "tests/fake/vfio_impl.h"

#include <stdlib.h>
#include <sys/mman.h>

static struct fake_hw *all; /* also those that only KVM holds */

void fake_hw_set(struct fake_hw *hw, uint64_t index, uint64_t tce)
{
	uint64_t old = hw->tces[index], page = 1ULL << hw->page_shift;
	struct fake_region *r;

	if (old) {
		r = fake_mem_lookup(old & ~3ULL, page);
		if (r)
			r->mapped--;
		else
			fake_fault("a TCE pointed into memory that is not registered");
	}
	if (tce) {
		r = fake_mem_lookup(tce & ~3ULL, page);
		if (!r)
			abort();
		r->mapped++;
	}
	hw->live += (tce != 0) - (uint64_t)(old != 0);
	hw->tces[index] = tce;
}

void fake_hw_clear(struct fake_hw *hw)
{
	for (uint64_t i = 0; hw->live && i < hw->npages; i++)
		if (hw->tces[i])
			fake_hw_set(hw, i, 0);
}

bool fake_hw_has(const struct fake_hw *hw, uint64_t iova)
{
	return iova >= hw->start && (iova - hw->start) >> hw->page_shift < hw->npages;
}

struct fake_hw *fake_hw_new(uint64_t start, uint32_t page_shift, uint64_t npages, uint64_t charge)
{
	struct fake_hw *hw = calloc(1, sizeof(*hw));
	void *tces;

	/* Only what is touched costs memory, however large the window is. */
	if (!hw || real_mmap(&tces, NULL, npages * 8, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) < 0)
		abort();
	*hw = (struct fake_hw){ .start = start,
				.npages = npages,
				.charge = charge,
				.page_shift = page_shift,
				.tces = tces,
				.refs = 1,
				.next = all };
	all = hw;
	return hw;
}

void fake_hw_put(struct fake_hw *hw)
{
	struct fake_hw **p = &all;

	if (--hw->refs > 0)
		return;
	while (*p != hw)
		p = &(*p)->next;
	*p = hw->next;
	fake_hw_clear(hw);
	real_munmap(hw->tces, hw->npages * 8);
	free(hw);
}

static uint64_t count_live(void)
{
	uint64_t n = 0;

	for (const struct fake_hw *hw = all; hw; hw = hw->next)
		n += hw->live;
	return n;
}

uint64_t fake_live_tces(void)
{
	uint64_t n;

	pthread_mutex_lock(&fake_lock);
	n = count_live();
	pthread_mutex_unlock(&fake_lock);
	return n;
}
