/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/phb.h"

#include "sphapr/layout.h"
#include "sphapr/spapr.h"

#include <assert.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

/* Each PHB has one stride of each row of the layout: the strides, and mem32 as PCI sees it. */
#define IO_SIZE (64 * KiB)
#define MEM32_SIZE (2 * GiB)
#define MEM32_BUS 0x80000000ULL
#define MEM64_SIZE (1 * TiB)

#define CONFIG_ADDR_REGISTER 0xf00000ffU
#define CONFIG_ADDR_DEVFN_SHIFT 8
#define MULTIFUNCTION 0x80u

struct phb_range phb_range(uint32_t index, enum phb_space space)
{
	gpa_t gpa;

	assert(index < SPAPR_MAX_PHBS);
	switch (space) {
	case PHB_IO:
		return (struct phb_range){ .bus = 0,
					   .gpa = layout[LAYOUT_PHB_IO].base + index * IO_SIZE,
					   .size = IO_SIZE };
	case PHB_MEM32:
		return (struct phb_range){ .bus = MEM32_BUS,
					   .gpa = layout[LAYOUT_PHB_MEM32].base +
						  index * MEM32_SIZE,
					   .size = MEM32_SIZE };
	default:
		gpa = layout[LAYOUT_PHB_MEM64].base + index * MEM64_SIZE;
		return (struct phb_range){ .bus = gpa, .gpa = gpa, .size = MEM64_SIZE };
	}
}

static int give_pin(struct spapr *sp, struct pci_func *f)
{
	int lsi = pci_func_pin(f) ? intc_alloc_lsi(&sp->intc) : 0;

	f->intx_lisn = lsi > 0 ? (uint32_t)lsi : 0;
	return lsi < 0 ? lsi : 0;
}

static void take_pin_back(struct spapr *sp, struct pci_func *f)
{
	if (f->intx_lisn)
		intc_free_lsi(&sp->intc, f->intx_lisn);
	f->intx_lisn = 0;
}

static void set_multifunction(struct pci_func *f)
{
	f->config[PCI_HEADER_TYPE] |= MULTIFUNCTION;
	f->emu[PCI_HEADER_TYPE] |= MULTIFUNCTION;
}

int phb_add_func(struct spapr *sp, struct phb *p, struct pci_func *f)
{
	uint32_t at = p->nfuncs;
	int r;

	if (at == PHB_MAX_FUNCS)
		return -ENOSPC;
	while (at > 0 && p->funcs[at - 1]->devfn >= f->devfn)
		at--;
	if (at < p->nfuncs && p->funcs[at]->devfn == f->devfn)
		return -EBUSY;
	r = give_pin(sp, f);
	if (r < 0)
		return r;
	memmove(&p->funcs[at + 1], &p->funcs[at], (p->nfuncs - at) * sizeof(p->funcs[0]));
	p->funcs[at] = f;
	p->nfuncs++;
	for (uint32_t i = 0; i < p->nfuncs; i++) {
		if (p->funcs[i] == f || p->funcs[i]->devfn >> 3 != f->devfn >> 3)
			continue;
		set_multifunction(p->funcs[i]);
		set_multifunction(f);
	}
	return 0;
}

void phb_remove_func(struct spapr *sp, struct phb *p, struct pci_func *f)
{
	uint32_t at = 0;

	while (at < p->nfuncs && p->funcs[at] != f)
		at++;
	if (at == p->nfuncs)
		return;
	p->nfuncs--;
	memmove(&p->funcs[at], &p->funcs[at + 1], (p->nfuncs - at) * sizeof(p->funcs[0]));
	take_pin_back(sp, f); /* before the vectors: without them the owner would turn INTx on */
	phb_release_vectors(sp, f);
}

struct pci_func *phb_find_func(struct phb *p, uint32_t config_addr)
{
	uint32_t devfn = (config_addr & ~CONFIG_ADDR_REGISTER) >> CONFIG_ADDR_DEVFN_SHIFT;

	for (uint32_t i = 0; i < p->nfuncs; i++)
		if (p->funcs[i]->devfn == devfn) /* includes the bus: there is none but 0 */
			return p->funcs[i];
	return NULL;
}

