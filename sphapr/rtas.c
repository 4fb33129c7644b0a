/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/rtas.h"

#include "sphapr/hcall.h"
#include "sphapr/spapr.h"

#include <string.h>

#define LOG_PREFIX "rtas"
#include "vmm/base/event.h"
#include "vmm/base/log.h"

extern const struct rtas_desc rtas_time[], rtas_power[], rtas_cpu[], rtas_sysparm[], rtas_display[],
	rtas_event[], rtas_nvram[], rtas_xics[], rtas_pci[], rtas_msi[], rtas_eeh[], rtas_ddw[],
	rtas_errinjct[];

/* A new topic is one more name here. */
static const struct rtas_desc *const topics[] = {
	rtas_time, rtas_power, rtas_cpu, rtas_sysparm, rtas_display, rtas_event,    rtas_nvram,
	rtas_xics, rtas_pci,   rtas_msi, rtas_eeh,     rtas_ddw,     rtas_errinjct,
};

/* The argument block: token, nargs, nret, then the arguments and after them the returns. */
#define BLOCK_HEAD 12
#define BLOCK_MAX (4 * RTAS_MAX_WORDS)

/* The top four bits of a real address are not address lines (the hypervisor real mode bit, ...). */
#define REAL_MASK 0x0fffffffffffffffULL

const struct rtas_desc *rtas_row(size_t i)
{
	for (size_t t = 0; t < ARRAY_LEN(topics); t++)
		for (const struct rtas_desc *d = topics[t]; d->name; d++)
			if (i-- == 0)
				return d;
	return NULL;
}

bool rtas_offered(const struct spapr *sp, const struct rtas_desc *d)
{
	return !d->offered || d->offered(sp);
}

uint32_t rtas_token(const char *name)
{
	const struct rtas_desc *d;

	for (uint32_t i = 0; (d = rtas_row(i)) != NULL; i++)
		if (strcmp(d->name, name) == 0)
			return RTAS_TOKEN_BASE + i;
	return 0;
}

static const struct rtas_desc *find(const struct spapr *sp, uint32_t token)
{
	const struct rtas_desc *d =
		token < RTAS_TOKEN_BASE ? NULL : rtas_row(token - RTAS_TOKEN_BASE);

	return d && rtas_offered(sp, d) ? d : NULL;
}

static bool arity_ok(const struct rtas_desc *d, const struct rtas_call *c)
{
	return c->nargs >= d->nargs && c->nargs <= d->nargs + d->nargs_opt &&
	       c->nret >= d->nret_min && c->nret <= d->nret_max;
}

static void count(struct spapr *sp, const struct rtas_desc *d, uint32_t token, int32_t status)
{
	uint64_t *n = sp->rtas_counts[token - RTAS_TOKEN_BASE];
	bool busy = status == RTAS_BUSY || (status >= RTAS_WAIT_FIRST && status <= RTAS_WAIT_LAST);

	if (n[RTAS_COUNT_OK] + n[RTAS_COUNT_BUSY] + n[RTAS_COUNT_ERROR] == 0)
		event_emit(EVENT_FIRST_CALL, { .s = d->name });
	n[busy ? RTAS_COUNT_BUSY : status < 0 ? RTAS_COUNT_ERROR : RTAS_COUNT_OK]++;
}

int32_t rtas_dispatch(struct spapr *sp, uint32_t token, struct rtas_call *c)
{
	const struct rtas_desc *d = find(sp, token);
	int32_t status = RTAS_PARAMETER;

	memset(c->rets, 0, sizeof(c->rets));
	if (!d)
		log_guest("RTAS token 0x%x is not one of ours", token);
	else if (!arity_ok(d, c))
		log_guest("RTAS %s called with %u arguments, %u returns", d->name, c->nargs,
			  c->nret);
	else
		status = d->fn(sp, c);
	if (d)
		count(sp, d, token, status);
	c->rets[0] = (uint32_t)status;
	return status;
}

/* Too many words for one block: nothing is read, but the place of the status is known. */
static long refuse(struct spapr *sp, gpa_t status)
{
	uint8_t word[4];

	be32_store(word, (uint32_t)RTAS_PARAMETER);
	return gmem_write(sp->mem, status, word, sizeof(word)) < 0 ? H_PARAMETER : H_SUCCESS;
}

long rtas_hcall(struct spapr *sp, uint64_t *a)
{
	gpa_t gpa = a[0] & REAL_MASK; /* so small that no offset below can wrap */
	uint8_t head[BLOCK_HEAD], block[BLOCK_MAX];
	struct rtas_call c;
	uint32_t token;

	if (gmem_read(sp->mem, gpa, head, BLOCK_HEAD) < 0)
		return H_PARAMETER;
	token = be32_load(head);
	c.nargs = be32_load(head + 4);
	c.nret = be32_load(head + 8);
	if (c.nargs >= RTAS_MAX_WORDS || c.nret == 0)
		return H_PARAMETER;
	if (c.nret > RTAS_MAX_WORDS - c.nargs)
		return refuse(sp, gpa + BLOCK_HEAD + 4UL * c.nargs);

	/* All of it now: a call must not act and then find no place for its status. */
	gpa += BLOCK_HEAD;
	if (gmem_read(sp->mem, gpa, block, 4UL * (c.nargs + c.nret)) < 0)
		return H_PARAMETER;
	for (uint32_t i = 0; i < c.nargs; i++)
		c.args[i] = be32_load(block + 4UL * i);

	rtas_dispatch(sp, token, &c);

	for (uint32_t i = 0; i < c.nret; i++)
		be32_store(block + 4UL * i, c.rets[i]);
	gpa += 4UL * c.nargs;
	return gmem_write(sp->mem, gpa, block, 4UL * c.nret) < 0 ? H_PARAMETER : H_SUCCESS;
}
