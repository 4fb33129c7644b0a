/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_CPUS_H
#define VMM_MACHINE_CPUS_H

/*
 * The vCPUs in a start: opened, told what processor they are, given threads. 0 or -errno, logged.
 */

#include "vmm/kvm/caps.h"
#include "vmm/kvm/vcpus.h"
#include "vmm/machine/options.h"

/*
 * @sp: after choices_make(); the facts of its CPU are filled in, as @opt (machine.cpu) wants them.
 */
int cpus_open(struct vcpus *cpus, struct kvm_vm *vm, const struct kvm_caps *caps, struct spapr *sp,
	      enum opt_cpu opt);

/* The compatibility mode of @f, or none. No vCPU is in KVM_RUN. */
int cpus_set_compat(struct vcpus *cpus, const struct cpu_facts *f);

int cpus_create_threads(struct vcpus *cpus);

#endif
