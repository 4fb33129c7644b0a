/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/hcall.h"

#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

#define LOG_PREFIX "hcall"
#include "vmm/base/log.h"

extern const struct hcall_desc hcalls_cpu[], hcalls_int[], hcalls_mem[], hcalls_mmu[],
	hcalls_mode[], hcalls_tce[], hcalls_term[], hcalls_xive[];

static const struct hcall_desc hcalls_rtas[] = {
	{ H_RTAS, "H_RTAS", rtas_hcall, NULL },
	{ 0 },
};

/* A new topic is one more name here. */
static const struct hcall_desc *const topics[] = {
	hcalls_term, hcalls_xive, hcalls_rtas, hcalls_cpu, hcalls_mode,
	hcalls_mmu,  hcalls_mem,  hcalls_tce,  hcalls_int,
};

static bool offered(const struct spapr *sp, const struct hcall_desc *d)
{
	return !d->offered || d->offered(sp);
}

/* The @i-th row of all topics, offered or not. */
static const struct hcall_desc *row_at(size_t i)
{
	for (size_t t = 0; t < ARRAY_LEN(topics); t++)
		for (const struct hcall_desc *d = topics[t]; d->name; d++)
			if (i-- == 0)
				return d;
	return NULL;
}

const struct hcall_desc *hcall_row(const struct spapr *sp, size_t i)
{
	for (size_t t = 0; t < ARRAY_LEN(topics); t++)
		for (const struct hcall_desc *d = topics[t]; d->name; d++)
			if (offered(sp, d) && i-- == 0)
				return d;
	return NULL;
}

long hcall_dispatch(struct spapr *sp, uint64_t nr, uint64_t *a)
{
	size_t i = 0;

	for (size_t t = 0; t < ARRAY_LEN(topics); t++)
		for (const struct hcall_desc *d = topics[t]; d->name; d++, i++) {
			if (d->nr != nr || !offered(sp, d))
				continue;
			if (i < ARRAY_LEN(sp->hcall_counts))
				sp->hcall_counts[i]++;
			return d->fn(sp, a);
		}
	return H_FUNCTION;
}

void hcall_log_counts(const struct spapr *sp)
{
	for (size_t i = 0; i < ARRAY_LEN(sp->hcall_counts); i++)
		if (sp->hcall_counts[i])
			log_debug("%s: %llu came here", row_at(i)->name,
				  (unsigned long long)sp->hcall_counts[i]);
}

long hcall_in_kernel(struct spapr *sp, uint64_t *a)
{
	(void)sp;
	(void)a;
	return H_FUNCTION;
}
