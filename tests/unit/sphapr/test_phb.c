/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/layout.h"
#include "tests/fake/dma.h"
#include "tests/fake/pci.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <signal.h>

static struct fake_machine *m;
static struct phb *p;

static void setup(void)
{
	m = fake_machine_new(INTC_XIVE, 1, 1);
	p = fake_machine_add_phb(m);
}

static void teardown(void)
{
	fake_machine_free(m);
}

TestSuite(phb, .init = setup, .fini = teardown);

static struct fake_pci *func(uint8_t devfn, uint8_t pin)
{
	struct fake_pci *d = fake_pci_new(false, devfn, PCI_LEGACY_CONFIG_SIZE);

	pci_config_put(&d->f, PCI_INTERRUPT_PIN, 1, pin);
	return d;
}

Test(phb, windows_are_where_other_machines_have_them)
{
	struct phb_range r = phb_range(3, PHB_IO);

	cr_assert(eq(u64, r.gpa, 32 * TiB + 3 * 64 * KiB));
	cr_assert(eq(u64, r.bus, 0));
	cr_assert(eq(u64, r.size, 64 * KiB));
	r = phb_range(3, PHB_MEM32);
	cr_assert(eq(u64, r.gpa, 32 * TiB + 4 * 2 * GiB));
	cr_assert(eq(u64, r.bus, 0x80000000));
	cr_assert(eq(u64, r.size, 2 * GiB));
	r = phb_range(3, PHB_MEM64);
	cr_assert(eq(u64, r.gpa, 36 * TiB));
	cr_assert(eq(u64, r.bus, 36 * TiB));
	cr_assert(eq(u64, r.size, 1 * TiB));
}

Test(phb, windows_of_all_phbs_stay_in_the_layout_and_apart)
{
	static const enum layout_id rows[] = { LAYOUT_PHB_IO, LAYOUT_PHB_MEM32, LAYOUT_PHB_MEM64 };

	for (uint32_t i = 0; i < SPAPR_MAX_PHBS; i++)
		for (uint32_t s = 0; s < 3; s++) {
			const struct layout_row *row = &layout[rows[s]];
			struct phb_range r = phb_range(i, s);

			cr_assert(ge(u64, r.gpa, row->base));
			cr_assert(le(u64, r.gpa - row->base, row->size - r.size));
			if (i > 0)
				cr_assert(ge(u64, r.gpa,
					     phb_range(i - 1, s).gpa + phb_range(i - 1, s).size));
		}
}

Test(phb, bus_addresses_inside_and_at_the_edges)
{
	struct phb_range io = phb_range(0, PHB_IO), m32 = phb_range(0, PHB_MEM32),
			 m64 = phb_range(0, PHB_MEM64);

	cr_assert(eq(u64, phb_bus_to_gpa(p, PCI_BAR_IO, 0, 64 * KiB), io.gpa));
	cr_assert(eq(u64, phb_bus_to_gpa(p, PCI_BAR_IO, 0xfffc, 4), io.gpa + 0xfffc));
	cr_assert(eq(u64, phb_bus_to_gpa(p, PCI_BAR_IO, 0xfffc, 8), UINT64_MAX));
	cr_assert(eq(u64, phb_bus_to_gpa(p, PCI_BAR_IO, 0x80000000, 4), UINT64_MAX));
	cr_assert(eq(u64, phb_bus_to_gpa(p, PCI_BAR_MEM32, 0x80000000, 2 * GiB), m32.gpa));
	cr_assert(
		eq(u64, phb_bus_to_gpa(p, PCI_BAR_MEM32, 0xfffff000, 4096), m32.gpa + 0x7ffff000));
	cr_assert(eq(u64, phb_bus_to_gpa(p, PCI_BAR_MEM32, 0x7ffff000, 4096), UINT64_MAX));
	cr_assert(eq(u64, phb_bus_to_gpa(p, PCI_BAR_MEM32, 0, 4096), UINT64_MAX));
	cr_assert(eq(u64, phb_bus_to_gpa(p, PCI_BAR_MEM64, m64.bus + TiB - 16, 16),
		     m64.gpa + TiB - 16));
	cr_assert(
		eq(u64, phb_bus_to_gpa(p, PCI_BAR_MEM64, 0x90000000, 4096), m32.gpa + 0x10000000));
	cr_assert(eq(u64, phb_bus_to_gpa(p, PCI_BAR_MEM64, m64.bus + TiB, 16), UINT64_MAX));
	cr_assert(eq(u64, phb_bus_to_gpa(p, PCI_BAR_MEM64, m64.bus, 2 * TiB), UINT64_MAX));
	cr_assert(eq(u64, phb_bus_to_gpa(p, PCI_BAR_MEM64, UINT64_MAX - 15, 16), UINT64_MAX));
	cr_assert(eq(u64, phb_bus_to_gpa(p, PCI_BAR_MEM64, PCI_BAR_OFF, 16), UINT64_MAX));
	cr_assert(eq(u64, phb_bus_to_gpa(p, PCI_BAR_NONE, 0x80000000, 16), UINT64_MAX));
}

