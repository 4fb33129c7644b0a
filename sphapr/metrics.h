/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_METRICS_H
#define SPHAPR_METRICS_H

#include "vmm/base/metric.h"

/* About a struct spapr: calls, DMA windows, error recovery, message interrupts, the terminal. */
extern const struct metric spapr_metrics[];

#endif
