/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many message interrupts the tree announces. The machine has one pool of them. Each function
 * announces what it has vectors for, as long as all together fit into the pool; else no function
 * announces more than a limit, so that small needs are met in full and large ones share the rest.
 *
 * Linux divides a bridge's total evenly among its functions, gives what small ones leave to large
 * ones in equal parts, and lets a driver have no more; from 6.18 to 7.1 a driver that asks for more
 * than this quota gets none at all. The total that is announced is thus the need of the largest
 * function times their number.
 * Source: LoPAR 2.8 "ibm,pe-total-#msi", "ibm,req#msi-x"; Linux arch/powerpc/platforms/pseries/msi.c.
 */
#include "sphapr/fdt_tree.h"
#include "sphapr/spapr.h"

#define POOL (LISN_END - LISN_PCI_MSI)

/* A driver uses one of the two kinds. */
static uint32_t need(const struct pci_func *f, uint32_t limit)
{
	uint32_t most = f->max_msi > f->max_msix ? f->max_msi : f->max_msix;

	return most < limit ? most : limit;
}

static uint32_t needed(const struct spapr *sp, uint32_t limit)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < SPAPR_MAX_PHBS; i++)
		for (uint32_t k = 0; k < sp->phbs[i].nfuncs; k++)
			sum += need(sp->phbs[i].funcs[k], limit);
	return sum;
}

uint32_t fdt_msi_limit(const struct spapr *sp)
{
	uint32_t limit = POOL;

	while (needed(sp, limit) > POOL)
		limit--;
	return limit;
}

uint32_t fdt_msi_total(const struct spapr *sp, const struct phb *p, uint32_t limit)
{
	uint32_t even = POOL / sp->nphbs, largest = 0;

	for (uint32_t i = 0; i < p->nfuncs; i++) {
		uint32_t n = need(p->funcs[i], limit);

		largest = n > largest ? n : largest;
	}
	return p->nfuncs * largest > even ? p->nfuncs * largest : even;
}
