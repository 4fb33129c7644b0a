/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI host bridges. Linux finds PCI devices in the tree alone, so each function is a child
 * (fdt_pci.c). Nothing has an address yet: `reg` has the sizes, and Linux places the BARs.
 */
#include "sphapr/fdt_tree.h"
#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

#define INTERRUPT_MAP_CELLS 7 /* 3 of address, pin; controller, LISN, sense */
#define RANGE_CELLS 7         /* 3 of PCI address, 2 of ours, 2 of size */

static const uint32_t space_codes[] = {
	[PHB_IO] = 0x01000000,
	[PHB_MEM32] = 0x02000000,
	[PHB_MEM64] = 0x03000000,
};

static void ranges(const struct phb *p, struct fdtb *b)
{
	uint32_t cells[ARRAY_LEN(space_codes) * RANGE_CELLS], n = 0;

	for (uint32_t space = 0; space < ARRAY_LEN(space_codes); space++) {
		struct phb_range r = phb_range(p->index, (enum phb_space)space);

		cells[n++] = space_codes[space];
		cells[n++] = (uint32_t)(r.bus >> 32);
		cells[n++] = (uint32_t)r.bus;
		cells[n++] = (uint32_t)(r.gpa >> 32);
		cells[n++] = (uint32_t)r.gpa;
		cells[n++] = (uint32_t)(r.size >> 32);
		cells[n++] = (uint32_t)r.size;
	}
	fdtb_cells(b, "ranges", cells, n);
}

/* Every pin has a source of its own: no two functions share one. */
static void interrupt_map(const struct phb *p, struct fdtb *b)
{
	uint32_t cells[PHB_MAX_FUNCS * INTERRUPT_MAP_CELLS], n = 0;

	for (uint32_t i = 0; i < p->nfuncs; i++) {
		const struct pci_func *f = p->funcs[i];

		if (!f->intx_lisn)
			continue;
		cells[n++] = (uint32_t)f->devfn << 8;
		cells[n++] = 0;
		cells[n++] = 0;
		cells[n++] = pci_func_pin(f);
		cells[n++] = FDT_PHANDLE_INTC;
		cells[n++] = f->intx_lisn;
		cells[n++] = 1; /* level */
	}
	FDTB_CELLS(b, "interrupt-map-mask", 0xff00, 0, 0, 7);
	fdtb_cells(b, "interrupt-map", cells, n);
}

size_t fdt_dma_window(const struct pe *pe, uint32_t *cells)
{
	uint64_t start = pe->caps.default_start, size = pe->caps.default_size;

	if (!pe->dma)
		return 0;
	cells[0] = pe->liobn_base;
	cells[1] = (uint32_t)(start >> 32);
	cells[2] = (uint32_t)start;
	cells[3] = (uint32_t)(size >> 32);
	cells[4] = (uint32_t)size;
	return 5;
}

size_t fdt_ddw_applicable(const struct pe *pe, uint32_t *cells)
{
	if (!pe->ddw)
		return 0;
	cells[0] = rtas_token(DDW_QUERY);
	cells[1] = rtas_token(DDW_CREATE);
	cells[2] = rtas_token(DDW_REMOVE);
	return 3;
}

size_t fdt_ddw_extensions(const struct pe *pe, uint32_t *cells)
{
	if (!pe->ddw)
		return 0;
	cells[0] = pe->caps.limited ? 3 : 2; /* this many follow */
	cells[1] = rtas_token(DDW_RESET);
	cells[2] = 1; /* the query has 6 outputs when asked so */
	cells[3] = 1; /* limited addressing */
	return cells[0] + 1;
}

static void dma_windows(const struct phb *p, struct fdtb *b)
{
	uint32_t cells[FDT_DMA_MAX_CELLS];
	size_t n = fdt_dma_window(&p->pe, cells);

	if (n)
		fdtb_cells(b, "ibm,dma-window", cells, n);
	n = fdt_ddw_applicable(&p->pe, cells);
	if (n)
		fdtb_cells(b, "ibm,ddw-applicable", cells, n);
	n = fdt_ddw_extensions(&p->pe, cells);
	if (n)
		fdtb_cells(b, "ibm,ddw-extensions", cells, n);
	fdtb_u32(b, "ibm,#dma-address-cells", 2);
	fdtb_u32(b, "ibm,#dma-size-cells", 2);
}

static void phb(const struct spapr *sp, const struct phb *p, uint32_t limit, struct fdtb *b)
{
	fdtb_begin_at(b, "pci", p->buid);
	fdtb_str(b, "device_type", "pci");
	fdtb_str(b, "compatible", "IBM,Logical_PHB");
	FDTB_CELLS(b, "reg", (uint32_t)(p->buid >> 32), (uint32_t)p->buid, 0, 0);
	fdtb_u32(b, "#address-cells", 3);
	fdtb_u32(b, "#size-cells", 2);
	fdtb_u32(b, "#interrupt-cells", 1);
	FDTB_CELLS(b, "bus-range", 0, 0xff);
	ranges(p, b);
	interrupt_map(p, b);
	fdtb_u32(b, "ibm,pci-config-space-type", 1);
	fdtb_u32(b, "ibm,pe-total-#msi", fdt_msi_total(sp, p, limit));
	dma_windows(p, b);
	fdtb_empty(b, "used-by-rtas");
	if (sp->cfg.blob_rtas_size) { /* SLOF takes the functions below, and looks for no others */
		fdtb_empty(b, "qemu,phb-enumerated");
		fdtb_u32(b, "qemu,mem-bar-min-align", 64 * KiB);
	}
	FDTB_CELLS(b, "ibm,associativity", 4, 0, 0, 0, 0); /* node 0, like all memory */
	for (uint32_t i = 0; i < p->nfuncs; i++)
		fdt_pci_func(p, p->funcs[i], limit, b);
	fdtb_end(b);
}

void fdt_phbs(const struct spapr *sp, struct fdtb *b)
{
	uint32_t limit = fdt_msi_limit(sp);

	for (uint32_t i = 0; i < SPAPR_MAX_PHBS; i++)
		if (sp->phbs[i].present)
			phb(sp, &sp->phbs[i], limit, b);
}
