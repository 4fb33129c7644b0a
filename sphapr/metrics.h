/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_METRICS_H
#define SPHAPR_METRICS_H

#include "vmm/base/metric.h"

/* About a struct spapr: calls, DMA windows, error recovery, message interrupts, the terminal. */
extern const struct metric spapr_metrics[];

struct spapr;

/*
 * Counts the pages that windows map (dma_window.mapped), in pieces: between two of them @let_others(@ctx) gives
 * the machine lock up. Windows with more entries than are looked at in all, 2^20, are not counted.
 */
void spapr_count_mapped(struct spapr *sp, void (*let_others)(void *ctx), void *ctx);

#endif
