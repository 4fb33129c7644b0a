/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BARs of a passed-through function. What the host lets us map is a memory slot, so the guest's loads
 * and stores go to the device without an exit. All else is trapped, pages of the MSI-X table included.
 */
#include "vfio/pci.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <string.h>

/*
 * The host pages of the MSI-X table are trapped when nothing else is in them. Where registers share a
 * page with the table (64K pages, small BARs) and the kernel vouches for it, the page is mapped: the
 * guest may scribble over its own vectors, and the IOMMU keeps them inside its PE.
 */
static void decide_msix_trap(struct vfio_pci *v)
{
	const struct vfio_region *rg = &v->dev.regions[v->msix_bar];
	uint64_t page = sys_page_size();

	if (!v->func.msix_cap)
		return;
	v->msix_trapped = !rg->msix_mappable || v->msix_offset % page == 0;
}

/* Cut the table's pages out of the areas that may be mapped. */
static void exclude_msix_table(struct vfio_pci *v)
{
	struct vfio_region *rg = &v->dev.regions[v->msix_bar];
	uint64_t page = sys_page_size();
	uint64_t from = ALIGN_DOWN(v->msix_offset, page);
	uint64_t to = ALIGN_UP(v->msix_offset + (uint64_t)v->func.max_msix * PCI_MSIX_ENTRY, page);
	struct vfio_area cut[VFIO_MAX_AREAS];
	uint32_t n = 0;

	for (uint32_t i = 0; i < rg->nareas; i++) {
		uint64_t start = rg->areas[i].offset, end = start + rg->areas[i].size;

		if (start < from && n < VFIO_MAX_AREAS)
			cut[n++] = (struct vfio_area){ .offset = start,
						       .size = (end < from ? end : from) - start };
		if (end > to && n < VFIO_MAX_AREAS) {
			uint64_t s = start > to ? start : to;

			cut[n++] = (struct vfio_area){ .offset = s, .size = end - s };
		}
	}
	memcpy(rg->areas, cut, n * sizeof(cut[0]));
	rg->nareas = n;
}

