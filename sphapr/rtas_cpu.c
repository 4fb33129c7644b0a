/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processors in and out of the RTAS stopped state.
 * Source: LoPAR 2.8 "stop-self", "start-cpu", "query-cpu-stopped-state".
 */
#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

#include <errno.h>

/* The new CPU fetches from @entry in real mode: outside RAM it would only crash later. */
static bool entry_ok(const struct spapr *sp, gpa_t entry)
{
	return IS_ALIGNED(entry, 4) && gmem_contains(sp->mem, entry, 4);
}

static int32_t start_cpu(struct spapr *sp, struct rtas_call *c)
{
	if (!spapr_has_server(sp, c->args[0]) || !entry_ok(sp, c->args[1]))
		return RTAS_PARAMETER;
	switch (sp->plat.start_cpu(sp->plat.ctx, c->args[0], c->args[1], c->args[2])) {
	case 0:
		return RTAS_OK;
	case -ENOENT:
		return RTAS_PARAMETER;
	default:
		return RTAS_HARDWARE; /* also for one that is not stopped */
	}
}

/* The status is for form: the caller runs no instruction after this. */
static int32_t stop_self(struct spapr *sp, struct rtas_call *c)
{
	(void)c;
	sp->plat.stop_self(sp->plat.ctx);
	return RTAS_OK;
}

static int32_t query_cpu_stopped_state(struct spapr *sp, struct rtas_call *c)
{
	int state;

	if (!spapr_has_server(sp, c->args[0]))
		return RTAS_PARAMETER;
	state = sp->plat.cpu_state(sp->plat.ctx, c->args[0]);
	if (state < 0)
		return RTAS_PARAMETER;
	c->rets[1] = (uint32_t)state;
	return RTAS_OK;
}

const struct rtas_desc rtas_cpu[] = {
	{ "start-cpu", 3, 1, 1, start_cpu },
	{ "stop-self", 0, 1, 1, stop_self },
	{ "query-cpu-stopped-state", 1, 2, 2, query_cpu_stopped_state },
	{ 0 },
};
