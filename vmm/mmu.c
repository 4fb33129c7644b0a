/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's MMU in KVM. A radix guest needs nothing but the partition's process table, which it
 * registers itself. A hash guest needs a page table of ours, and its pages are limited by those
 * behind guest RAM.
 */
#define LOG_PREFIX "mmu"
#include "vmm/machine_impl.h"

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

static int alloc_hpt(struct machine *m)
{
	int r = kvm_vm_alloc_hpt(&m->vm, m->cfg.hpt_order);

	if (r < 0)
		log_error("hash page table of %llu KiB: %s: lower machine.memory, or boot the host with "
			  "a larger kvm_cma_resv_ratio= (percent of memory kept for such tables)",
			  (unsigned long long)((1ULL << m->cfg.hpt_order) / KiB), strerror(-r));
	return r;
}

int machine_init_mmu(struct machine *m)
{
	uint32_t order = log2_ceil(m->ram.size) - HPT_RATIO_SHIFT;

	if (m->radix)
		return 0;
	m->cfg.hpt_order = order > HPT_ORDER_MIN ? order : HPT_ORDER_MIN;
	m->cfg.rma_size = rma_limit(m->ram.page, m->cfg.hpt_order);
	limit_pages(&m->cfg.cpu, log2_ceil(m->ram.page));
	return alloc_hpt(m);
}

int machine_reset_mmu(struct machine *m)
{
	int r;

	if (!m->radix)
		return alloc_hpt(m);
	r = kvm_vm_configure_mmu(&m->vm, true, true, KVM_PATE1_RADIX);
	if (r < 0)
		log_error("resetting the process table: %s", strerror(-r));
	return r;
}
