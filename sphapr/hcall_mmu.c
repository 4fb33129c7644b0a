/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * H_REGISTER_PROC_TBL, and the MMU calls that KVM serves.
 * Source: LoPAR 2.8 "H_REGISTER_PROC_TBL"; Linux Documentation/virt/kvm/api.rst
 * KVM_PPC_CONFIGURE_V3_MMU.
 */
#include "sphapr/hcall.h"
#include "sphapr/spapr.h"

enum {
	PROC_TBL_GTSE = 0x01,
	PROC_TBL_HASH = 0x02, /* hash with a process table: not offered */
	PROC_TBL_RADIX = 0x04,
	PROC_TBL_REGISTER = 0x08,
	PROC_TBL_MODIFY = 0x10,
	PROC_TBL_FLAGS = 0x1f,
};

#define PATE1_RADIX (1ULL << 63)
#define PROC_TBL_MAX_SIZE 24

static long h_register_proc_tbl(struct spapr *sp, uint64_t *a)
{
	uint64_t flags = a[0], table = a[1], page_size = a[2], size = a[3];
	bool radix = flags & PROC_TBL_RADIX;
	uint64_t value = radix ? PATE1_RADIX : 0;

	if (flags & ~(uint64_t)PROC_TBL_FLAGS || flags & PROC_TBL_HASH)
		return H_PARAMETER;
	if (flags & PROC_TBL_MODIFY) {
		if (flags & PROC_TBL_REGISTER) {
			if (!radix)
				return H_PARAMETER;
			if (table & 0xfff || table >> 60)
				return H_P2;
			if (page_size)
				return H_P3;
			if (size > PROC_TBL_MAX_SIZE)
				return H_P4;
			value |= table | size;
		} else {
			/* De-register: the guest's MMU mode stays what it is. */
			radix = sp->mode.radix;
			value = radix ? PATE1_RADIX : 0;
		}
	} else if (flags & PROC_TBL_REGISTER) {
		return H_PARAMETER; /* "register" is a kind of "modify" */
	}
	if (radix != sp->mode.radix)
		return H_PARAMETER; /* the tree told which MMU this machine has */
	return sp->plat.set_proc_table(sp->plat.ctx, radix, flags & PROC_TBL_GTSE, value) < 0
		       ? H_PARAMETER
		       : H_SUCCESS;
}

/* Both calls are for partitions that let the hypervisor flush translations; our guests have tlbie. */
static long h_not_needed(struct spapr *sp, uint64_t *a)
{
	(void)sp;
	(void)a;
	return H_FUNCTION;
}

static bool hash(const struct spapr *sp)
{
	return !sp->mode.radix;
}

static bool rpt_invalidate(const struct spapr *sp)
{
	return sp->cfg.rpt_invalidate;
}

const struct hcall_desc hcalls_mmu[] = {
	{ H_REGISTER_PROC_TBL, "H_REGISTER_PROC_TBL", h_register_proc_tbl, NULL },
	{ H_CLEAN_SLB, "H_CLEAN_SLB", h_not_needed, NULL },
	{ H_INVALIDATE_PID, "H_INVALIDATE_PID", h_not_needed, NULL },
	{ H_RPT_INVALIDATE, "H_RPT_INVALIDATE", hcall_in_kernel, "hcall-rpt-invalidate",
	  HCALL_KERNEL_ASK, rpt_invalidate },
	/* Linux takes hcall-pft for "runs on a hypervisor", so a radix guest is told, too. */
	{ H_ENTER, "H_ENTER", hcall_in_kernel, "hcall-pft", HCALL_KERNEL },
	{ H_REMOVE, "H_REMOVE", hcall_in_kernel, "hcall-pft", HCALL_KERNEL },
	{ H_READ, "H_READ", hcall_in_kernel, "hcall-pft", HCALL_KERNEL },
	{ H_PROTECT, "H_PROTECT", hcall_in_kernel, "hcall-pft", HCALL_KERNEL },
	{ H_BULK_REMOVE, "H_BULK_REMOVE", hcall_in_kernel, "hcall-bulk", HCALL_KERNEL },
	{ H_CLEAR_MOD, "H_CLEAR_MOD", hcall_in_kernel, NULL, HCALL_KERNEL_ASK, hash },
	{ H_CLEAR_REF, "H_CLEAR_REF", hcall_in_kernel, NULL, HCALL_KERNEL_ASK, hash },
	{ 0 },
};
