/* SPDX-License-Identifier: BSD-2-Clause */
/* Trapped accesses: from a guest address to the BAR behind it. */
#include "sphapr/spapr.h"

#include <assert.h>

struct place {
	struct spapr *sp;
	const struct phb *p;
	struct pci_func *f;
	int bar;
	uint64_t off;
};

static bool in_range(uint32_t index, enum phb_space space, gpa_t gpa)
{
	struct phb_range r = phb_range(index, space);

	return gpa >= r.gpa && gpa - r.gpa < r.size;
}

static bool phb_covers(const struct phb *p, gpa_t gpa)
{
	return in_range(p->index, PHB_IO, gpa) || in_range(p->index, PHB_MEM32, gpa) ||
	       in_range(p->index, PHB_MEM64, gpa);
}

static bool find_in_phb(struct spapr *sp, const struct phb *p, gpa_t gpa, struct place *at)
{
	for (uint32_t i = 0; i < p->nfuncs; i++) {
		for (int bar = 0; bar <= PCI_BAR_ROM; bar++) {
			const struct pci_bar *b = &p->funcs[i]->bars[bar];
			gpa_t base = b->addr == PCI_BAR_OFF
					     ? UINT64_MAX
					     : phb_bus_to_gpa(p, b->kind, b->addr, b->size);

			if (base == UINT64_MAX || gpa < base || gpa - base >= b->size)
				continue;
			*at = (struct place){ sp, p, p->funcs[i], bar, gpa - base };
			return true;
		}
	}
	return false;
}

static bool find(struct spapr *sp, gpa_t gpa, struct place *at)
{
	for (uint32_t i = 0; i < SPAPR_MAX_PHBS; i++)
		if (sp->phbs[i].present && phb_covers(&sp->phbs[i], gpa))
			return find_in_phb(sp, &sp->phbs[i], gpa, at);
	return false;
}

static bool asks(const struct place *at)
{
	return at->f->ops && phb_reach(at->sp, at->p, at->f);
}

static void load(const struct place *at, uint8_t *data, uint32_t len)
{
	const struct pci_func_ops *ops = at->f->ops;
	uint64_t v = asks(at) && ops->bar_read ? ops->bar_read(at->f, at->bar, at->off, len)
					       : UINT64_MAX;

	for (uint32_t i = 0; i < len; i++)
		data[i] = (uint8_t)(v >> 8 * i);
}

static void store(const struct place *at, const uint8_t *data, uint32_t len)
{
	const struct pci_func_ops *ops = at->f->ops;
	uint64_t v = 0;

	for (uint32_t i = 0; i < len; i++)
		v |= (uint64_t)data[i] << 8 * i;
	if (asks(at) && ops->bar_write)
		ops->bar_write(at->f, at->bar, at->off, len, v);
}

/* @len is a power of two and @gpa a multiple of it. An access that no BAR holds whole is halved. */
/* NOLINTNEXTLINE(misc-no-recursion): of 8 bytes, thrice at most */
static bool access(struct spapr *sp, gpa_t gpa, uint8_t *data, uint32_t len, bool write)
{
	uint32_t half = len / 2;
	struct place at;
	bool low, hit = find(sp, gpa, &at);

	if (hit && len <= at.f->bars[at.bar].size - at.off) {
		if (write)
			store(&at, data, len);
		else
			load(&at, data, len);
		return true;
	}
	if (len == 1) {
		if (!write)
			*data = 0xff;
		return false;
	}
	low = access(sp, gpa, data, half, write);
	return access(sp, gpa + half, data + half, half, write) || low;
}

/* The largest power of two that @gpa is a multiple of and @len holds. */
static uint32_t aligned_piece(gpa_t gpa, uint32_t len)
{
	uint32_t n = 8;

	while (n > len || !IS_ALIGNED(gpa, n))
		n /= 2;
	return n;
}

bool phb_mmio(struct spapr *sp, gpa_t gpa, uint8_t *data, uint32_t len, bool write)
{
	bool any = false;

	assert(len <= 8);
	for (uint32_t n; len > 0; gpa += n, data += n, len -= n) {
		n = aligned_piece(gpa, len);
		if (access(sp, gpa, data, n, write))
			any = true;
	}
	return any;
}
