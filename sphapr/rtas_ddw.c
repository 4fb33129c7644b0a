/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dynamic DMA windows.
 *
 * Linux gives a PE up until its next boot after any answer but 0, so the query promises nothing
 * that the create will not do.
 * Source: LoPAR 2.8 "DMA Window Manipulation Calls". The reset call is "ibm,reset-pe-dma-windows"
 * there; firmware, and so Linux, spell it without the s.
 */
#include "sphapr/rtas.h"
#include "sphapr/spapr.h"
#include "sphapr/tce.h"
#include "vmm/base/event.h"

#include <errno.h>

/* The largest power of two in 32 bits: Linux rounds a block up to the next one. */
#define LARGEST_32 0x80000000u

/*
 * @args: config_addr, BUID hi, BUID lo. NULL: no such function, or DDW is not applicable to it.
 * Returns when no other call acts on the PE's windows.
 */
static struct pe *find_pe(struct spapr *sp, const uint32_t *args)
{
	struct phb *p = spapr_find_phb(sp, args[1], args[2]);

	if (!p || !p->pe.ddw || !phb_find_func(p, args[0]))
		return NULL;
	ddw_wait_idle(&p->pe, &sp->plat);
	return &p->pe;
}

static int32_t query_pe_dma_window(struct spapr *sp, struct rtas_call *c)
{
	const struct pe *pe = find_pe(sp, c->args);
	uint32_t *out = c->rets + 1;
	struct ddw_query q;

	if (!pe)
		return RTAS_PARAMETER;
	pe_dma_query(pe, sp->mem, &q);
	*out++ = q.windows;
	if (c->nret == 6) {
		*out++ = (uint32_t)(q.largest >> 32);
		*out++ = (uint32_t)q.largest;
	} else {
		*out++ = q.largest < LARGEST_32 ? (uint32_t)q.largest : LARGEST_32;
	}
	*out++ = q.page_mask;
	*out = q.migration;
	return RTAS_OK;
}

/* ..., page shift, window shift: LIOBN, start hi, lo */
static int32_t create_pe_dma_window(struct spapr *sp, struct rtas_call *c)
{
	struct pe *pe = find_pe(sp, c->args);
	struct dma_window *w;
	int r;

	if (!pe)
		return RTAS_PARAMETER;
	pe->dma_busy = &sp->plat;
	r = pe_dma_create(pe, sp->mem, c->args[3], c->args[4], &w);
	pe->dma_busy = NULL;
	if (r != 0)
		return r == -EINVAL ? RTAS_PARAMETER : RTAS_HARDWARE;
	c->rets[1] = w->liobn;
	c->rets[2] = (uint32_t)(w->start >> 32);
	c->rets[3] = (uint32_t)w->start;
	return RTAS_OK;
}

static int32_t remove_pe_dma_window(struct spapr *sp, struct rtas_call *c)
{
	struct pe *pe;
	int r;

	if (!tce_find_window(sp, c->args[0], &pe) || !pe->ddw)
		return RTAS_PARAMETER;
	pe->dma_busy = &sp->plat;
	r = pe_dma_remove(pe, c->args[0]);
	pe->dma_busy = NULL;
	return r == 0 ? RTAS_OK : RTAS_PARAMETER;
}

/* A fourth argument, where it is announced: 1 = limited addressing from now on, 0 = no longer */
static int32_t reset_pe_dma_window(struct spapr *sp, struct rtas_call *c)
{
	struct pe *pe = find_pe(sp, c->args);
	bool limit = c->nargs > 3 && c->args[3] == 1;
	int r;

	if (!pe || (c->nargs > 3 && (!pe->caps.limited || c->args[3] > 1)))
		return RTAS_PARAMETER;
	event_emit(EVENT_WINDOWS_RESET, { (uint64_t)pe->caps.group });
	pe->dma_busy = &sp->plat;
	r = limit ? pe_dma_limit(pe, sp->mem) : pe_dma_reset(pe);
	pe->dma_busy = NULL;
	return r == 0 ? RTAS_OK : RTAS_HARDWARE;
}

static bool any_ddw(const struct spapr *sp)
{
	for (uint32_t i = 0; i < SPAPR_MAX_PHBS; i++)
		if (sp->phbs[i].pe.ddw)
			return true;
	return false;
}

const struct rtas_desc rtas_ddw[] = {
	{ DDW_QUERY, 3, 5, 6, query_pe_dma_window, any_ddw },
	{ DDW_CREATE, 5, 4, 4, create_pe_dma_window, any_ddw },
	{ DDW_REMOVE, 1, 1, 1, remove_pe_dma_window, any_ddw },
	{ DDW_RESET, 3, 1, 1, reset_pe_dma_window, any_ddw, .nargs_opt = 1 },
	{ 0 },
};
