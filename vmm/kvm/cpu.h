/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_KVM_CPU_H
#define VMM_KVM_CPU_H

/*
 * One KVM vCPU: descriptor, shared run page, registers. Ioctls of a vCPU wait until KVM_RUN of that
 * vCPU has returned, so call them from its own thread, or while that thread is parked.
 */

#include "vmm/kvm/uapi.h"
#include "vmm/kvm/vm.h"

struct kvm_cpu {
	int fd;      /* -1: not open */
	uint32_t id; /* KVM vCPU id = server number */
	struct kvm_run *run;
	size_t run_size;
};

/* Create vCPU @id and put it into PAPR mode. */
int kvm_cpu_open(struct kvm_cpu *c, const struct kvm_vm *vm, uint32_t id);
void kvm_cpu_close(struct kvm_cpu *c);

/* Connect to the in-kernel controller behind @dev_fd: KVM_CAP_IRQ_XICS or KVM_CAP_PPC_IRQ_XIVE. */
int kvm_cpu_connect(const struct kvm_cpu *c, uint32_t cap, int dev_fd);

/* Runs the guest to its next exit. 0: look at run->exit_reason; -EINTR: kicked; else -errno of KVM. */
int kvm_cpu_run(const struct kvm_cpu *c);

int kvm_cpu_get(const struct kvm_cpu *c, uint64_t reg, void *value); /* KVM_GET_ONE_REG */
int kvm_cpu_set(const struct kvm_cpu *c, uint64_t reg, const void *value);

int kvm_cpu_get_regs(const struct kvm_cpu *c, struct kvm_regs *r);
int kvm_cpu_set_regs(const struct kvm_cpu *c, const struct kvm_regs *r);
int kvm_cpu_pvr(const struct kvm_cpu *c, uint32_t *pvr);

/*
 * Bring every register that can be named to its reset value, for a vCPU that has run before; the
 * general ones follow by kvm_cpu_set_regs(). @xics: the vCPU has an XICS presenter.
 */
int kvm_cpu_reset(const struct kvm_cpu *c, bool xics);

/* A descriptor for stats.h, the caller's; -errno: this kernel has none. */
int kvm_cpu_stats(const struct kvm_cpu *c);

/* Lets KVM finish a hypercall or MMIO exit, so that it will not write registers later. */
int kvm_cpu_complete(const struct kvm_cpu *c);

#endif
