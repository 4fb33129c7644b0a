/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "kvm"
#include "vmm/kvm/caps.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/kvm/uapi.h"

#include <errno.h>

enum need {
	NEEDED, /* no guest without it */
	USEFUL, /* its absence is worth a warning */
	CHOICE, /* one of several ways; whoever chooses says what it means */
};

struct cap_row {
	uint32_t cap;
	const char *name;
	enum need need;
	const char *price; /* what its absence means */
};

#define CAP(name) KVM_CAP_##name, "KVM_CAP_" #name

static const struct cap_row rows[] = {
	{ CAP(PPC_PAPR), NEEDED, "this kernel's KVM runs no pseries guests" },
	{ CAP(ONE_REG), NEEDED, "registers cannot be set" },
	{ CAP(ENABLE_CAP), NEEDED, "PAPR mode cannot be enabled" },
	{ CAP(ENABLE_CAP_VM), NEEDED, "features of the VM cannot be enabled" },
	{ CAP(IMMEDIATE_EXIT), NEEDED, "a vCPU could not be stopped reliably" },
	{ CAP(SYNC_MMU), NEEDED, "guest memory cannot be ordinary process memory" },
	{ CAP(PPC_SMT), NEEDED, "vCPU numbers cannot be chosen" },
	{ CAP(PPC_MMU_RADIX), CHOICE, "no radix guests" },
	{ CAP(PPC_MMU_HASH_V3), CHOICE, "no hash guests" },
	{ CAP(IRQ_XICS), CHOICE, "no in-kernel XICS" },
	{ CAP(PPC_IRQ_XIVE), CHOICE, "no in-kernel XIVE" },
	{ CAP(PPC_ENABLE_HCALL), USEFUL,
	  "H_SET_MODE, H_PAGE_INIT and their like take a round trip through user space" },
	{ CAP(PPC_RTAS), USEFUL, "XICS guests cannot route interrupts" },
	{ CAP(PPC_GET_CPU_CHAR), USEFUL,
	  "the guest cannot know which speculation barriers the CPU needs and uses all of them" },
	{ CAP(PPC_AIL_MODE_3), USEFUL, "guest interrupts switch the MMU off and on: slower" },
	{ CAP(IRQFD), USEFUL, "device interrupts take a detour through user space" },
	{ CAP(PPC_HWRNG), CHOICE, "H_RANDOM is answered from the host kernel's generator" },
	{ CAP(PPC_DAWR1), CHOICE, "no second watchpoint" },
	{ CAP(PPC_RPT_INVALIDATE), CHOICE, "no H_RPT_INVALIDATE" },
	{ CAP(SPAPR_TCE_64), CHOICE, "TCE hypercalls are served in user space" },
	{ CAP(SPAPR_MULTITCE), CHOICE, "bulk TCE hypercalls are served in user space" },
	{ CAP(SPAPR_TCE_VFIO), CHOICE, "no in-kernel H_PUT_TCE for passthrough" },
	{ CAP(IRQFD_RESAMPLE), CHOICE, "level interrupts of devices end in user space" },
};

static int has(const struct kvm_vm *vm, uint32_t cap)
{
	return kvm_vm_check(vm, cap);
}

/* A row whose capability this kernel has is named; one that it lacks says what that means. */
static void judge_row(const struct cap_row *row, int value, struct finding *f)
{
	static const enum verdict missing[] = {
		[NEEDED] = VERDICT_FAIL,
		[USEFUL] = VERDICT_WARN,
		[CHOICE] = VERDICT_NOTE,
	};

	if (value) {
		finding_ok(f, "", row->name, "%s", "");
		return;
	}
	finding_set(f, missing[row->need], "", "kvm", "%s is missing: %s", row->name, row->price);
	if (row->need == NEEDED)
		finding_remedy(f, "a newer host kernel with kvm_hv is needed");
}

static int judge_rows(const struct kvm_vm *vm, kvm_caps_say *say, void *ctx)
{
	struct finding f;
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int value = has(vm, rows[i].cap);

		log_debug("%s: %d", rows[i].name, value);
		judge_row(&rows[i], value, &f);
		if (f.verdict == VERDICT_FAIL)
			r = -ENOTSUP;
		say(ctx, &f);
	}
	return r;
}

int kvm_caps_read(struct kvm_caps *caps, const struct kvm_vm *vm, kvm_caps_say *say, void *ctx)
{
	int r = judge_rows(vm, say, ctx);
	bool xive = has(vm, KVM_CAP_PPC_IRQ_XIVE);

	if (r < 0)
		return r;
	*caps = (struct kvm_caps){
		.radix = has(vm, KVM_CAP_PPC_MMU_RADIX),
		.hash = has(vm, KVM_CAP_PPC_MMU_HASH_V3) || !has(vm, KVM_CAP_PPC_MMU_RADIX),
		.xics = has(vm, KVM_CAP_IRQ_XICS),
		/* The controller's pages are 64K; KVM maps them by host pages (xive_native.c). */
		.xive = xive && sys_page_size() == 64 * KiB,
		.xive_no_map = xive && sys_page_size() != 64 * KiB,
		.enable_hcall = has(vm, KVM_CAP_PPC_ENABLE_HCALL),
		.rtas_tokens = has(vm, KVM_CAP_PPC_RTAS),
		.hwrng = has(vm, KVM_CAP_PPC_HWRNG),
		.ail3 = has(vm, KVM_CAP_PPC_AIL_MODE_3),
		.dawr1 = has(vm, KVM_CAP_PPC_DAWR1),
		.rpt_invalidate = has(vm, KVM_CAP_PPC_RPT_INVALIDATE),
		.tce64 = has(vm, KVM_CAP_SPAPR_TCE_64),
		.tce_bulk = has(vm, KVM_CAP_SPAPR_MULTITCE),
		.tce_vfio = has(vm, KVM_CAP_SPAPR_TCE_VFIO),
		.irqfd = has(vm, KVM_CAP_IRQFD),
		.irqfd_resample = has(vm, KVM_CAP_IRQFD_RESAMPLE),
		.smt_possible = (uint32_t)has(vm, KVM_CAP_PPC_SMT_POSSIBLE),
		.max_vcpus = (uint32_t)has(vm, KVM_CAP_MAX_VCPUS),
		.max_vcpu_id = (uint32_t)has(vm, KVM_CAP_MAX_VCPU_ID),
		.host_cpus = (uint32_t)has(vm, KVM_CAP_NR_VCPUS),
	};
	return 0;
}
