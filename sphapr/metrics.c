/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/metrics.h"

#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

#define WALK_MAX (1u << 20) /* entries of all tables that are looked at to count those in use */
#define PIECE (1u << 14)    /* so many at a time: 50,000 instructions under the machine lock */

/* ---- calls ---- */

static void hcalls(const struct metric *m, const void *obj, struct metric_out *out)
{
	const struct spapr *sp = obj;

	(void)m;
	for (size_t i = 0; i < HCALL_SLOTS; i++)
		if (sp->hcall_counts[i])
			metric_put(out, sp->hcall_counts[i],
				   METRIC_TEXT("name", sp->hcalls[i]->name));
	metric_put(out, sp->hcalls_unknown, METRIC_TEXT("name", "unknown"));
}

static void rtas_calls(const struct metric *m, const void *obj, struct metric_out *out)
{
	static const char *const results[RTAS_RESULTS] = { "ok", "busy", "error" };
	const struct spapr *sp = obj;
	const struct rtas_desc *d;

	(void)m;
	for (size_t i = 0; (d = rtas_row(i)) != NULL; i++)
		for (size_t r = 0; r < RTAS_RESULTS; r++)
			if (sp->rtas_counts[i][r])
				metric_put(out, sp->rtas_counts[i][r], METRIC_TEXT("name", d->name),
					   METRIC_TEXT("result", results[r]));
}

static void field(const struct metric *m, const void *obj, struct metric_out *out)
{
	metric_put(out, metric_field(m, obj), METRIC_NO_LABEL);
}

/* ---- PEs ---- */

/* The next PHB behind @p, NULL: the first one; NULL past the last. */
static const struct phb *next_phb(const struct spapr *sp, const struct phb *p)
{
	for (p = p ? p + 1 : sp->phbs; p < sp->phbs + SPAPR_MAX_PHBS; p++)
		if (p->present)
			return p;
	return NULL;
}

/* That of emulated devices has no group. */
static struct metric_label group_of(const struct pe *pe)
{
	if (pe->caps.group < 0)
		return (struct metric_label)METRIC_TEXT("group", "none");
	return (struct metric_label)METRIC_NUMBER("group", (uint64_t)pe->caps.group);
}

static void of_pe(const struct metric *m, const void *obj, struct metric_out *out)
{
	for (const struct phb *p = NULL; (p = next_phb(obj, p)) != NULL;)
		if (p->pe.dma)
			metric_put(out, metric_field(m, &p->pe), group_of(&p->pe));
}

static void eeh_events(const struct metric *m, const void *obj, struct metric_out *out)
{
	(void)m;
	for (const struct phb *p = NULL; (p = next_phb(obj, p)) != NULL;) {
		const struct pe *pe = &p->pe;

		if (!pe->eeh)
			continue;
		metric_put(out, pe->eeh_freezes, group_of(pe), METRIC_TEXT("kind", "frozen"));
		metric_put(out, pe->eeh_recoveries, group_of(pe), METRIC_TEXT("kind", "recovered"));
		metric_put(out, pe->eeh_resets, group_of(pe), METRIC_TEXT("kind", "reset"));
	}
}

static void tce_calls(const struct metric *m, const void *obj, struct metric_out *out)
{
	static const char *const calls[TCE_CALLS] = { "get", "put", "indirect", "stuff" };

	(void)m;
	for (const struct phb *p = NULL; (p = next_phb(obj, p)) != NULL;)
		for (uint32_t i = 0; i < PE_LIOBNS; i++)
			for (uint32_t k = 0; k < TCE_CALLS; k++)
				if (p->pe.tce[i].calls[k])
					metric_put(out, p->pe.tce[i].calls[k],
						   METRIC_HEX("liobn", p->pe.liobn_base + i),
						   METRIC_TEXT("call", calls[k]));
}

static void of_liobn(const struct metric *m, const void *obj, struct metric_out *out)
{
	for (const struct phb *p = NULL; (p = next_phb(obj, p)) != NULL;)
		for (uint32_t i = 0; i < PE_LIOBNS; i++)
			if (p->pe.tce[i].calls[TCE_PUT] || p->pe.tce[i].calls[TCE_INDIRECT] ||
			    p->pe.tce[i].calls[TCE_STUFF])
				metric_put(out, metric_field(m, &p->pe.tce[i]),
					   METRIC_HEX("liobn", p->pe.liobn_base + i));
}

/* ---- windows that there are now ---- */

static uint64_t perm_at(const uint64_t *tce)
{
	return __atomic_load_n(tce, __ATOMIC_RELAXED) & TCE_PERM;
}

#define STRIDE 16u

/* Of so many entries: there may be a million of them. */
static uint64_t mapped_in_stride(const uint64_t *tces)
{
	uint64_t perms = 0;

#pragma GCC unroll 16
	for (uint32_t i = 0; i < STRIDE; i++)
		perms = perms << 2 | perm_at(&tces[i]);
	return (uint64_t)__builtin_popcountll((perms | perms >> 1) & 0x55555555);
}

