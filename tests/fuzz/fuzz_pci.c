/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest at its PCI devices: configuration and EEH calls, message interrupts, trapped accesses and
 * reboots, drawn from the input's bytes; mostly aimed at what exists. After each, what the owners
 * of the functions were told is held against the image, and the pool of sources against its users.
 * The fake functions abort on any access that their ops do not promise.
 */
#include "sphapr/hcall.h"
#include "sphapr/rtas.h"
#include "tests/fake/pci.h"
#include "tests/fuzz/fuzz.h"

#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#define NFUNCS 4
#define VENDOR 0x1af4u

struct guest {
	struct fake_machine *m;
	struct fake_pci *d[NFUNCS];
	struct fake_eeh eeh;
};

static uint32_t word(struct input *in)
{
	static const uint32_t edges[] = { 0,
					  1,
					  2,
					  3,
					  4,
					  8,
					  33,
					  2048,
					  UINT32_MAX,
					  0x80000000,
					  0x2100,
					  FAKE_BUID_HI,
					  FAKE_BUID_LO,
					  0x0506 };
	uint8_t how = byte(in);

	if (how & 1)
		return edges[(how >> 1) % ARRAY_LEN(edges)];
	return how & 2 ? raw32(in) : byte(in);
}

static void check(const struct guest *g)
{
	uint32_t taken = 0, held = 0;

	for (uint32_t i = LISN_PCI_MSI; i < LISN_END; i++)
		taken += g->m->sp.intc.src[i].taken;
	for (int i = 0; i < NFUNCS; i++) {
		const struct pci_func *f = &g->d[i]->f;
		const struct pci_vectors *v = &f->vectors;

		for (int bar = 0; bar <= PCI_BAR_ROM; bar++)
			must(g->d[i]->at[bar] == f->bars[bar].addr);
		must(v->count <= f->max_msi || v->count <= f->max_msix);
		must(v->count == g->d[i]->told.count && v->first == g->d[i]->told.first);
		held += v->count;
		for (uint32_t k = 0; k < v->count; k++)
			must(v->first + k >= LISN_PCI_MSI && v->first + k < LISN_END &&
			     g->m->sp.intc.src[v->first + k].taken);
		must(pci_config_get(f, PCI_VENDOR_ID, 2) == VENDOR);
		g->d[i]->log[0] = 0;
	}
	must(taken == held); /* equal sums and each one taken: no two share a source */
}

static void one_rtas(struct guest *g, struct input *in)
{
	static const struct {
		const char *name;
		uint32_t nargs, nret;
	} calls[] = {
		{ "ibm,write-pci-config", 5, 1 },
		{ "ibm,read-pci-config", 4, 2 },
		{ "write-pci-config", 3, 1 },
		{ "read-pci-config", 2, 2 },
		{ "ibm,change-msi", 6, 4 },
		{ "ibm,change-msi", 6, 3 },
		{ "ibm,set-eeh-option", 4, 1 },
		{ "ibm,get-config-addr-info2", 4, 2 },
		{ "ibm,set-slot-reset", 4, 1 },
		{ "ibm,read-slot-reset-state2", 3, 4 },
		{ "ibm,configure-pe", 3, 1 },
		{ "ibm,slot-error-detail", 8, 1 },
		{ "ibm,read-slot-reset-state", 3, 3 },
		{ "ibm,query-interrupt-source-number", 4, 3 },
	};
	uint8_t how = byte(in);
	const struct pci_func *f = &g->d[how % NFUNCS]->f;
	size_t i = byte(in) % ARRAY_LEN(calls);
	uint32_t args[RTAS_MAX_WORDS] = { 0 };
	int32_t status;

	for (uint32_t k = 0; k < calls[i].nargs; k++)
		args[k] = word(in);
	if (how & 0x80) {
		uint32_t reg = byte(in);

		args[0] = (uint32_t)f->devfn << 8 | (how & 0x40 ? reg : 0);
		if (calls[i].nargs > 3) { /* the others have no BUID */
			args[1] = FAKE_BUID_HI;
			args[2] = FAKE_BUID_LO + (f == &g->d[NFUNCS - 1]->f);
		}
	}
	status = fake_rtas(g->m, calls[i].name, calls[i].nargs, args, calls[i].nret, NULL);
	must(status == RTAS_OK || status == RTAS_NO_ERRORS || status == RTAS_HARDWARE ||
	     status == RTAS_PARAMETER || status == -7 || status == -8);
}

