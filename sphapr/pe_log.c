/* SPDX-License-Identifier: BSD-2-Clause */
/* Warnings about the windows of a PE: so many at most, as guests can cause them. */
#include "sphapr/pe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LOG_PREFIX "ddw"
#include "vmm/base/event.h"
#include "vmm/base/log.h"

static void warn(struct pe *pe, const struct dma_window *w, const char *what, const char *why)
{
	if (pe->warnings >= PE_MAX_WARNINGS)
		return;
	log_warn("LIOBN 0x%x at 0x%llx, %llu pages of %llu KiB: %s: %s%s", w->liobn,
		 (unsigned long long)w->start, (unsigned long long)w->npages,
		 (1ULL << w->page_shift) / KiB, what, why,
		 ++pe->warnings == PE_MAX_WARNINGS ? " (no more is said about this PE)" : "");
}

void pe_warn(struct pe *pe, const struct dma_window *w, const char *what, int err)
{
	warn(pe, w, what, strerror(err < 0 ? -err : err));
}

void pe_warn_refused(struct pe *pe, const struct dma_window *wish, int err)
{
	char why[160];

	if (pe->dma->why && err != -EADDRINUSE)
		pe->dma->why(pe->dma_ctx, err, why, sizeof(why));
	else
		snprintf(why, sizeof(why), "%s", strerror(err < 0 ? -err : err));
	warn(pe, wish, "the host does not make this window", why);
	event_emit(EVENT_WINDOW_REFUSED, { (uint64_t)pe->caps.group }, { wish->liobn },
		   { wish->start }, { wish->npages << wish->page_shift }, { wish->page_shift },
		   { .s = why });
}
