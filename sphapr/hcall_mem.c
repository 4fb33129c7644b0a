/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory by logical address: H_PAGE_INIT, and cache-inhibited accesses for guests without a
 * mapping of their own (firmware, early kernels). KVM serves these accesses once asked to; those at
 * addresses that are none of its own devices' arrive here: RAM, or a BAR.
 *
 * H_PAGE_INIT is never given to KVM: the host's kernel would copy from and to every memory slot, BARs
 * of passed-through devices among them, and refuse the last page of RAM (Linux 6.12).
 * Source: LoPAR 2.8 "H_PAGE_INIT", "H_LOGICAL_CI_LOAD", "H_LOGICAL_CI_STORE".
 */
#include "sphapr/hcall.h"
#include "sphapr/spapr.h"

enum {
	PAGE_ZERO = 1ULL << 15, /* bits 48 and 49 of the flags, counted from the left */
	PAGE_COPY = 1ULL << 14,
	PAGE_ICACHE = 0x3ULL << 10 | 0x1ULL << 13, /* hints: nothing to do under coherency */
};

#define PAGE_INIT_SIZE (4 * KiB)

static long h_page_init(struct spapr *sp, uint64_t *a)
{
	uint64_t flags = a[0], dest = a[1], src = a[2];
	uint8_t page[PAGE_INIT_SIZE];

	if (flags & ~(uint64_t)(PAGE_ZERO | PAGE_COPY | PAGE_ICACHE))
		return H_PARAMETER;
	if (dest & (PAGE_INIT_SIZE - 1) || !gmem_contains(sp->mem, dest, PAGE_INIT_SIZE))
		return H_PARAMETER;
	if (flags & PAGE_COPY) {
		if (src & (PAGE_INIT_SIZE - 1) || gmem_read(sp->mem, src, page, sizeof(page)) < 0)
			return H_PARAMETER;
		gmem_write(sp->mem, dest, page, sizeof(page));
	} else if (flags & PAGE_ZERO) {
		gmem_set(sp->mem, dest, 0, PAGE_INIT_SIZE);
	}
	return H_SUCCESS;
}

static bool size_ok(uint64_t size, gpa_t gpa)
{
	return (size == 1 || size == 2 || size == 4 || size == 8) && IS_ALIGNED(gpa, size);
}

/* The size is in bytes, as KVM's own handler has it. The value travels in big-endian memory order. */
static long load(struct spapr *sp, uint64_t *a, bool io)
{
	uint64_t size = a[0], gpa = a[1];
	uint8_t b[8];
	uint64_t v = 0;

	if (!size_ok(size, gpa))
		return H_PARAMETER;
	if (gmem_read(sp->mem, gpa, b, size) < 0 &&
	    !(io && phb_mmio(sp, gpa, b, (uint32_t)size, false)))
		return H_PARAMETER;
	for (uint64_t i = 0; i < size; i++)
		v = v << 8 | b[i];
	a[0] = v;
	return H_SUCCESS;
}

static long store(struct spapr *sp, uint64_t *a, bool io)
{
	uint64_t size = a[0], gpa = a[1], v = a[2];
	uint8_t b[8];

	if (!size_ok(size, gpa))
		return H_PARAMETER;
	for (uint64_t i = 0; i < size; i++)
		b[i] = (uint8_t)(v >> (8 * (size - 1 - i)));
	if (gmem_write(sp->mem, gpa, b, size) == 0 ||
	    (io && phb_mmio(sp, gpa, b, (uint32_t)size, true)))
		return H_SUCCESS;
	return H_PARAMETER;
}

static long h_ci_load(struct spapr *sp, uint64_t *a)
{
	return load(sp, a, true);
}

static long h_ci_store(struct spapr *sp, uint64_t *a)
{
	return store(sp, a, true);
}

static long h_cache_load(struct spapr *sp, uint64_t *a)
{
	return load(sp, a, false);
}

static long h_cache_store(struct spapr *sp, uint64_t *a)
{
	return store(sp, a, false);
}

/* Cache maintenance by logical address: memory is coherent, so only the address can be wrong. */
static long h_logical_flush(struct spapr *sp, uint64_t *a)
{
	return gmem_contains(sp->mem, a[0], 1) ? H_SUCCESS : H_PARAMETER;
}

const struct hcall_desc hcalls_mem[] = {
	{ H_PAGE_INIT, "H_PAGE_INIT", h_page_init, "hcall-copy" },
	{ H_LOGICAL_CI_LOAD, "H_LOGICAL_CI_LOAD", h_ci_load, "hcall-debug", HCALL_KERNEL_ASK },
	{ H_LOGICAL_CI_STORE, "H_LOGICAL_CI_STORE", h_ci_store, "hcall-debug", HCALL_KERNEL_ASK },
	{ H_LOGICAL_CACHE_LOAD, "H_LOGICAL_CACHE_LOAD", h_cache_load, "hcall-debug" },
	{ H_LOGICAL_CACHE_STORE, "H_LOGICAL_CACHE_STORE", h_cache_store, "hcall-debug" },
	{ H_LOGICAL_ICBI, "H_LOGICAL_ICBI", h_logical_flush, NULL },
	{ H_LOGICAL_DCBF, "H_LOGICAL_DCBF", h_logical_flush, NULL },
	{ 0 },
};
