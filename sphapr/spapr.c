/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/spapr.h"

#include <string.h>

#define LOG_PREFIX "spapr"
#include "vmm/base/log.h"

int spapr_init(struct spapr *sp, const struct spapr_platform *plat, const struct gmem *mem)
{
	sp->plat = *plat;
	sp->mem = mem;
	if (sp->cfg.rma_size == 0)
		sp->cfg.rma_size = UINT64_MAX;
	hcall_index(sp);
	sp->vty.unit = SPAPR_VTY_UNIT;
	sp->vty.lisn = LISN_VIO;
	return nvram_init(&sp->nvram);
}

/* Under XIVE the guest takes its IPIs from sources of its own, one for each server. */
static int claim_ipis(struct spapr *sp)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && sp->mode.intc == INTC_XIVE && i < spapr_max_vcpus(sp); i++)
		r = intc_claim(&sp->intc, LISN_IPI + i, false);
	return r;
}

int spapr_claim_sources(struct spapr *sp)
{
	int r = intc_claim(&sp->intc, LISN_EPOW, false);

	if (r == 0)
		r = intc_claim(&sp->intc, sp->vty.lisn, false);
	return r < 0 ? r : claim_ipis(sp);
}

int spapr_intc_changed(struct spapr *sp)
{
	int r;

	hcall_index(sp);
	for (uint32_t i = 0; i < spapr_max_vcpus(sp); i++)
		sp->intc.src[LISN_IPI + i].claimed = false;
	r = intc_claim_again(&sp->intc);
	return r < 0 ? r : claim_ipis(sp);
}

/* A host that refuses a window costs the guest its DMA there, not the machine its life. */
static void reset_phbs(struct spapr *sp)
{
	for (uint32_t i = 0; i < SPAPR_MAX_PHBS; i++) {
		int r = sp->phbs[i].present ? phb_reset(sp, &sp->phbs[i]) : 0;

		if (r < 0 && log_may(&sp->said_no_window))
			log_error("phb%u: no DMA window after the reboot: %s", sp->phbs[i].index,
				  strerror(-r));
	}
}

int spapr_reset(struct spapr *sp)
{
	sp->epow = EPOW_NONE;
	sp->errinjct_open = false;
	sp->cpu_mode = (struct cpu_mode){ 0 };
	vty_reset(&sp->vty);
	reset_phbs(sp); /* devices first: what they still signal meets the controller's reset */
	return intc_reset(&sp->intc);
}

void spapr_close(struct spapr *sp)
{
	nvram_close(&sp->nvram);
}