/* A well-formed write to a register that matters: BARs, command, interrupt control. */
static void one_config(struct guest *g, struct input *in)
{
	static const uint8_t regs[] = { 4, 0x10, 0x14, 0x18, 0x1c, 0x20, 0x24, 0x30, 0x40, 0x50 };
	struct pci_func *f = &g->d[byte(in) % NFUNCS]->f;
	uint32_t size = 1U << byte(in) % 3, off = regs[byte(in) % ARRAY_LEN(regs)] + (byte(in) & 3);

	pci_func_config_write(f, off, size, word(in));
	pci_func_config_read(f, off, size);
}

static void one_access(struct guest *g, struct input *in)
{
	const struct pci_func *f = &g->d[byte(in) % NFUNCS]->f;
	const struct pci_bar *b = &f->bars[byte(in) % (PCI_NUM_BARS + 1)];
	const struct phb *p =
		spapr_find_phb(&g->m->sp, FAKE_BUID_HI, FAKE_BUID_LO + (f == &g->d[NFUNCS - 1]->f));
	uint32_t len = byte(in) % 9, how = byte(in);
	uint8_t data[9];
	gpa_t gpa = phb_bus_to_gpa(p, b->kind, b->addr, b->size);
	uint64_t a[HCALL_MAX_ARGS] = { how >> 4, 0, raw32(in) };

	gpa += (how & 1 ? b->size : 0) + (uint64_t)(int8_t)byte(in);
	if (how & 2)
		gpa = (uint64_t)raw32(in) << 32 | raw32(in);
	memset(data, 0x5a, sizeof(data));
	phb_mmio(&g->m->sp, gpa, data, len, how & 4);
	must(data[8] == 0x5a && (len == 8 || data[len] == 0x5a));
	a[1] = gpa;
	hcall_dispatch(&g->m->sp, how & 8 ? H_LOGICAL_CI_LOAD : H_LOGICAL_CI_STORE, a);
}

static void step(struct guest *g, struct input *in)
{
	uint8_t what = byte(in);

	g->eeh.state = what & 0x80 ? -5 : what >> 5;
	g->eeh.result = what & 0x40 ? -(what >> 3) : 0;
	g->m->intc.fail = what == 0xff ? -12 : 0;
	switch (what % 8) {
	case 0:
		one_access(g, in);
		break;
	case 1:
	case 2:
		one_config(g, in);
		break;
	case 3:
		if (byte(in) % 8 == 0)
			must(spapr_reset(&g->m->sp) == 0 || g->m->intc.fail);
		break;
	default:
		one_rtas(g, in);
	}
	check(g);
}

static struct fake_pci *function(struct guest *g, int i, bool host, uint8_t devfn, uint32_t size)
{
	struct fake_pci *d = fake_pci_new(host, devfn, size);

	g->d[i] = d;
	pci_config_put(&d->f, PCI_VENDOR_ID, 2, VENDOR);
	pci_config_put(&d->f, PCI_INTERRUPT_PIN, 1, (uint32_t)i);
	return d;
}

