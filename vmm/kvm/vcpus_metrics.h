/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_KVM_VCPUS_METRICS_H
#define VMM_KVM_VCPUS_METRICS_H

#include "vmm/base/metric.h"

/* About a struct vcpus. */
extern const struct metric vcpus_metrics[];

struct vcpus;

/*
 * Reads what the host's kernel counts, five system calls for each vCPU, for the next samples. Without the
 * machine lock, on the I/O thread.
 */
void vcpus_look(struct vcpus *s);

#endif
