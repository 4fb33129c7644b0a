/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCE calls. KVM serves them for a LIOBN that has an in-kernel table. This machine has no DMA
 * window yet, so every LIOBN that arrives here names none.
 * Source: LoPAR 2.8 "H_PUT_TCE", "H_STUFF_TCE", "H_PUT_TCE_INDIRECT", "H_GET_TCE".
 */
#include "sphapr/hcall.h"
#include "sphapr/spapr.h"

static long h_no_liobn(struct spapr *sp, uint64_t *a)
{
	(void)sp;
	(void)a;
	return H_PARAMETER;
}

const struct hcall_desc hcalls_tce[] = {
	{ H_GET_TCE, "H_GET_TCE", h_no_liobn, "hcall-tce", HCALL_KERNEL },
	{ H_PUT_TCE, "H_PUT_TCE", h_no_liobn, "hcall-tce", HCALL_KERNEL },
	{ H_PUT_TCE_INDIRECT, "H_PUT_TCE_INDIRECT", h_no_liobn, "hcall-multi-tce",
	  HCALL_KERNEL_BULK },
	{ H_STUFF_TCE, "H_STUFF_TCE", h_no_liobn, "hcall-multi-tce", HCALL_KERNEL_BULK },
	{ 0 },
};
