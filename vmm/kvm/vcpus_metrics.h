/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_KVM_VCPUS_METRICS_H
#define VMM_KVM_VCPUS_METRICS_H

#include "vmm/base/metric.h"

/* About a struct vcpus. */
extern const struct metric vcpus_metrics[];

#endif
