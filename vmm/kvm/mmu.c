/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's MMU in KVM. A radix guest needs nothing but the partition's process table, which it
 * registers itself. A hash guest needs a page table of ours, and its pages are limited by those
 * behind guest RAM.
 */
#define LOG_PREFIX "mmu"
#include "vmm/kvm/mmu.h"

#include "vmm/base/log.h"

#include <string.h>

#define HPT_RATIO_SHIFT 7 /* the table is 1/128 of RAM */
#define HPT_ORDER_MIN 18

/*
 * Real mode of a hash guest is mapped by HPT entries of the backing's page size, at most one in
 * each group of 128 bytes: that is how far it reaches.
 */
static uint64_t rma_limit(uint64_t backing_page, uint32_t order)
{
	uint32_t shift = log2_ceil(backing_page) + order - HPT_RATIO_SHIFT;

	return shift < 64 ? 1ULL << shift : UINT64_MAX;
}

static int alloc_hpt(const struct kvm_vm *vm, uint32_t order)
{
	int r = kvm_vm_alloc_hpt(vm, order);

	if (r < 0)
		log_error(
			"hash page table of %llu KiB: %s: lower machine.memory, "
			"or boot the host with a larger kvm_cma_resv_ratio= (percent of memory kept for such tables)",
			/* NOLINTNEXTLINE(clang-analyzer-core.BitwiseShift): RAM is 128 MiB or more */
			(unsigned long long)((1ULL << order) / KiB), strerror(-r));
	return r;
}

int kvm_mmu_init(const struct kvm_vm *vm, struct spapr *sp, uint64_t ram_size, uint64_t ram_page,
		 bool may_be_hash)
{
	struct spapr_config *cfg = &sp->cfg;
	uint32_t order = log2_ceil(ram_size) - HPT_RATIO_SHIFT;

	if (sp->mode.radix && !may_be_hash)
		return 0;
	cfg->hpt_order = order > HPT_ORDER_MIN ? order : HPT_ORDER_MIN;
	cfg->hash_page_shift = log2_ceil(ram_page);
	cfg->rma_size = rma_limit(ram_page, cfg->hpt_order);
	return sp->mode.radix ? 0 : alloc_hpt(vm, cfg->hpt_order);
}

int kvm_mmu_reset(const struct kvm_vm *vm, const struct spapr *sp)
{
	int r;

	if (!sp->mode.radix)
		return alloc_hpt(vm, sp->cfg.hpt_order);
	r = kvm_vm_configure_mmu(vm, true, true, KVM_PATE1_RADIX);
	if (r < 0)
		log_error("resetting the process table: %s", strerror(-r));
	return r;
}
