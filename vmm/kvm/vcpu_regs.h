/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_KVM_VCPU_REGS_H
#define VMM_KVM_VCPU_REGS_H

/* What a vCPU's thread does to its own registers. Called with the lock held. 0 or -errno. */

#include "vmm/kvm/vcpu.h"

/* Entry state of a vCPU that starts: reset registers, those of its entry, the partition's mode. */
int vcpu_load_start(struct vcpu *v);

/* The partition's interrupt mode (H_SET_MODE) into the LPCR. */
int vcpu_apply_mode(struct vcpu *v);

/* A system reset interrupt, as H_SIGNAL_SYS_RESET sends it. */
int vcpu_deliver_nmi(struct vcpu *v);

/* For the log of a crash. */
void vcpu_dump_regs(const struct kvm_cpu *c);

#endif