Test(phb, functions_stand_in_order_and_are_found)
{
	static const uint8_t order[] = { 0x10, 0x00, 0xff, 0x08, 0x11 };
	struct fake_pci *d[5];

	for (int i = 0; i < 5; i++)
		fake_machine_add_pci(m, d[i] = func(order[i], 0));
	for (uint32_t i = 1; i < p->nfuncs; i++)
		cr_assert(lt(u8, p->funcs[i - 1]->devfn, p->funcs[i]->devfn));
	for (int i = 0; i < 5; i++) {
		uint32_t addr = (uint32_t)order[i] << 8;

		cr_assert(eq(ptr, phb_find_func(p, addr), &d[i]->f));
		cr_assert(eq(ptr, phb_find_func(p, addr | 0xf00000ff), &d[i]->f));
		cr_assert(eq(ptr, phb_find_func(p, addr | 0x00010000), NULL), "bus 1");
		cr_assert(eq(ptr, phb_find_func(p, addr | 0x01000000), NULL), "reserved");
	}
	cr_assert(eq(ptr, phb_find_func(p, 0x1200), NULL));
	cr_assert(eq(ptr, spapr_find_func(&m->sp, 0x1000, FAKE_BUID_HI, FAKE_BUID_LO), &d[0]->f));
	cr_assert(eq(ptr, spapr_find_func(&m->sp, 0x1000, FAKE_BUID_HI, FAKE_BUID_LO + 1), NULL));
	cr_assert(eq(ptr, spapr_find_phb(&m->sp, 0, FAKE_BUID_LO), NULL));
}

Test(phb, a_place_is_taken_once)
{
	struct fake_pci *a = func(0x08, 1), *b = func(0x08, 1);

	fake_machine_add_pci(m, a);
	cr_assert(eq(int, phb_add_func(&m->sp, p, &b->f), -EBUSY));
	cr_assert(eq(u32, b->f.intx_lisn, 0));
	cr_assert(eq(u32, p->nfuncs, 1));
	for (uint8_t i = 2; i <= PHB_MAX_FUNCS; i++)
		fake_machine_add_pci(m, func((uint8_t)(i * 8), 0));
	b->f.devfn = 0xf9;
	cr_assert(eq(int, phb_add_func(&m->sp, p, &b->f), -ENOSPC));
}

Test(phb, every_pin_has_a_level_source_of_its_own)
{
	struct fake_pci *a = func(0, 1), *b = func(1, 1), *c = func(2, 0), *e = func(3, 4);

	fake_machine_add_pci(m, a);
	fake_machine_add_pci(m, b);
	fake_machine_add_pci(m, c);
	fake_machine_add_pci(m, e);
	cr_assert(eq(u32, a->f.intx_lisn, LISN_PCI_LSI));
	cr_assert(eq(u32, b->f.intx_lisn, LISN_PCI_LSI + 1));
	cr_assert(eq(u32, c->f.intx_lisn, 0));
	cr_assert(eq(u32, e->f.intx_lisn, LISN_PCI_LSI + 2));
	cr_assert(m->intc.level[LISN_PCI_LSI + 2]);
}

Test(phb, pins_run_out_before_the_messages_begin)
{
	struct fake_pci *last = func(0, 1);

	for (uint32_t i = LISN_PCI_LSI; i < LISN_PCI_MSI - 1; i++)
		cr_assert(eq(int, intc_alloc_lsi(&m->sp.intc), (int)i));
	fake_machine_add_pci(m, last);
	cr_assert(eq(u32, last->f.intx_lisn, LISN_PCI_MSI - 1));
	cr_assert(eq(int, phb_add_func(&m->sp, p, &func(8, 1)->f), -ENOSPC));
}

Test(phb, a_refused_claim_adds_nothing)
{
	struct fake_pci *d = func(0, 1);

	m->intc.fail = -ENOMEM;
	cr_assert(eq(int, phb_add_func(&m->sp, p, &d->f), -ENOMEM));
	cr_assert(eq(u32, p->nfuncs, 0));
	m->intc.fail = 0;
	fake_machine_add_pci(m, d);
	cr_assert(eq(u32, d->f.intx_lisn, LISN_PCI_LSI));
}