static void build(struct guest *g, struct input *in)
{
	struct fake_pci *d;

	memset(g, 0, sizeof(*g));
	g->m = fake_machine_new(byte(in) & 1 ? INTC_XICS : INTC_XIVE, 1, 1);
	fake_machine_add_phb(g->m)->pe.eeh = &fake_eeh_ops;
	g->m->phb->pe.eeh_ctx = &g->eeh;
	d = function(g, 0, false, 0x08, PCI_CONFIG_SIZE);
	pci_func_set_bar(&d->f, 0, PCI_BAR_MEM32, false, 4096);
	pci_func_set_bar(&d->f, 1, PCI_BAR_IO, false, 4);
	pci_func_set_bar(&d->f, 2, PCI_BAR_MEM64, true, 1 * GiB);
	must(pci_func_set_msi(&d->f, 0, 32, true) == 0 &&
	     pci_func_set_msix(&d->f, 0, 2048, 0, 0, 1, 0) == 0);
	fake_machine_add_pci(g->m, d);
	d = function(g, 1, true, 0x09, PCI_LEGACY_CONFIG_SIZE);
	pci_func_set_bar(&d->f, 4, PCI_BAR_MEM64, false, 16);
	pci_func_set_bar(&d->f, PCI_BAR_ROM, PCI_BAR_MEM32, false, 2048);
	must(pci_func_set_msi(&d->f, 0x50, 1, false) == 0);
	fake_machine_add_pci(g->m, d);
	d = function(g, 2, true, 0x21, PCI_CONFIG_SIZE);
	pci_func_set_bar(&d->f, 5, PCI_BAR_MEM32, true, 2 * GiB);
	fake_machine_add_pci(g->m, d);
	fake_machine_add_phb(g->m);
	d = function(g, 3, false, 0x00, PCI_LEGACY_CONFIG_SIZE);
	must(pci_func_set_msix(&d->f, 0, 2000, 0, 0, 0, 0) == 0);
	fake_machine_add_pci(g->m, d);
}

/* Where the interesting places are: BARs placed, decode on, vectors granted, accesses made. */
size_t fuzz_seed(unsigned int index, uint8_t *out, size_t max)
{
	/* A word is a byte that says how, 0: one more byte, 2: four. */
	static const uint8_t
		seeds[][64] = {
			{ /* 8 MSI-X vectors of function 0, where is number 7, 4 MSIs, reboot */
			  0, 4, 0x80, 4,  0, 0, 0, 0, 0, 0, 0, 4, 0, 8,    0,
			  1, 4, 0x80, 13, 0, 0, 0, 0, 0, 0, 0, 7, 4, 0x80, 4,
			  0, 0, 0,    0,  0, 0, 0, 3, 0, 4, 0, 1, 3, 0 },
			{ /* BAR 0 at its place, decode, a store at both ends */
			  0, 1, 0, 2, 1, 0, 2, 0x80, 0, 0x10, 0, 1, 0, 1, 0,    0, 0, 7, 0,
			  0, 0, 4, 4, 0, 0, 0, 0,    0, 0,    0, 0, 8, 7, 0xfc, 0, 0, 0, 0 },
			{ /* enable EEH, a reset and its end, configure, state */
			  1,  4, 0x81, 6, 0,  0, 0,    0,  0, 0, 0, 1, 4, 0x81, 8, 0, 0, 0,
			  0,  0, 0,    0, 1,  4, 0x81, 8,  0, 0, 0, 0, 0, 0,    0, 0, 4, 1,
			  10, 0, 1,    1, 23, 1, 25,   36, 1, 9, 0, 1, 1, 23,   1, 25 },
			{ /* 33 vectors of function 3, then fewer, then all there are */
			  0,    4,    0x83, 4, 0, 0, 0, 0, 0, 0, 0, 4,  0, 33, 0, 1,
			  4,    0x83, 4,    0, 0, 0, 0, 0, 0, 0, 4, 0,  3, 0,  1, 4,
			  0x83, 4,    0,    0, 0, 0, 0, 0, 0, 4, 1, 17, 0, 1,  3, 8 },
		};

	if (index >= ARRAY_LEN(seeds) || max < sizeof(seeds[0]))
		return 0;
	memcpy(out, seeds[index], sizeof(seeds[0]));
	return sizeof(seeds[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	struct guest g;

	log_set_sink(unread);
	build(&g, &in);
	while (in.p < in.end)
		step(&g, &in);
	fake_machine_free(g.m);
	fake_pci_free_all();
	return 0;
}
