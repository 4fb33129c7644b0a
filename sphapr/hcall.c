/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/hcall.h"

#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

#define LOG_PREFIX "hcall"
#include "vmm/base/event.h"
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

/* The place of a number's row and count; -1: no row can have such a number. */
static int slot_of(uint64_t nr)
{
	if (nr == H_RTAS)
		return HCALL_SLOTS - 1;
	return nr % 4 || nr / 4 >= HCALL_SLOTS - 1 ? -1 : (int)(nr / 4);
}

void hcall_index(struct spapr *sp)
{
	for (size_t t = 0; t < ARRAY_LEN(topics); t++)
		for (const struct hcall_desc *d = topics[t]; d->name; d++)
			if (!sp->hcalls[slot_of(d->nr)] || offered(sp, d))
				sp->hcalls[slot_of(d->nr)] = d;
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
	int slot = slot_of(nr);
	const struct hcall_desc *d = slot < 0 ? NULL : sp->hcalls[slot];

	if (!d || !offered(sp, d)) {
		sp->hcalls_unknown++;
		return H_FUNCTION;
	}
	if (sp->hcall_counts[slot]++ == 0)
		event_emit(EVENT_FIRST_CALL, { .s = d->name });
	return d->fn(sp, a);
}

void hcall_log_counts(const struct spapr *sp)
{
	for (size_t i = 0; i < HCALL_SLOTS; i++)
		if (sp->hcall_counts[i])
			log_debug("%s: %llu calls reached user space", sp->hcalls[i]->name,
				  (unsigned long long)sp->hcall_counts[i]);
}
