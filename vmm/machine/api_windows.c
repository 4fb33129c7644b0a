/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers: the DMA windows of passed-through devices. */
#include "vmm/machine/api.h"

#include "sphapr/ddw.h"
#include "vmm/machine/tce_plan.h"
#include "vmm/machine/watch.h"

#include <stdio.h>

/* The words of ddw.h. */
static const char *state(const struct pe *pe)
{
	uint32_t n = 0;

	for (int i = 0; i < DDW_MAX_WINDOWS; i++)
		n += pe->live[i];
	if (pe->has_default)
		return n > 1 ? "BOTH" : "DEFAULT";
	return n == 0 ? "NONE" : n == 1 ? "REPLACED" : "TWO";
}

static void count_or_null(struct jtext *to, const char *key, bool is_counted, uint64_t n)
{
	if (is_counted)
		jtext_number(to, key, n);
	else
		jtext_null(to, key);
}

/* What KVM serves by itself is not counted. */
static void count_tces(const struct api *a, const struct pe *pe, const struct dma_window *w,
		       struct jtext *to)
{
	const struct tce_counts *c = &pe->tce[w->liobn - pe->liobn_base];
	bool bulk = w->in_kernel && a->from.tce->bulk;

	jtext_object(to, "tce");
	count_or_null(to, "put", !w->in_kernel, c->calls[TCE_PUT]);
	count_or_null(to, "indirect", !bulk, c->calls[TCE_INDIRECT]);
	count_or_null(to, "stuff", !bulk, c->calls[TCE_STUFF]);
	count_or_null(to, "get", !w->kvm_reads, c->calls[TCE_GET]);
	count_or_null(to, "failed", !bulk, c->failures);
	jtext_end(to);
}

static void window(const struct api *a, const struct pe *pe, int i, struct jtext *to)
{
	const struct dma_window *w = &pe->windows[i];

	jtext_object(to, NULL);
	jtext_address(to, "liobn", w->liobn);
	jtext_address(to, "start", w->start);
	jtext_number(to, "size", w->npages << w->page_shift);
	jtext_number(to, "page_shift", w->page_shift);
	jtext_number(to, "levels", w->levels);
	jtext_bool(to, "default", i == 0 && pe->has_default);
	jtext_string(to, "served_by", w->in_kernel ? "kernel" : "vmm");
	count_or_null(to, "mapped_pages", w->is_counted, w->mapped);
	count_tces(a, pe, w, to);
	jtext_end(to);
}

static void group(const struct api *a, const struct pass_group *g, struct jtext *to)
{
	const struct pe *pe = &g->pe.phb->pe;

	jtext_object(to, NULL);
	jtext_number(to, "phb", g->pe.phb->index);
	jtext_number(to, "group", (uint64_t)g->id);
	jtext_array(to, "functions");
	for (uint32_t i = 0; i < g->nentries; i++)
		jtext_string(to, NULL, g->entries[i].opt->host);
	jtext_end(to);
	jtext_bool(to, "limited", pe->limited);
	jtext_string(to, "state", state(pe));
	jtext_array(to, "windows");
	for (int i = 0; i < DDW_MAX_WINDOWS; i++)
		if (pe->live[i])
			window(a, pe, i, to);
	jtext_end(to);
	jtext_number(to, "refused", pe->refused);
	jtext_end(to);
}

void api_windows(const struct api *a, struct jtext *to)
{
	const struct pass_groups *groups = &a->from.pass->groups;

	watch_count_windows(a->from.watch);
	jtext_array(to, NULL);
	for (uint32_t i = 0; i < groups->n; i++)
		group(a, &groups->group[i], to);
	jtext_end(to);
}
