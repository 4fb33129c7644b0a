/* SPDX-License-Identifier: BSD-2-Clause */
/* Source: LoPAR 2.8 "NVRAM Access Functions". A range that does not fit is refused, not cut. */
#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

/* Arguments of both: index, buffer, length; returns: status, bytes copied. */
static int32_t nvram_fetch(struct spapr *sp, struct rtas_call *c)
{
	const uint8_t *p = nvram_at(&sp->nvram, c->args[0], c->args[2]);

	if (!p)
		return RTAS_PARAMETER;
	if (c->args[2] > 0 && gmem_write(sp->mem, c->args[1], p, c->args[2]) < 0)
		return RTAS_PARAMETER;
	c->rets[1] = c->args[2];
	return RTAS_OK;
}

static int32_t nvram_store(struct spapr *sp, struct rtas_call *c)
{
	uint8_t *p = nvram_at(&sp->nvram, c->args[0], c->args[2]);

	if (!p)
		return RTAS_PARAMETER;
	if (c->args[2] > 0 && gmem_read(sp->mem, c->args[1], p, c->args[2]) < 0)
		return RTAS_PARAMETER;
	if (sp->plat.nvram_stored)
		sp->plat.nvram_stored(sp->plat.ctx, c->args[0], c->args[2]);
	c->rets[1] = c->args[2];
	return RTAS_OK;
}

const struct rtas_desc rtas_nvram[] = {
	{ "nvram-fetch", 3, 2, 2, nvram_fetch },
	{ "nvram-store", 3, 2, 2, nvram_store },
	{ 0 },
};
