/* SPDX-License-Identifier: BSD-2-Clause */
/* XICS presentation calls: KVM's in-kernel XICS serves them all. LoPAR 2.8 "Interrupt Support". */
#include "sphapr/hcall.h"
#include "sphapr/spapr.h"

static bool xics(const struct spapr *sp)
{
	return sp->mode.intc == INTC_XICS;
}

/* Linux reads hcall-interrupt as "interrupts come by hypercall": true for both controllers. */
const struct hcall_desc hcalls_int[] = {
	{ H_EOI, "H_EOI", hcall_in_kernel, NULL, HCALL_KERNEL, xics },
	{ H_CPPR, "H_CPPR", hcall_in_kernel, NULL, HCALL_KERNEL, xics },
	{ H_IPI, "H_IPI", hcall_in_kernel, NULL, HCALL_KERNEL, xics },
	{ H_IPOLL, "H_IPOLL", hcall_in_kernel, NULL, HCALL_KERNEL, xics },
	{ H_XIRR, "H_XIRR", hcall_in_kernel, "hcall-interrupt", HCALL_KERNEL, xics },
	{ H_XIRR_X, "H_XIRR_X", hcall_in_kernel, NULL, HCALL_KERNEL, xics },
	{ 0 },
};
