/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/kvm/facts.h"

#include "vmm/base/sys.h"
#include "vmm/kvm/uapi.h"

#include <string.h>

static void radix_pages(struct cpu_facts *f, const struct kvm_vm *vm)
{
	struct kvm_ppc_rmmu_info info;

	memset(&info, 0, sizeof(info));
	if (sys_ioctl(vm->fd, KVM_PPC_GET_RMMU_INFO, &info) < 0)
		return;
	f->nap = 0;
	for (size_t i = 0; i < ARRAY_LEN(info.ap_encodings) && info.ap_encodings[i]; i++)
		f->ap[f->nap++] = info.ap_encodings[i];
}

/* ibm,segment-page-sizes: base shift, SLB encoding, count, then count pairs of shift, encoding. */
static void segment_pages(struct cpu_facts *f, const struct kvm_vm *vm)
{
	struct kvm_ppc_smmu_info info;

	memset(&info, 0, sizeof(info));
	if (sys_ioctl(vm->fd, KVM_PPC_GET_SMMU_INFO, &info) < 0)
		return;
	f->slb_size = info.slb_size;
	f->nsps = 0;
	for (size_t i = 0; i < ARRAY_LEN(info.sps) && info.sps[i].page_shift; i++) {
		const struct kvm_ppc_one_seg_page_size *s = &info.sps[i];
		uint32_t n = 0;

		while (n < ARRAY_LEN(s->enc) && s->enc[n].page_shift)
			n++;
		if (f->nsps + 3 + 2 * n > CPU_MAX_SPS_CELLS)
			break;
		f->sps[f->nsps++] = s->page_shift;
		f->sps[f->nsps++] = s->slb_enc;
		f->sps[f->nsps++] = n;
		for (uint32_t k = 0; k < n; k++) {
			f->sps[f->nsps++] = s->enc[k].page_shift;
			f->sps[f->nsps++] = s->enc[k].pte_enc;
		}
	}
}

static void characteristics(struct cpu_facts *f, const struct kvm_vm *vm)
{
	struct kvm_ppc_cpu_char c;

	memset(&c, 0, sizeof(c));
	if (sys_ioctl(vm->fd, KVM_PPC_GET_CPU_CHAR, &c) < 0) {
		/* Nothing known: favour security, flush and fence everywhere. */
		f->behaviour = KVM_PPC_CPU_BEHAV_FAVOUR_SECURITY | KVM_PPC_CPU_BEHAV_L1D_FLUSH_PR |
			       KVM_PPC_CPU_BEHAV_BNDS_CHK_SPEC_BAR;
		return;
	}
	f->character = c.character & c.character_mask;
	f->behaviour = c.behaviour & c.behaviour_mask;
}

void kvm_facts_read(struct cpu_facts *f, const struct kvm_vm *vm, const struct kvm_caps *caps)
{
	if (caps->radix)
		radix_pages(f, vm);
	segment_pages(f, vm);
	characteristics(f, vm);
	f->dawr1 = caps->dawr1;
}