Test(phb, neighbours_are_marked_multifunction)
{
	struct fake_pci *a = func(8, 0), *b = fake_pci_new(true, 9, 256), *c = func(16, 0);

	fake_machine_add_pci(m, a);
	fake_machine_add_pci(m, c);
	cr_assert(eq(u32, pci_func_config_read(&a->f, PCI_HEADER_TYPE, 1), 0));
	fake_machine_add_pci(m, b);
	cr_assert(eq(u32, pci_func_config_read(&a->f, PCI_HEADER_TYPE, 1), 0x80));
	cr_assert(eq(u32, pci_func_config_read(&b->f, PCI_HEADER_TYPE, 1), 0x80));
	cr_assert(eq(u32, pci_func_config_read(&c->f, PCI_HEADER_TYPE, 1), 0));
}

static struct fake_pci *busy_device(void)
{
	struct fake_pci *d = func(8, 1);

	pci_func_set_bar(&d->f, 0, PCI_BAR_MEM32, false, 4096);
	cr_assert(eq(int, pci_func_set_msi(&d->f, 0, 4, true), 0));
	fake_machine_add_pci(m, d);
	pci_func_config_write(&d->f, PCI_BASE_ADDRESS_0, 4, 0x80000000);
	pci_func_config_write(&d->f, PCI_COMMAND, 2, 6);
	pci_func_config_write(&d->f, d->f.msi_cap + 2, 2, 1);
	pci_func_set_vectors(
		&d->f, (struct pci_vectors){ .kind = PCI_MSI,
					     .first = (uint32_t)intc_alloc_block(&m->sp.intc, 4, 4),
					     .count = 4 });
	intc_set_line(&m->sp.intc, d->f.intx_lisn, true);
	fake_pci_forget(d);
	return d;
}

Test(phb, reboot_gives_everything_back)
{
	struct fake_pci *d = busy_device();

	cr_assert(eq(int, spapr_reset(&m->sp), 0));
	cr_assert(eq(str, d->log, "x0ciri"), "DMA and interrupts off, then reset, vectors last");
	cr_assert(eq(u64, d->at[0], PCI_BAR_OFF));
	cr_assert(eq(u32, d->told.count, 0));
	cr_assert(eq(u32, intc_largest_block(&m->sp.intc, false), LISN_END - LISN_PCI_MSI));
	cr_assert(not(m->intc.line[d->f.intx_lisn]));
	cr_assert(eq(u32, d->f.intx_lisn, LISN_PCI_LSI), "the pin keeps its source");
}

Test(phb, a_bus_reset_keeps_the_vectors)
{
	struct fake_pci *d = busy_device();

	phb_reset_bus(&m->sp, p);
	cr_assert(eq(str, d->log, "x0cii"), "the host is not touched");
	cr_assert(eq(u32, d->f.vectors.count, 4));
	cr_assert(eq(u32, pci_func_config_read(&d->f, d->f.msi_cap + 12, 2), d->f.vectors.first));
	cr_assert(not(pci_func_msi_enabled(&d->f, PCI_MSI)));
	cr_assert(not(m->intc.line[d->f.intx_lisn]));
}

Test(phb, reboot_brings_the_windows_back)
{
	struct fake_dma dma;
	struct dma_window *w;

	fake_dma_init(&dma, &m->mem);
	cr_assert(eq(int, pe_dma_init(&p->pe, &fake_dma_ops, &dma, &dma.caps, 0, true), 0));
	cr_assert(eq(int, pe_dma_create(&p->pe, &m->mem, 12, 20, &w), 0));
	cr_assert(p->pe.live[1]);
	cr_assert(eq(int, spapr_reset(&m->sp), 0));
	cr_assert(p->pe.has_default);
	cr_assert(not(p->pe.live[1]));
	cr_assert(eq(uint, fake_dma_windows(&dma), 1));
	pe_dma_close(&p->pe);
}

Test(phb, a_host_that_refuses_the_window_does_not_stop_a_reboot)
{
	struct fake_dma dma;

	fake_dma_init(&dma, &m->mem);
	cr_assert(eq(int, pe_dma_init(&p->pe, &fake_dma_ops, &dma, &dma.caps, 0, true), 0));
	cr_assert(eq(int, pe_dma_remove(&p->pe, p->pe.liobn_base), 0));
	dma.fail_in = 1;
	dma.fail_for = 100;
	cr_assert(lt(int, phb_reset(&m->sp, p), 0));
	cr_assert(eq(int, spapr_reset(&m->sp), 0));
	dma.fail_in = 0;
	cr_assert(eq(int, spapr_reset(&m->sp), 0));
	cr_assert(p->pe.has_default);
	pe_dma_close(&p->pe);
}

Test(phb, reboot_thaws_a_stopped_pe)
{
	struct fake_eeh e = { .state = 1 };

	p->pe.eeh = &fake_eeh_ops;
	p->pe.eeh_ctx = &e;
	cr_assert(eq(int, phb_reset(&m->sp, p), 0));
	cr_assert(eq(uint, e.ncalls, 4), "asked, released, configured, enabled");
	cr_assert(eq(chr, e.op, 'o'));
	cr_assert(eq(u32, e.arg, 1));
	e = (struct fake_eeh){ .state = -EIO, .result = -EIO };
	cr_assert(eq(int, phb_reset(&m->sp, p), 0));
	cr_assert(eq(uint, e.ncalls, 2));
}

