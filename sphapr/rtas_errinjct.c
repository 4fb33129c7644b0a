/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Error injection: a guest has the host make an error on one of the guest's own PEs, to see its drivers
 * recover. One session is open at a time.
 *
 *	closed -> open    ibm,open-errinjct
 *	open   -> open    ibm,errinjct
 *	open   -> closed  ibm,close-errinjct, spapr_reset()
 *
 * Source: LoPAR 2.8 "Error Injection Option".
 */
#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

#include <errno.h>

#define SESSION 1

enum {
	STATUS_SESSION = -4,    /* open already, or not open */
	STATUS_NOT_ENABLED = -5 /* the host makes none */
};
enum {
	FUNCTION_DMA = 12, /* those before it: loads, stores, configuration */
	FUNCTION_MAX = 19
};

/* Here the token of the session comes first and the status second. */
static int32_t open_errinjct(struct spapr *sp, struct rtas_call *c)
{
	if (sp->errinjct_open)
		c->rets[1] = (uint32_t)STATUS_SESSION;
	sp->errinjct_open = true;
	return SESSION;
}

static int32_t close_errinjct(struct spapr *sp, struct rtas_call *c)
{
	if (!sp->errinjct_open || c->args[0] != SESSION)
		return STATUS_SESSION;
	sp->errinjct_open = false;
	return RTAS_OK;
}

/* 32-bit words of the work buffer for both tokens: address, mask (two words each if wide), PE, BUID, function. */
static int32_t errinjct(struct spapr *sp, struct rtas_call *c)
{
	bool wide = c->args[0] == ERRINJCT_IOA_BUS_ERROR_64;
	uint32_t n = wide ? 2 : 1, w[8];
	uint8_t buf[sizeof(w)];
	struct eeh_error e = { .wide = wide };
	int32_t status;
	struct phb *p;
	int r;

	if (!sp->errinjct_open || c->args[1] != SESSION)
		return STATUS_SESSION;
	if ((!wide && c->args[0] != ERRINJCT_IOA_BUS_ERROR) ||
	    gmem_read(sp->mem, c->args[2], buf, sizeof(buf)) < 0)
		return RTAS_PARAMETER;
	for (uint32_t i = 0; i < ARRAY_LEN(w); i++)
		w[i] = be32_load(buf + 4 * (size_t)i);
	e.function = w[2UL * n + 3];
	if (e.function > FUNCTION_MAX)
		return RTAS_PARAMETER;
	/* A bus address of the guest's is the host's for DMA alone; else the host takes one of the PE's. */
	if (e.function >= FUNCTION_DMA) {
		e.addr = wide ? (uint64_t)w[0] << 32 | w[1] : w[0];
		e.mask = wide ? (uint64_t)w[2] << 32 | w[3] : w[1];
	}
	p = rtas_idle_pe(sp, &w[2UL * n], &status);
	if (!p)
		return status;
	r = p->pe.eeh->inject(p->pe.eeh_ctx, &e);
	return r == -ENOENT ? STATUS_NOT_ENABLED : rtas_eeh_status(r);
}

const struct rtas_desc rtas_errinjct[] = {
	{ "ibm,open-errinjct", 0, 2, 2, open_errinjct, rtas_has_eeh },
	{ "ibm,errinjct", 3, 1, 1, errinjct, rtas_has_eeh },
	{ "ibm,close-errinjct", 1, 1, 1, close_errinjct, rtas_has_eeh },
	{ 0 },
};
