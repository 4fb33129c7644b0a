/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_PASSTHROUGH_METRICS_H
#define VMM_MACHINE_PASSTHROUGH_METRICS_H

#include "vmm/base/metric.h"

/* About a struct passthrough. */
extern const struct metric passthrough_metrics[];

#endif
