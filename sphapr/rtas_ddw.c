/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dynamic DMA windows, and the properties of the tree that announce them.
 *
 * Linux gives a PE up until its next boot after any answer but 0, so the query promises nothing
 * that the create will not do.
 * Source: LoPAR 2.8 "DMA Window Manipulation Calls". The reset call is "ibm,reset-pe-dma-windows"
 * there; firmware, and so Linux, spell it without the s.
 */
#include "sphapr/ddw.h"
#include "sphapr/rtas.h"
#include "sphapr/spapr.h"
#include "sphapr/tce.h"

#include <errno.h>

#define QUERY "ibm,query-pe-dma-window"
#define CREATE "ibm,create-pe-dma-window"
#define REMOVE "ibm,remove-pe-dma-window"
#define RESET "ibm,reset-pe-dma-window"

/* The largest power of two in 32 bits: Linux rounds a block up to the next one. */
#define LARGEST_32 0x80000000u

/*
 * @args: config_addr, BUID hi, BUID lo. NULL: no such function, or DDW is not applicable to it. No
 * other call acts on the PE's windows now.
 */
static struct pe_dma *find_pe(struct spapr *sp, const uint32_t *args)
{
	struct phb *p = spapr_find_phb(sp, args[1], args[2]);

	if (!p || !p->dma.ddw || !phb_find_func(p, args[0]))
		return NULL;
	ddw_wait_idle(&p->dma, &sp->plat);
	return &p->dma;
}

static int32_t query_pe_dma_window(struct spapr *sp, struct rtas_call *c)
{
	const struct pe_dma *pe = find_pe(sp, c->args);
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
	struct pe_dma *pe = find_pe(sp, c->args);
	struct dma_window *w;
	int r;

	if (!pe)
		return RTAS_PARAMETER;
	pe->busy = &sp->plat;
	r = pe_dma_create(pe, sp->mem, c->args[3], c->args[4], &w);
	pe->busy = NULL;
	if (r != 0)
		return r == -EINVAL ? RTAS_PARAMETER : RTAS_HARDWARE;
	c->rets[1] = w->liobn;
	c->rets[2] = (uint32_t)(w->start >> 32);
	c->rets[3] = (uint32_t)w->start;
	return RTAS_OK;
}

static int32_t remove_pe_dma_window(struct spapr *sp, struct rtas_call *c)
{
	struct pe_dma *pe;
	int r;

	if (!tce_find_window(sp, c->args[0], &pe) || !pe->ddw)
		return RTAS_PARAMETER;
	pe->busy = &sp->plat;
	r = pe_dma_remove(pe, c->args[0]);
	pe->busy = NULL;
	return r == 0 ? RTAS_OK : RTAS_PARAMETER;
}

/* A fourth argument, where it is announced: 1 = limited addressing from now on, 0 = no longer */
static int32_t reset_pe_dma_window(struct spapr *sp, struct rtas_call *c)
{
	struct pe_dma *pe = find_pe(sp, c->args);
	bool limit = c->nargs > 3 && c->args[3] == 1;
	int r;

	if (!pe || (c->nargs > 3 && (!pe->caps.limited || c->args[3] > 1)))
		return RTAS_PARAMETER;
	pe->busy = &sp->plat;
	r = limit ? pe_dma_limit(pe, sp->mem) : pe_dma_reset(pe);
	pe->busy = NULL;
	return r == 0 ? RTAS_OK : RTAS_HARDWARE;
}

static bool any_ddw(const struct spapr *sp)
{
	for (uint32_t i = 0; i < SPAPR_MAX_PHBS; i++)
		if (sp->phbs[i].dma.ddw)
			return true;
	return false;
}

const struct rtas_desc rtas_ddw[] = {
	{ QUERY, 3, 5, 6, query_pe_dma_window, any_ddw },
	{ CREATE, 5, 4, 4, create_pe_dma_window, any_ddw },
	{ REMOVE, 1, 1, 1, remove_pe_dma_window, any_ddw },
	{ RESET, 3, 1, 1, reset_pe_dma_window, any_ddw, .nargs_opt = 1 },
	{ 0 },
};

size_t ddw_fdt_dma_window(const struct pe_dma *pe, uint32_t *cells)
{
	uint64_t start = pe->caps.default_start, size = pe->caps.default_size;

	if (!pe->ops)
		return 0;
	cells[0] = pe->liobn_base;
	cells[1] = (uint32_t)(start >> 32);
	cells[2] = (uint32_t)start;
	cells[3] = (uint32_t)(size >> 32);
	cells[4] = (uint32_t)size;
	return 5;
}

size_t ddw_fdt_applicable(const struct pe_dma *pe, uint32_t *cells)
{
	if (!pe->ddw)
		return 0;
	cells[0] = rtas_token(QUERY);
	cells[1] = rtas_token(CREATE);
	cells[2] = rtas_token(REMOVE);
	return 3;
}

size_t ddw_fdt_extensions(const struct pe_dma *pe, uint32_t *cells)
{
	if (!pe->ddw)
		return 0;
	cells[0] = pe->caps.limited ? 3 : 2; /* this many follow */
	cells[1] = rtas_token(RESET);
	cells[2] = 1; /* the query has 6 outputs when asked so */
	cells[3] = 1; /* limited addressing */
	return cells[0] + 1;
}
