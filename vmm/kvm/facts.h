/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_KVM_FACTS_H
#define VMM_KVM_FACTS_H

/* CPU facts that only KVM knows: radix page sizes, segment page sizes, speculation characteristics. */

#include "sphapr/cpu.h"
#include "vmm/kvm/caps.h"

/* Into @f, over what cpu_facts_init() put there. */
void kvm_facts_read(struct cpu_facts *f, const struct kvm_vm *vm, const struct kvm_caps *caps);

#endif
