/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_KVM_MMU_H
#define VMM_KVM_MMU_H

/* The guest's MMU in KVM: radix or hash, as sp->mode says. Both return 0 or -errno, logged. */

#include "sphapr/spapr.h"
#include "vmm/kvm/vm.h"

/**
 * kvm_mmu_init - at start, once guest RAM is there
 * @sp: before spapr_init(); of a hash guest hpt_order, hash_page_shift and rma_size are filled in
 * @ram_size, @ram_page: of guest RAM and of the host's pages behind it, in bytes
 * @may_be_hash: a radix guest can become one, so what real mode reaches is what a hash guest's would
 * The table goes with the VM.
 */
int kvm_mmu_init(const struct kvm_vm *vm, struct spapr *sp, uint64_t ram_size, uint64_t ram_page,
		 bool may_be_hash);

/*
 * At a reboot, with all vCPUs parked: an empty page table, or no process table. And where sp->mode has
 * changed: KVM changes the MMU by the same calls.
 */
int kvm_mmu_reset(const struct kvm_vm *vm, const struct spapr *sp);

#endif
