/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System parameters, all of them read-only.
 * Source: LoPAR 2.8 "System Parameters Option", "SPLPAR Characteristics Definitions",
 * "Platform Processor Diagnostics Options".
 */
#include "sphapr/rtas_sysparm.h"

#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

#include <assert.h>
#include <stdio.h>

enum { DIAGNOSTICS_DISABLED = 0 };

/* Text, its NUL counted. Capacity is in hundredths of a processor; a processor is a core. */
static uint32_t splpar(const struct spapr *sp, uint8_t *data)
{
	uint32_t n = sp->cfg.ncores, max = sp->cfg.max_cores;
	int len = snprintf((char *)data, SYSPARM_MAX,
			   "MaxEntCap=%llu,DesEntCap=%llu,DesMem=%llu,DesProcs=%u,MaxPlatProcs=%u",
			   max * 100ULL, n * 100ULL, (unsigned long long)(gmem_size(sp->mem) / MiB),
			   n, max);

	assert(len > 0 && len < SYSPARM_MAX);
	return (uint32_t)len + 1;
}

static uint32_t diagnostics(const struct spapr *sp, uint8_t *data)
{
	(void)sp;
	data[0] = DIAGNOSTICS_DISABLED;
	return 1;
}

const struct sysparm sysparms[] = {
	{ 20, "SPLPAR characteristics", splpar },
	{ 42, "platform processor diagnostics run mode", diagnostics },
	{ 0 },
};

static const struct sysparm *find(uint32_t token)
{
	for (const struct sysparm *p = sysparms; p->get; p++)
		if (p->token == token)
			return p;
	return NULL;
}

/*
 * A short buffer cuts the data, not the length in front of the data. A buffer of 0 bytes asks whether
 * the parameter exists.
 */
static int32_t get_system_parameter(struct spapr *sp, struct rtas_call *c)
{
	const struct sysparm *p = find(c->args[0]);
	uint8_t out[2 + SYSPARM_MAX];
	uint32_t len;

	if (!p)
		return RTAS_PARAMETER;
	if (c->args[2] == 0)
		return RTAS_OK;
	len = p->get(sp, out + 2);
	be16_store(out, (uint16_t)len);
	len = c->args[2] < 2 + len ? c->args[2] : 2 + len;
	return gmem_write(sp->mem, c->args[1], out, len) < 0 ? RTAS_PARAMETER_ERROR : RTAS_OK;
}

static int32_t set_system_parameter(struct spapr *sp, struct rtas_call *c)
{
	(void)sp;
	return find(c->args[0]) ? RTAS_NOT_AUTHORIZED : RTAS_PARAMETER;
}

const struct rtas_desc rtas_sysparm[] = {
	{ "ibm,get-system-parameter", 3, 1, 1, get_system_parameter },
	{ "ibm,set-system-parameter", 2, 1, 1, set_system_parameter },
	{ 0 },
};
