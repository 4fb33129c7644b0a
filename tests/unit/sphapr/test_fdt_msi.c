/* SPDX-License-Identifier: BSD-2-Clause */
/* fdt_msi.c: message interrupts that the tree announces, held against what Linux makes of them. */
#include "sphapr/fdt_tree.h"
#include "tests/fake/pci.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>

#define POOL (LISN_END - LISN_PCI_MSI)
#define MAX_FUNCS 5

/* Vectors of the functions of up to four bridges; more bridges have one function each, of one vector. */
struct share {
	char name[40];
	uint32_t nphbs;
	uint32_t vectors[4][MAX_FUNCS];
	uint32_t limit; /* what the largest function is announced with */
};

ParameterizedTestParameters(fdt_msi, every_function_gets_what_is_announced)
{
	static struct share cases[] = {
		{ "one disk", 1, { { 65 } }, 65 },
		{ "one bridge for each, a large card", 16, { { 2048 }, { 65 } }, 2048 },
		{ "several in one group, unlike", 2, { { 1, 11, 20 }, { 1 } }, 20 },
		{ "a large one among many", 1, { { 2048, 2, 3, 2, 2 } }, 2048 },
		{ "all that there is", 2, { { POOL - 1 }, { 1 } }, POOL - 1 },
		{ "two large cards", 2, { { 2048 }, { 2048 } }, POOL / 2 },
		{ "small ones in full", 4, { { 2048 }, { 2048 }, { 9, 9 }, { 65 } }, 1622 },
		{ "sixteen large cards", 16, { { 2048 }, { 2048 }, { 2048 }, { 2048 } }, 829 },
	};

	return cr_make_param_array(struct share, cases, ARRAY_LEN(cases));
}

static struct fake_machine *machine_of(const struct share *p)
{
	struct fake_machine *m = fake_machine_new(INTC_XIVE, 1, 1);

	cpu_facts_init(&m->sp.cfg.cpu, cpu_model_by_name("POWER9"), 0x004e1202);
	for (uint32_t i = 0; i < p->nphbs; i++) {
		fake_machine_add_phb(m);
		for (uint32_t k = 0; k < MAX_FUNCS; k++) {
			uint32_t n = i < ARRAY_LEN(p->vectors) ? p->vectors[i][k] : k == 0;
			struct fake_pci *d;

			if (n == 0)
				continue;
			d = fake_pci_new(false, (uint8_t)(k << 3), PCI_CONFIG_SIZE);
			/* The smaller kind does not count. */
			d->f.max_msi = n > 32 ? 32 : n;
			d->f.max_msix = n;
			fake_machine_add_pci(m, d);
		}
	}
	return m;
}

static uint32_t cell(const void *fdt, int node, const char *name)
{
	const void *v = fdt_getprop(fdt, node, name, NULL);

	cr_assert(ne(ptr, (void *)v, NULL), "%s", name);
	return be32_load(v);
}

/* What Linux lets a driver of @node have that asks for all that is announced. */
static uint32_t quota(const void *fdt, int phb, int node)
{
	uint32_t total = cell(fdt, phb, "ibm,pe-total-#msi"), n = 0, share, spare, over = 0;
	uint32_t request = cell(fdt, node, "ibm,req#msi-x");
	int at;

	fdt_for_each_subnode(at, fdt, phb) n++;
	share = total / n;
	if (request <= share)
		return request;
	spare = total % n;
	fdt_for_each_subnode(at, fdt, phb)
	{
		uint32_t need = cell(fdt, at, "ibm,req#msi-x");

		spare += need < share ? share - need : 0;
		over += need > share;
	}
	share += over ? spare / over : 0;
	return share < request ? share : request;
}

ParameterizedTest(struct share *p, fdt_msi, every_function_gets_what_is_announced)
{
	static const struct spapr_boot boot = { .bootargs = "" };
	struct fake_machine *m = machine_of(p);
	uint32_t sum = 0, most = 0;
	void *fdt = NULL;
	size_t size;
	int at;

	cr_assert(eq(int, spapr_fdt_build(&m->sp, &boot, &fdt, &size), 0));
	for (uint32_t i = 0; i < p->nphbs; i++) {
		char path[40];
		int phb;

		snprintf(path, sizeof(path), "/pci@%llx", PHB_BUID_BASE + (unsigned long long)i);
		phb = fdt_path_offset(fdt, path);
		cr_assert(ge(int, phb, 0), "%s", path);
		fdt_for_each_subnode(at, fdt, phb)
		{
			uint32_t req = cell(fdt, at, "ibm,req#msi-x");

			cr_assert(le(u32, req, cell(fdt, phb, "ibm,pe-total-#msi")));
			cr_assert(eq(u32, quota(fdt, phb, at), req), "%s: %s", p->name, path);
			cr_assert(le(u32, cell(fdt, at, "ibm,req#msi"), req));
			sum += req;
			most = req > most ? req : most;
		}
	}
	cr_assert(le(u32, sum, POOL), "%s", p->name);
	cr_assert(eq(u32, most, p->limit), "%s", p->name);
	free(fdt);
	fake_pci_free_all();
	fake_machine_free(m);
}
