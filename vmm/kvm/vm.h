/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_KVM_VM_H
#define VMM_KVM_VM_H

/*
 * One KVM virtual machine: /dev/kvm, the VM descriptor, memory slots, interrupt lines. Thin: a
 * function here is one ioctl, its arguments in our words, its answer 0 or -errno. What the host can
 * do and what we make of it is in caps.h.
 *
 * Source: Linux Documentation/virt/kvm/api.rst, arch/powerpc/kvm/book3s_hv.c.
 */

#include "vmm/base/finding.h"
#include "vmm/base/types.h"

#define KVM_VM_MAX_SLOTS 512

struct kvm_vm {
	int kvm_fd, fd;                        /* -1: not open */
	size_t run_size;                       /* bytes of a vCPU's shared run page */
	uint64_t slots[KVM_VM_MAX_SLOTS / 64]; /* numbers in use */
	uint32_t nirqfds;                      /* that lead to the in-kernel controller */
};

/* Opens /dev/kvm and a KVM-HV machine. 0; -errno with the reason in @f, and nothing stays open. */
int kvm_vm_open(struct kvm_vm *vm, struct finding *f);

void kvm_vm_close(struct kvm_vm *vm); /* tolerates one that was never opened but zeroed to -1 */

int kvm_vm_check(const struct kvm_vm *vm, uint32_t cap); /* 0 = absent */
int kvm_vm_enable(const struct kvm_vm *vm, uint32_t cap, uint64_t arg0, uint64_t arg1);

/*
 * A memory slot: @gpa, @size and @host are multiples of the host page; -EEXIST overlap. There is no
 * read-only flag on powerpc. The mapping behind @host must outlive the VM or kvm_vm_del_slot().
 * Returns the slot's number, or -errno; -ENOSPC: no number left.
 */
int kvm_vm_add_slot(struct kvm_vm *vm, gpa_t gpa, uint64_t size, void *host);
int kvm_vm_del_slot(struct kvm_vm *vm, int slot);

/* Interrupt source @lisn of the in-kernel controller. */
int kvm_vm_irq_line(const struct kvm_vm *vm, uint32_t lisn, bool up);

/*
 * An eventfd that pulls @lisn's line (@on) or no longer does. @resample_fd, if >= 0: level source,
 * signalled at the guest's EOI; only where KVM_CAP_IRQFD_RESAMPLE says so, elsewhere it never fires.
 */
int kvm_vm_irqfd(struct kvm_vm *vm, int fd, uint32_t lisn, bool on, int resample_fd);

/*
 * A guest's store to exactly @gpa signals eventfd @fd (@on), or no longer does. The store's size does
 * not matter, which is also the fast way: KVM-HV then does not decode the instruction.
 */
int kvm_vm_ioeventfd(const struct kvm_vm *vm, gpa_t gpa, int fd, bool on);

/* KVM answers RTAS call @name (its own four, ibm,set-xive and so on) when @token is called. */
int kvm_vm_define_rtas(const struct kvm_vm *vm, const char *name, uint32_t token);

/*
 * A hash guest's page table of 2^@order bytes, before any vCPU runs; again at a reboot, which
 * clears it. On a radix host this makes the VM a hash one. -ENOMEM: no contiguous memory.
 */
int kvm_vm_alloc_hpt(const struct kvm_vm *vm, uint32_t order);

#define KVM_PATE1_RADIX (1ULL << 63) /* a radix guest without a process table yet */

/* Doubleword 1 of the partition table entry: see api.rst KVM_PPC_CONFIGURE_V3_MMU. */
int kvm_vm_configure_mmu(const struct kvm_vm *vm, bool radix, bool gtse, uint64_t table);

#endif
