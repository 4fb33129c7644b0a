/* SPDX-License-Identifier: BSD-2-Clause */
/* What KVM tells of the host's processor. */
#include "tests/fake/kernel.h"

#include <errno.h>
#include <string.h>

int fake_rmmu_info(struct kvm_ppc_rmmu_info *info)
{
	static const uint32_t ap[] = { 0x0000000c, 0xa0000010, 0x20000015, 0x4000001e };

	if (!fake_cap(KVM_CAP_PPC_MMU_RADIX))
		return -EINVAL;
	memset(info, 0, sizeof(*info));
	info->geometries[0] = (struct kvm_ppc_radix_geom){ 12, { 9, 9, 9, 13 }, { 0 } };
	info->geometries[1] = (struct kvm_ppc_radix_geom){ 16, { 5, 9, 9, 13 }, { 0 } };
	memcpy(info->ap_encodings, ap, sizeof(ap));
	return 0;
}

/* What a POWER9 says: base pages of 4K, 64K and 16M, and larger ones in segments of the first two. */
int fake_smmu_info(struct kvm_ppc_smmu_info *info)
{
	static const struct kvm_ppc_one_seg_page_size sps[] = {
		{ 12, 0, { { 12, 0 }, { 16, 7 }, { 24, 56 } } },
		{ 16, 0x110, { { 16, 1 }, { 24, 8 } } },
		{ 24, 0x100, { { 24, 0 } } },
	};

	if (!fake_cap(KVM_CAP_PPC_GET_SMMU_INFO))
		return -ENOTTY;
	memset(info, 0, sizeof(*info));
	info->flags = KVM_PPC_PAGE_SIZES_REAL | KVM_PPC_1T_SEGMENTS;
	info->slb_size = 32;
	memcpy(info->sps, sps, sizeof(sps));
	return 0;
}

int fake_cpu_char(struct kvm_ppc_cpu_char *c)
{
	if (!fake_cap(KVM_CAP_PPC_GET_CPU_CHAR))
		return -ENOTTY;
	*c = (struct kvm_ppc_cpu_char){
		.character = KVM_PPC_CPU_CHAR_SPEC_BAR_ORI31 | KVM_PPC_CPU_CHAR_L1D_THREAD_PRIV,
		.behaviour = ~0ULL, /* only the mask tells which of these mean anything */
		.character_mask =
			KVM_PPC_CPU_CHAR_SPEC_BAR_ORI31 | KVM_PPC_CPU_CHAR_L1D_THREAD_PRIV,
		.behaviour_mask =
			KVM_PPC_CPU_BEHAV_FAVOUR_SECURITY | KVM_PPC_CPU_BEHAV_L1D_FLUSH_PR,
	};
	return 0;
}
