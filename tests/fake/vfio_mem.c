/* SPDX-License-Identifier: BSD-2-Clause */
/* Registered memory: arch/powerpc/mm/book3s64/iommu_api.c, and locked_vm of our one mm. */
#include "tests/fake/vfio_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct fake_region *regions;
static uint64_t locked, lost; /* bytes; lost ones count, but no one can give them back */

void fake_mem_reset(void)
{
	if (regions || locked)
		abort();
	lost = 0;
}

int fake_mem_charge(uint64_t bytes)
{
	bytes = ALIGN_UP(bytes, fake_facts.page_size);
	if (fake_facts.memlock != UINT64_MAX && locked + lost + bytes > fake_facts.memlock)
		return -ENOMEM;
	locked += bytes;
	return 0;
}

void fake_mem_uncharge(uint64_t bytes)
{
	bytes = ALIGN_UP(bytes, fake_facts.page_size);
	if (bytes > locked)
		abort();
	locked -= bytes;
}

void fake_mem_lose(uint64_t bytes)
{
	fake_mem_uncharge(bytes);
	lost += ALIGN_UP(bytes, fake_facts.page_size);
}

static struct fake_region *find(uint64_t vaddr, uint64_t size)
{
	struct fake_region *r = regions;

	while (r && (r->vaddr != vaddr || r->size != size))
		r = r->next;
	return r;
}

struct fake_region *fake_mem_lookup(uint64_t vaddr, uint64_t size)
{
	struct fake_region *r = regions;

	while (r && (vaddr < r->vaddr || vaddr - r->vaddr > r->size ||
		     size > r->size - (vaddr - r->vaddr)))
		r = r->next;
	return r;
}

static bool overlaps(uint64_t vaddr, uint64_t size)
{
	for (const struct fake_region *r = regions; r; r = r->next)
		if (vaddr < r->vaddr + r->size && r->vaddr < vaddr + size)
			return true;
	return false;
}

/* The largest IOMMU page that all of the range can back. */
static uint32_t page_shift(uint64_t vaddr, uint64_t size, uint64_t backing)
{
	uint32_t natural = (uint32_t)__builtin_ctzll(vaddr | size);
	uint32_t page = log2_ceil(backing);

	return natural < page ? natural : page;
}

static int get(uint64_t vaddr, uint64_t size, struct fake_region **out)
{
	struct fake_region *r = find(vaddr, size);
	uint64_t backing;
	int err;

	if (r) {
		r->used++;
		*out = r;
		return 0;
	}
	if (size == 0) {
		fake_fault("registering no memory: the kernel warns");
		return -ENOMEM;
	}
	err = fake_mem_charge(size);
	if (err < 0)
		return err;
	backing = fake_maps_backing((void *)(uintptr_t)vaddr, size);
	err = !backing ? -EFAULT : overlaps(vaddr, size) ? -EINVAL : 0;
	if (err < 0) {
		fake_mem_uncharge(size);
		return err;
	}
	r = calloc(1, sizeof(*r));
	if (!r)
		abort();
	*r = (struct fake_region){ vaddr, size, 1, page_shift(vaddr, size, backing), 1, regions };
	regions = r;
	*out = r;
	return 0;
}

int fake_mem_put(struct fake_region *r)
{
	struct fake_region **p = &regions;

	if (r->used > 1) {
		r->used--;
		return 0;
	}
	if (r->mapped != 1)
		return -EBUSY;
	while (*p != r)
		p = &(*p)->next;
	*p = r->next;
	fake_mem_uncharge(r->size);
	free(r);
	return 0;
}

/* ---- the ioctls ---- */

static bool is_page_multiple(uint64_t v)
{
	return v % fake_facts.page_size == 0;
}

static int find_reg(const struct fake_container *c, const struct fake_region *r)
{
	for (uint32_t i = 0; i < c->nregs; i++)
		if (c->regs[i] == r)
			return (int)i;
	return -ENOENT;
}

int fake_mem_register(struct fake_container *c, const struct vfio_iommu_spapr_register_memory *p)
{
	struct fake_region *r;
	int err;

	if (p->argsz < sizeof(*p) || p->flags)
		return -EINVAL;
	if (!is_page_multiple(p->vaddr) || !is_page_multiple(p->size) ||
	    p->vaddr + p->size < p->vaddr)
		return -EINVAL;
	if (c->nregs == FAKE_MAX_REGIONS)
		abort();
	r = find(p->vaddr, p->size);
	if (r && find_reg(c, r) >= 0)
		return -EBUSY;
	err = get(p->vaddr, p->size, &r);
	if (err < 0)
		return err;
	c->regs[c->nregs++] = r;
	c->enabled = true;
	return 0;
}

int fake_mem_unregister(struct fake_container *c, const struct vfio_iommu_spapr_register_memory *p)
{
	struct fake_region *r;
	int i, err;

	if (p->argsz < sizeof(*p) || p->flags)
		return -EINVAL;
	r = find(p->vaddr, p->size);
	i = r ? find_reg(c, r) : -ENOENT;
	if (i < 0)
		return i;
	err = fake_mem_put(r);
	if (err == 0)
		c->regs[i] = c->regs[--c->nregs];
	return err;
}

uint64_t fake_pinned(void)
{
	uint64_t sum = 0;

	pthread_mutex_lock(&fake_lock);
	for (const struct fake_region *r = regions; r; r = r->next)
		sum += r->size;
	pthread_mutex_unlock(&fake_lock);
	return sum;
}

uint64_t fake_locked(void)
{
	uint64_t n;

	pthread_mutex_lock(&fake_lock);
	n = locked;
	pthread_mutex_unlock(&fake_lock);
	return n;
}