static gpa_t translate(const struct phb_range *r, uint64_t addr, uint64_t size)
{
	if (addr < r->bus || size > r->size || addr - r->bus > r->size - size)
		return UINT64_MAX;
	return r->gpa + (addr - r->bus);
}

gpa_t phb_bus_to_gpa(const struct phb *p, enum pci_bar_kind kind, uint64_t addr, uint64_t size)
{
	struct phb_range io = phb_range(p->index, PHB_IO), mem32 = phb_range(p->index, PHB_MEM32),
			 mem64 = phb_range(p->index, PHB_MEM64);
	gpa_t gpa;

	if (kind == PCI_BAR_NONE)
		return UINT64_MAX;
	if (kind == PCI_BAR_IO)
		return translate(&io, addr, size);
	gpa = translate(&mem32, addr, size);
	return gpa == UINT64_MAX ? translate(&mem64, addr, size) : gpa;
}

void phb_release_vectors(struct spapr *sp, struct pci_func *f)
{
	struct pci_vectors old = f->vectors;

	pci_func_set_vectors(f, (struct pci_vectors){ 0 });
	intc_free_block(&sp->intc, old.first, old.count);
}

bool phb_unreachable(const struct phb *p, const struct pci_func *f)
{
	return p->pe.eeh_held || f->busy;
}

static bool is_waited_for(const struct phb *p, const struct pci_func *f)
{
	return f->changing && !phb_unreachable(p, f);
}

/* Others may change when the lock was given up: from the first one again. */
static void wait_for_changes(struct spapr *sp, const struct phb *p)
{
	for (uint32_t i = 0; i < p->nfuncs; i++)
		if (is_waited_for(p, p->funcs[i])) {
			sp->plat.wait(sp->plat.ctx);
			i = UINT32_MAX;
		}
}

bool phb_busy(struct spapr *sp, struct phb *p)
{
	bool busy;

	wait_for_changes(sp, p);
	busy = p->pe.eeh_busy;
	for (uint32_t i = 0; i < p->nfuncs; i++)
		busy |= p->funcs[i]->busy || p->funcs[i]->changing;
	return busy;
}

bool phb_reach(struct spapr *sp, const struct phb *p, const struct pci_func *f)
{
	while (is_waited_for(p, f))
		sp->plat.wait(sp->plat.ctx);
	return !phb_unreachable(p, f);
}

static void line_down(struct spapr *sp, const struct pci_func *f)
{
	if (f->intx_lisn)
		intc_set_line(&sp->intc, f->intx_lisn, false);
}

void phb_reset_bus(struct spapr *sp, struct phb *p)
{
	for (uint32_t i = 0; i < p->nfuncs; i++) {
		struct pci_func *f = p->funcs[i];

		pci_func_reset_config(f);
		pci_func_set_vectors(f, f->vectors); /* LoPAR: the message survives */
		line_down(sp, f);
	}
}

/* The PE is out of its reset: its functions may interrupt again. */
static void end_reset(struct phb *p)
{
	for (uint32_t i = 0; i < p->nfuncs; i++)
		pci_func_set_vectors(p->funcs[i], p->funcs[i]->vectors);
}

static void set_changing(struct phb *p, bool on)
{
	for (uint32_t i = 0; i < p->nfuncs; i++)
		p->funcs[i]->changing = on;
}

int phb_reset_pe(struct spapr *sp, struct phb *p, uint32_t how)
{
	int r;

	p->pe.eeh_held = true; /* no interrupt of it is armed from here on */
	set_changing(p, true);
	if (how != EEH_RESET_OFF)
		phb_reset_bus(sp, p);
	r = pe_eeh_reset(&p->pe, &sp->plat, how);
	if (!p->pe.eeh_held)
		end_reset(p);
	set_changing(p, false);
	return r;
}

int phb_reset(struct spapr *sp, struct phb *p)
{
	pe_eeh_recover(&p->pe);
	for (uint32_t i = 0; i < p->nfuncs; i++) {
		pci_func_reset(p->funcs[i]);
		phb_release_vectors(sp, p->funcs[i]);
		line_down(sp, p->funcs[i]);
	}
	return p->pe.dma ? pe_dma_reset(&p->pe) : 0;
}
