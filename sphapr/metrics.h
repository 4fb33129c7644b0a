/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_METRICS_H
#define SPHAPR_METRICS_H

#include "vmm/base/metric.h"

/* About a struct spapr: calls, DMA windows, error recovery, message interrupts, the terminal. */
extern const struct metric spapr_metrics[];

struct dma_window;

/* Pages that are mapped in it now. All of its entries are looked at; it has a table. */
uint64_t window_mapped_pages(const struct dma_window *w);

#endif
