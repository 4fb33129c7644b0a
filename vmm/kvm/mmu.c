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

/* ibm,segment-page-sizes without the pages that are larger than the backing's. */
static void limit_pages(struct cpu_facts *f, uint32_t max_shift)
{
	uint32_t out = 0;

	for (uint32_t in = 0; in + 3 <= f->nsps;) {
		uint32_t base = f->sps[in], enc = f->sps[in + 1], n = f->sps[in + 2];
		uint32_t head = out, kept = 0;

		in += 3;
		out += 3;
		for (uint32_t k = 0; k < n; k++, in += 2) {
			if (f->sps[in] > max_shift)
				continue;
			f->sps[out++] = f->sps[in];
			f->sps[out++] = f->sps[in + 1];
			kept++;
		}
		if (base > max_shift || kept == 0) {
			out = head;
			continue;
		}
		f->sps[head] = base;
		f->sps[head + 1] = enc;
		f->sps[head + 2] = kept;
	}
	f->nsps = out;
}

static int alloc_hpt(const struct kvm_vm *vm, uint32_t order)
{
	int r = kvm_vm_alloc_hpt(vm, order);

	if (r < 0)
		log_error(
			"hash page table of %llu KiB: %s: lower machine.memory, or boot the host with "
			"a larger kvm_cma_resv_ratio= (percent of memory kept for such tables)",
			/* NOLINTNEXTLINE(clang-analyzer-core.BitwiseShift): RAM is 128 MiB or more */
			(unsigned long long)((1ULL << order) / KiB), strerror(-r));
	return r;
}

int kvm_mmu_init(const struct kvm_vm *vm, struct spapr *sp, uint64_t ram_size, uint64_t ram_page)
{
	struct spapr_config *cfg = &sp->cfg;
	uint32_t order = log2_ceil(ram_size) - HPT_RATIO_SHIFT;

	if (sp->mode.radix)
		return 0;
	cfg->hpt_order = order > HPT_ORDER_MIN ? order : HPT_ORDER_MIN;
	cfg->rma_size = rma_limit(ram_page, cfg->hpt_order);
	limit_pages(&cfg->cpu, log2_ceil(ram_page));
	return alloc_hpt(vm, cfg->hpt_order);
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