Test(phb, what_is_removed_is_free_again)
{
	struct fake_pci *d[3] = { func(0x08, 1), func(0x10, 1), func(0x18, 0) };

	for (int i = 0; i < 3; i++) {
		cr_assert(eq(int, pci_func_set_msi(&d[i]->f, 0, 4, true), 0));
		fake_machine_add_pci(m, d[i]);
	}
	for (int round = 0; round < 2 * (LISN_PCI_MSI - LISN_PCI_LSI); round++) {
		struct fake_pci *gone = d[round % 3];
		uint32_t lisn = gone->f.intx_lisn;

		pci_func_set_vectors(&gone->f,
				     (struct pci_vectors){
					     .kind = PCI_MSI,
					     .first = (uint32_t)intc_alloc_block(&m->sp.intc, 4, 4),
					     .count = 4 });
		if (lisn)
			intc_set_line(&m->sp.intc, lisn, true);
		phb_remove_func(&m->sp, p, &gone->f);
		cr_assert(eq(u32, gone->f.intx_lisn, 0));
		cr_assert(eq(u32, gone->told.count, 0), "the owner has heard of it");
		cr_assert(not(m->intc.line[lisn]));
		cr_assert(eq(u32, intc_largest_block(&m->sp.intc, false), LISN_END - LISN_PCI_MSI));
		cr_assert(eq(u32, p->nfuncs, 2));
		cr_assert(eq(ptr, phb_find_func(p, (uint32_t)gone->f.devfn << 8), NULL));
		phb_remove_func(&m->sp, p, &gone->f); /* one that is not there */
		cr_assert(eq(u32, p->nfuncs, 2));
		fake_machine_add_pci(m, gone);
		cr_assert(eq(u32, gone->f.intx_lisn, lisn), "the only one that is free");
	}
	for (uint32_t i = 1; i < p->nfuncs; i++)
		cr_assert(lt(u8, p->funcs[i - 1]->devfn, p->funcs[i]->devfn));
}

static void nobody(void *ctx, uint32_t lisn)
{
	(void)ctx;
	(void)lisn;
}

Test(phb, an_lsi_that_comes_back_tells_nobody_of_its_eoi)
{
	struct fake_pci *a = func(0x08, 1), *b = func(0x10, 1);
	const struct intc_source *s;

	fake_machine_add_pci(m, a);
	fake_machine_add_pci(m, b);
	s = &m->sp.intc.src[a->f.intx_lisn];
	intc_set_eoi(&m->sp.intc, a->f.intx_lisn, nobody, NULL);
	phb_remove_func(&m->sp, p, &a->f);
	cr_assert(s->eoi == NULL);
	cr_assert(s->claimed, "no backend gives one back");
}

Test(phb, phbs_come_and_go)
{
	struct phb *other = fake_machine_add_phb(m), *third;

	for (int round = 0; round < 3 * SPAPR_MAX_PHBS; round++) {
		struct fake_pci *d = func(0x08, 1);

		fake_machine_add_pci(m, d);
		phb_remove_func(&m->sp, m->phb, &d->f);
		spapr_remove_phb(&m->sp, m->phb);
		cr_assert(eq(u32, m->sp.nphbs, 1));
		cr_assert(eq(ptr, spapr_find_phb(&m->sp, FAKE_BUID_HI, FAKE_BUID_LO + 1), NULL));
		cr_assert(eq(ptr, spapr_find_phb(&m->sp, 0, 0), NULL));
		cr_assert(eq(ptr, fake_machine_add_phb(m), other), "the same place");
		cr_assert(eq(u32, m->phb->index, 1));
		cr_assert(eq(u64, m->phb->buid, PHB_BUID_BASE + 1));
	}
	third = fake_machine_add_phb(m);
	spapr_remove_phb(&m->sp, p);
	cr_assert(eq(ptr, spapr_first_phb(&m->sp), other), "others stay where they are");
	cr_assert(eq(ptr, spapr_find_phb(&m->sp, FAKE_BUID_HI, FAKE_BUID_LO + 2), third));
	cr_assert(eq(int, spapr_reset(&m->sp), 0));
	while (m->sp.nphbs < SPAPR_MAX_PHBS)
		fake_machine_add_phb(m);
	cr_assert(eq(ptr, spapr_add_phb(&m->sp), NULL));
}

Test(phb, one_with_a_function_is_not_removed, .signal = SIGABRT)
{
	fake_machine_add_pci(m, func(0x08, 0));
	spapr_remove_phb(&m->sp, p);
}
