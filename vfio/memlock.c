/* SPDX-License-Identifier: BSD-2-Clause */
#include "vfio/memlock.h"

#include "vmm/base/sys.h"

#include <stdio.h>

#define TCE_BYTES 8
#define KVM_HEADER 128 /* at most: struct kvmppc_spapr_tce_table, before its list of pages */
#define POWERNV_LEVELS 5

uint32_t vfio_memlock_levels(uint64_t npages, uint32_t max)
{
	uint32_t table_shift = log2_ceil(npages) + 3;
	uint32_t capacity = log2_ceil(sys_page_size()) + 8;
	uint32_t levels = (table_shift + capacity - 1) / capacity;

	return levels < max ? levels : max;
}

/* Each level of a table takes whole pieces, of a host page at least. */
static uint64_t host_table(uint64_t npages)
{
	uint32_t levels = vfio_memlock_levels(npages, POWERNV_LEVELS);
	uint32_t shift = (log2_ceil(npages) + levels - 1) / levels + 3;
	uint64_t piece = 1ULL << shift, size = npages * TCE_BYTES, bytes = 0;

	if (piece < sys_page_size())
		piece = sys_page_size();
	for (; levels > 0; levels--) {
		bytes += ALIGN_UP(size, piece);
		size = size / piece * TCE_BYTES;
		if (size < piece)
			size = piece;
	}
	return bytes;
}

uint64_t vfio_memlock_table(uint64_t npages)
{
	return 2 * host_table(npages);
}

static uint64_t kvm_table(uint64_t npages)
{
	uint64_t page = sys_page_size(), size = ALIGN_UP(npages * TCE_BYTES, page);

	return size + ALIGN_UP(KVM_HEADER + size / page * sizeof(void *), page);
}

static uint64_t window(uint64_t npages)
{
	return vfio_memlock_table(npages) + kvm_table(npages);
}

struct vfio_memlock_need vfio_memlock_need(uint64_t ram, uint32_t ngroups, uint64_t default_size,
					   bool ddw, uint64_t ddw_page)
{
	uint64_t tables = window(default_size / (4 * KiB));

	if (ddw)
		tables += window((1ULL << log2_ceil(ram)) / ddw_page);
	return (struct vfio_memlock_need){ .ram = ram, .tables = ngroups * tables };
}

static void human(uint64_t bytes, char *text, size_t size)
{
	if (bytes % GiB == 0 && bytes > 0)
		snprintf(text, size, "%llu GiB", (unsigned long long)(bytes / GiB));
	else if (bytes >= GiB)
		snprintf(text, size, "%.2f GiB", (double)bytes / (double)GiB);
	else
		snprintf(text, size, "%llu MiB", (unsigned long long)((bytes + MiB - 1) / MiB));
}

void vfio_memlock_refused(const struct vfio_memlock_need *need, const char *who, struct finding *f)
{
	uint64_t total = need->ram + need->tables, limit = 0;
	char all[32], ram[32], tables[32], limit_text[32];

	human(total, all, sizeof(all));
	human(need->ram, ram, sizeof(ram));
	human(need->tables, tables, sizeof(tables));
	if (sys_memlock_limit(&limit))
		human(limit, limit_text, sizeof(limit_text));
	else
		snprintf(limit_text, sizeof(limit_text), "none");
	finding_fail(f, "vfio", who,
		     "locked memory: %s needed (%s guest RAM, %s DMA tables), limit is %s", all,
		     ram, tables, limit_text);
	finding_remedy(f, "raise it with \"ulimit -l %llu\" or LimitMEMLOCK=",
		       (unsigned long long)((total + KiB - 1) / KiB));
}

bool vfio_memlock_allows(const struct vfio_memlock_need *need, const char *who, struct finding *f)
{
	uint64_t limit, total = need->ram + need->tables;

	if (sys_memlock_limit(&limit) && total > limit) {
		vfio_memlock_refused(need, who, f);
		return false;
	}
	finding_ok(f, "", "locked memory", "%llu MiB needed, allowed",
		   (unsigned long long)((total + MiB - 1) / MiB));
	return true;
}
