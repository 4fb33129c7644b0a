/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/hcall.h"

#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

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

static const struct hcall_desc *find(const struct spapr *sp, uint64_t nr)
{
	for (size_t t = 0; t < ARRAY_LEN(topics); t++)
		for (const struct hcall_desc *d = topics[t]; d->name; d++)
			if (d->nr == nr && offered(sp, d))
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
	const struct hcall_desc *d = find(sp, nr);

	return d ? d->fn(sp, a) : H_FUNCTION;
}

long hcall_in_kernel(struct spapr *sp, uint64_t *a)
{
	(void)sp;
	(void)a;
	return H_FUNCTION;
}
