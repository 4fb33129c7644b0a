/* SPDX-License-Identifier: BSD-2-Clause */
#include "vfio/memlock.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <stdio.h>

#define TCE_BYTES 8
#define COPIES 3 /* the host's table, its copy for user space, KVM's */

struct memlock_need memlock_need(uint64_t ram, uint32_t ngroups, uint64_t default_size, bool ddw,
				 uint64_t ddw_page)
{
	uint64_t entries = default_size / (4 * KiB);

	if (ddw)
		entries += (1ULL << log2_ceil(ram)) / ddw_page;
	return (struct memlock_need){ .ram = ram,
				      .tables = ngroups * entries * TCE_BYTES * COPIES };
}

static void human(uint64_t bytes, char *text, size_t size)
{
	if (bytes >= GiB)
		snprintf(text, size, "%.2f GiB", (double)bytes / (double)GiB);
	else
		snprintf(text, size, "%llu MiB", (unsigned long long)((bytes + MiB - 1) / MiB));
}

static void whole(uint64_t bytes, char *text, size_t size)
{
	if (bytes % GiB == 0)
		snprintf(text, size, "%llu GiB", (unsigned long long)(bytes / GiB));
	else
		human(bytes, text, size);
}

bool memlock_allows(const struct memlock_need *need, const char *who)
{
	/* A twentieth on top: table levels, headers, what else the process has locked. */
	uint64_t total = need->ram + need->tables + (need->ram + need->tables) / 20;
	char all[32], ram[32], tables[32], limit_text[32];
	uint64_t limit;

	if (!sys_memlock_limit(&limit) || total <= limit)
		return true;
	human(total, all, sizeof(all));
	whole(need->ram, ram, sizeof(ram));
	human(need->tables, tables, sizeof(tables));
	human(limit, limit_text, sizeof(limit_text));
	log_error("vfio %s: locked memory: %s needed (%s guest RAM, %s DMA tables), limit is %s: "
		  "raise it "
		  "with \"ulimit -l %llu\" or LimitMEMLOCK=",
		  who, all, ram, tables, limit_text, (unsigned long long)((total + KiB - 1) / KiB));
	return false;
}
