/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_TCE_PLAN_H
#define VMM_MACHINE_TCE_PLAN_H

/*
 * Who serves the TCE calls of a guest: one judgement, for its start and for `check`.
 *
 * KVM answers H_GET_TCE of a window whose table it has, and H_PUT_TCE unless that is switched off. A
 * window of a passed-through device has a host table behind it, which KVM's H_PUT_TCE writes once the
 * two are linked. The kernel counts what is mapped there without a lock, so two vCPUs that write one
 * entry make it lose count for good: docs/SECURITY.md. Hence the three cases of machine.tce =
 * "checked": no device of the host, one vCPU, or H_PUT_TCE in user space.
 */

#include "vmm/kvm/calls.h"
#include "vmm/machine/options.h"

/* @caps: of this host. Nothing is touched. */
struct tce_plan tce_plan(const struct options *opt, const struct kvm_caps *caps);

#endif
