/* SPDX-License-Identifier: BSD-2-Clause */
/* Hosts: what their KVM offers, and the files in which they describe themselves. */
#include "tests/fake/vfio_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PVR_POWER9 0x004e1202u
#define PVR_POWER10 0x00800200u

struct fake_host_facts fake_facts = {
	.page_size = 64 * KiB,
	.kvm_open = -ENOENT,
	.memlock = UINT64_MAX,
	.ncpus = 16,
};

static int caps[512];

/* What every KVM-HV of Linux 6.12 says. */
static const struct {
	uint32_t cap;
	int value;
} common[] = {
	{ KVM_CAP_PPC_PAPR, 1 },
	{ KVM_CAP_PPC_UNSET_IRQ, 1 },
	{ KVM_CAP_PPC_IRQ_LEVEL, 1 },
	{ KVM_CAP_ENABLE_CAP, 1 },
	{ KVM_CAP_ENABLE_CAP_VM, 1 },
	{ KVM_CAP_ONE_REG, 1 },
	{ KVM_CAP_IOEVENTFD, 1 },
	{ KVM_CAP_IMMEDIATE_EXIT, 1 },
	{ KVM_CAP_SET_GUEST_DEBUG, 1 },
	{ KVM_CAP_SYNC_MMU, 1 },
	{ KVM_CAP_PPC_GET_SMMU_INFO, 1 },
	{ KVM_CAP_PPC_SMT, 1 },
	{ KVM_CAP_PPC_SMT_POSSIBLE, 15 },
	{ KVM_CAP_NR_VCPUS, 16 },
	{ KVM_CAP_MAX_VCPUS, FAKE_NR_CPUS },
	{ KVM_CAP_MAX_VCPU_ID, 8 * FAKE_NR_CPUS },
	{ KVM_CAP_NR_MEMSLOTS, 32767 },
	{ KVM_CAP_PPC_ALLOC_HTAB, 1 },
	{ KVM_CAP_PPC_HTAB_FD, 1 },
	{ KVM_CAP_SPAPR_RESIZE_HPT, 1 },
	{ KVM_CAP_PPC_GET_CPU_CHAR, 1 },
	{ KVM_CAP_PPC_FWNMI, 1 },
	{ KVM_CAP_PPC_RTAS, 1 },
	{ KVM_CAP_PPC_ENABLE_HCALL, 1 },
	{ KVM_CAP_PPC_FIXUP_HCALL, 1 },
	{ KVM_CAP_SPAPR_TCE, 1 },
	{ KVM_CAP_SPAPR_TCE_64, 1 },
	{ KVM_CAP_SPAPR_MULTITCE, 1 },
	{ KVM_CAP_SPAPR_TCE_VFIO, 1 },
	{ KVM_CAP_IRQ_XICS, 1 },
	{ KVM_CAP_IRQFD, 1 },
	{ KVM_CAP_PPC_AIL_MODE_3, 1 },
	{ KVM_CAP_PPC_RPT_INVALIDATE, 1 },
};

static void serve_cells(const char *prop, uint64_t value, size_t len)
{
	char path[160];
	uint8_t cells[8];

	snprintf(path, sizeof(path), "/proc/device-tree/cpus/PowerPC,POWER%d@0/%s",
		 fake_facts.pvr >> 16 == 0x4e ? 9 : 10, prop);
	if (len == 4)
		be32_store(cells, (uint32_t)value);
	else
		be64_store(cells, value);
	fake_serve(path, cells, len);
}

/* As emulated machines have them; one that is a partition is told the mode that it runs in. */
static void serve_tree(bool partition)
{
	serve_cells("cpu-version", partition ? fake_facts.logical_pvr : fake_facts.pvr, 4);
	serve_cells("timebase-frequency", 512000000, 4);
	serve_cells("clock-frequency", 1000000000, 4);
	serve_cells("ibm,extended-clock-frequency", 1000000000, 8);
	serve_cells("d-cache-line-size", 128, 4);
	serve_cells("d-cache-size", 0x8000, 4);
	serve_cells("d-cache-sets", 32, 4);
	serve_cells("i-cache-line-size", 128, 4);
	serve_cells("i-cache-size", 0x8000, 4);
	serve_cells("i-cache-sets", 32, 4);
	serve_cells("ibm,slb-size", 32, 4);
	serve_cells("ibm,dec-bits", 56, 4);
}

void fake_host(enum fake_host_id id)
{
	bool compat = id == FAKE_L1_COMPAT, l1 = id == FAKE_L1 || compat;
	bool hash = id == FAKE_HASH, p10 = id == FAKE_P10_64K;

	memset(caps, 0, sizeof(caps));
	fake_served_reset();
	fake_facts = (struct fake_host_facts){
		.page_size = id == FAKE_P9_4K ? 4 * KiB : 64 * KiB,
		.pvr = p10 || compat ? PVR_POWER10 : PVR_POWER9,
		.logical_pvr = p10 ? 0x0f000006 : 0x0f000005,
		.kvm_open = id == FAKE_NO_KVM || id == FAKE_NOT_POWER ? -ENOENT : 0,
		.api_version = KVM_API_VERSION,
		.memlock = UINT64_MAX,
		.ncpus = 16,
		.has_hv = id != FAKE_NO_HV,
		.xics_on_xive = true,
	};
	for (size_t i = 0; i < ARRAY_LEN(common); i++)
		caps[common[i].cap] = common[i].value;
	caps[KVM_CAP_PPC_MMU_RADIX] = !hash;
	caps[KVM_CAP_PPC_MMU_HASH_V3] = !l1;
	caps[KVM_CAP_PPC_IRQ_XIVE] = !l1;
	caps[KVM_CAP_PPC_NESTED_HV] = !hash && !l1;
	caps[KVM_CAP_PPC_DAWR1] = p10;
	caps[KVM_CAP_PPC_HWRNG] = !l1;
	fake_vfio_host(id);
	if (id != FAKE_NOT_POWER)
		serve_tree(l1);
}

void fake_set_cap(uint32_t cap, int value)
{
	if (cap >= ARRAY_LEN(caps))
		abort();
	caps[cap] = value;
}

int fake_cap(uint32_t cap)
{
	return cap < ARRAY_LEN(caps) ? caps[cap] : 0;
}

void fake_set_pvr(uint32_t pvr)
{
	fake_facts.pvr = pvr;
}

void fake_set_memlock(uint64_t bytes)
{
	fake_facts.memlock = bytes;
}

void fake_set_kvm_open(int err)
{
	fake_facts.kvm_open = err;
}

void fake_set_api_version(int version)
{
	fake_facts.api_version = version ? version : KVM_API_VERSION;
}