/* From @from on, PIECE entries at most. */
static uint64_t mapped_in_piece(const struct dma_window *w, uint64_t from)
{
	uint64_t end = w->npages - from < PIECE ? w->npages : from + PIECE, n = 0;

	for (; end - from >= STRIDE; from += STRIDE)
		n += mapped_in_stride(&w->tces[from]);
	for (; from < end; from++)
		n += perm_at(&w->tces[from]) != 0;
	return n;
}

/* A window that went, or came, between two pieces is not counted: its next one is. */
static void count_mapped(const struct pe *pe, uint32_t i, struct dma_window *w,
			 void (*let_others)(void *ctx), void *ctx)
{
	const uint64_t *tces = w->tces;
	uint64_t n = 0;

	for (uint64_t at = 0; at < w->npages; at += PIECE) {
		n += mapped_in_piece(w, at);
		let_others(ctx);
		if (!pe->live[i] || w->tces != tces)
			return;
	}
	w->mapped = n;
	w->is_counted = true;
}

void spapr_count_mapped(struct spapr *sp, void (*let_others)(void *ctx), void *ctx)
{
	uint64_t left = WALK_MAX;

	for (uint32_t k = 0; k < SPAPR_MAX_PHBS; k++)
		for (uint32_t i = 0; i < DDW_MAX_WINDOWS; i++) {
			struct pe *pe = &sp->phbs[k].pe;
			struct dma_window *w = &pe->windows[i];

			if (!pe->live[i])
				continue;
			w->is_counted = false;
			if (!w->tces || w->npages > left)
				continue;
			left -= w->npages;
			count_mapped(pe, i, w, let_others, ctx);
		}
}

typedef uint64_t window_fn(const struct dma_window *w);

static void windows(const void *obj, struct metric_out *out, window_fn *fn, bool counted)
{
	for (const struct phb *p = NULL; (p = next_phb(obj, p)) != NULL;)
		for (uint32_t i = 0; i < DDW_MAX_WINDOWS; i++) {
			const struct dma_window *w = &p->pe.windows[i];

			if (p->pe.live[i] && (!counted || w->is_counted))
				metric_put(out, fn(w), group_of(&p->pe),
					   METRIC_HEX("liobn", w->liobn));
		}
}

static uint64_t bytes_of(const struct dma_window *w)
{
	return w->npages << w->page_shift;
}

static uint64_t page_of(const struct dma_window *w)
{
	return 1ULL << w->page_shift;
}

static uint64_t mapped_of(const struct dma_window *w)
{
	return w->mapped;
}

static void window_bytes(const struct metric *m, const void *obj, struct metric_out *out)
{
	(void)m;
	windows(obj, out, bytes_of, false);
}

static void window_page_bytes(const struct metric *m, const void *obj, struct metric_out *out)
{
	(void)m;
	windows(obj, out, page_of, false);
}

static void window_mapped(const struct metric *m, const void *obj, struct metric_out *out)
{
	(void)m;
	windows(obj, out, mapped_of, true);
}

/* ---- functions ---- */

static void msi_changes(const struct metric *m, const void *obj, struct metric_out *out)
{
	(void)m;
	for (const struct phb *p = NULL; (p = next_phb(obj, p)) != NULL;)
		for (uint32_t i = 0; i < p->nfuncs; i++)
			metric_put(out, p->funcs[i]->msi_changes,
				   METRIC_TEXT("device", p->funcs[i]->name));
}

#define AT_PE(f) offsetof(struct pe, f)
#define AT_TCE(f) offsetof(struct tce_counts, f)

const struct metric spapr_metrics[] = {
	{ "hcalls_total", "Hypercalls that reached the VMM.", hcalls },
	{ "rtas_calls_total", "RTAS calls.", rtas_calls },
	{ "tce_calls_total", "TCE calls served by the VMM.", tce_calls },
	{ "tce_entries_total", "Entries that they wrote.", of_liobn, AT_TCE(entries) },
	{ "tce_failures_total", "Those that failed.", of_liobn, AT_TCE(failures) },
	{ "dma_window_bytes", "Size of a DMA window.", window_bytes },
	{ "dma_window_page_bytes", "Its pages' size.", window_page_bytes },
	{ "dma_window_mapped_pages", "Pages mapped in it.", window_mapped },
	{ "dma_windows_created_total", "DMA windows that the guest made.", of_pe, AT_PE(created) },
	{ "dma_windows_refused_total", "DMA windows that the host refused.", of_pe,
	  AT_PE(refused) },
	{ "eeh_events_total", "Errors and resets of a PE.", eeh_events },
	{ "msi_changes_total", "Changes of message interrupts by the guest.", msi_changes },
	{ "console_output_bytes_total", "Bytes that the guest wrote to its console.", field,
	  offsetof(struct spapr, vty.written) },
	{ 0 },
};