static enum pci_bar_kind bar_kind(uint32_t raw)
{
	if (raw & PCI_BASE_ADDRESS_SPACE_IO)
		return PCI_BAR_IO;
	return (raw & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64
		       ? PCI_BAR_MEM64
		       : PCI_BAR_MEM32;
}

static int map_bar(struct vfio_pci *v, int bar)
{
	struct vfio_region *rg = &v->dev.regions[bar];
	int r = 0;

	for (uint32_t a = 0; a < rg->nareas && r == 0; a++)
		r = vfio_device_map_area(&v->dev, bar, a);
	return r;
}

void vfio_bars_none(struct vfio_pci *v)
{
	for (int bar = 0; bar < VFIO_PCI_BARS; bar++) {
		memset(v->bars[bar].slots, -1, sizeof(v->bars[bar].slots));
		v->bars[bar].addr = PCI_BAR_OFF;
	}
}

int vfio_bars_init(struct vfio_pci *v)
{
	struct pci_func *f = &v->func;
	uint32_t raws[VFIO_PCI_BARS];
	int r;

	for (int bar = 0; bar < VFIO_PCI_BARS; bar++)
		raws[bar] = pci_config_get(f, PCI_BASE_ADDRESS_0 + 4 * (uint32_t)bar, 4);
	decide_msix_trap(v);
	if (v->msix_trapped) {
		exclude_msix_table(v);
		r = vfio_msix_init(v);
		if (r < 0)
			return r;
	}
	for (int bar = 0; bar < VFIO_PCI_BARS; bar++) {
		const struct vfio_region *rg = &v->dev.regions[bar];
		enum pci_bar_kind kind = bar_kind(raws[bar]);
		uint64_t size = rg->size;

		if (size == 0)
			continue;
		/* Slots are host pages: a smaller BAR is shown as large as one, and has it alone. */
		if (rg->mappable && size < sys_page_size())
			size = sys_page_size();
		pci_func_set_bar(f, bar, kind, raws[bar] & PCI_BASE_ADDRESS_MEM_PREFETCH, size);
		r = map_bar(v, bar);
		if (r < 0)
			return r;
		if (kind == PCI_BAR_MEM64)
			bar++;
	}
	if (v->dev.regions[VFIO_PCI_ROM_REGION_INDEX].size)
		pci_func_set_bar(f, PCI_BAR_ROM, PCI_BAR_MEM32, false,
				 v->dev.regions[VFIO_PCI_ROM_REGION_INDEX].size);
	return 0;
}

/*
 * A slot that KVM does not let go of stays known: the guest still reaches the BAR at the old address,
 * the area gets no slot anywhere else, and the next move tries again.
 */
static void remove_slots(struct vfio_pci *v, int bar)
{
	struct vfio_bar *b = &v->bars[bar];
	int r;

	for (int a = 0; a < VFIO_MAX_AREAS; a++) {
		r = b->slots[a] < 0 ? 0 : kvm_vm_del_slot(v->pe->env->vm, b->slots[a]);
		if (r == 0)
			b->slots[a] = -1;
		else if (log_may(&v->said_slot))
			log_error("vfio %s: BAR %d: KVM keeps its memory slot: %s: "
				  "the guest reaches the BAR at its old address, "
				  "and by traps at the new one",
				  v->dev.bdf, bar, strerror(-r));
	}
	b->addr = PCI_BAR_OFF;
}

void vfio_bars_close(struct vfio_pci *v)
{
	for (int bar = 0; bar < VFIO_PCI_BARS; bar++)
		remove_slots(v, bar);
}

void vfio_bar_moved(struct pci_func *f, int bar)
{
	struct vfio_pci *v = f->ctx;
	const struct pci_bar *pb = &f->bars[bar];
	struct vfio_region *rg = &v->dev.regions[bar];
	gpa_t gpa;

	if (bar >= VFIO_PCI_BARS) /* the ROM is read by traps */
		return;
	remove_slots(v, bar);
	if (pb->addr == PCI_BAR_OFF || v->unmapped)
		return;
	gpa = phb_bus_to_gpa(v->pe->phb, pb->kind, pb->addr, pb->size);
	/* Outside the bridge's window nothing decodes; off a host page, accesses are trapped. */
	if (gpa == UINT64_MAX || !IS_ALIGNED(gpa, sys_page_size()))
		return;
	v->bars[bar].addr = pb->addr;
	for (uint32_t a = 0; a < rg->nareas; a++) {
		int slot;

		if (v->bars[bar].slots[a] >= 0)
			continue; /* that could not be removed */
		slot = kvm_vm_add_slot(v->pe->env->vm, gpa + rg->areas[a].offset, rg->areas[a].size,
				       rg->areas[a].host);
		if (slot < 0)
			log_guest("vfio %s: BAR %d at 0x%llx is trapped, not mapped: %s",
				  v->dev.bdf, bar, (unsigned long long)gpa, strerror(-slot));
		v->bars[bar].slots[a] = slot;
	}
}

void vfio_bars_unmap(struct vfio_pci *v)
{
	v->unmapped = true;
	for (int bar = 0; bar < VFIO_PCI_BARS; bar++)
		remove_slots(v, bar);
}

void vfio_bars_map(struct vfio_pci *v)
{
	v->unmapped = false;
	for (int bar = 0; bar < VFIO_PCI_BARS; bar++)
		vfio_bar_moved(&v->func, bar);
}

static int region_of(int bar)
{
	return bar == PCI_BAR_ROM ? VFIO_PCI_ROM_REGION_INDEX : bar;
}

uint64_t vfio_bar_read(struct pci_func *f, int bar, uint64_t off, uint32_t size)
{
	struct vfio_pci *v = f->ctx;

	if (vfio_in_msix_table(v, bar, off))
		return pci_msix_table_read(&v->msix, off - v->msix_offset, size);
	if (vfio_in_msix_pba(v, bar, off))
		return vfio_msix_pba_read(v, off - v->pba_offset, size);
	return vfio_device_read(&v->dev, region_of(bar), off, size);
}

void vfio_bar_write(struct pci_func *f, int bar, uint64_t off, uint32_t size, uint64_t value)
{
	struct vfio_pci *v = f->ctx;

	if (vfio_in_msix_table(v, bar, off))
		pci_msix_table_write(&v->msix, off - v->msix_offset, size, value);
	else if (bar != PCI_BAR_ROM)
		vfio_device_write(&v->dev, bar, off, size, value);
}
