/* SPDX-License-Identifier: BSD-2-Clause */
/* The PHBs of a machine: where one is added, removed and found. */
#include "sphapr/spapr.h"

#include <assert.h>

struct phb *spapr_add_phb(struct spapr *sp)
{
	for (uint32_t i = 0; i < SPAPR_MAX_PHBS; i++) {
		if (sp->phbs[i].present)
			continue;
		sp->phbs[i] =
			(struct phb){ .present = true, .index = i, .buid = PHB_BUID_BASE + i };
		sp->nphbs++;
		return &sp->phbs[i];
	}
	return NULL;
}

void spapr_remove_phb(struct spapr *sp, struct phb *p)
{
	assert(p->present && p->nfuncs == 0 && !p->pe.dma);
	*p = (struct phb){ .present = false };
	sp->nphbs--;
}

struct phb *spapr_first_phb(struct spapr *sp)
{
	for (uint32_t i = 0; i < SPAPR_MAX_PHBS; i++)
		if (sp->phbs[i].present)
			return &sp->phbs[i];
	return NULL;
}

struct phb *spapr_find_phb(struct spapr *sp, uint32_t buid_hi, uint32_t buid_lo)
{
	uint64_t buid = (uint64_t)buid_hi << 32 | buid_lo;

	for (uint32_t i = 0; i < SPAPR_MAX_PHBS; i++)
		if (sp->phbs[i].present && sp->phbs[i].buid == buid)
			return &sp->phbs[i];
	return NULL;
}

struct pci_func *spapr_find_func(struct spapr *sp, uint32_t config_addr, uint32_t buid_hi,
				 uint32_t buid_lo)
{
	struct phb *p = spapr_find_phb(sp, buid_hi, buid_lo);

	return p ? phb_find_func(p, config_addr) : NULL;
}
