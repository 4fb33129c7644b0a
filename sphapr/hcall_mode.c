/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * H_SET_MODE: what applies to every vCPU of the partition (endianness and place of interrupts).
 * KVM serves the resources of a single vCPU (CIABR, DAWR) itself.
 * Source: LoPAR 2.8 "H_SET_MODE".
 */
#include "sphapr/hcall.h"
#include "sphapr/spapr.h"

enum { MODE_RESOURCE_AIL = 3, MODE_RESOURCE_LE = 4 };

/*
 * The mode is noted before it is set: setting waits for the other vCPUs, and one of them may ask for
 * the other half of the mode meanwhile, which starts from what is noted.
 */
static long set_mode(struct spapr *sp, struct cpu_mode mode)
{
	sp->cpu_mode = mode;
	return sp->plat.set_cpu_mode(sp->plat.ctx, mode) < 0 ? H_HARDWARE : H_SUCCESS;
}

static long h_set_mode(struct spapr *sp, uint64_t *a)
{
	uint64_t mflags = a[0], resource = a[1];
	struct cpu_mode mode = sp->cpu_mode;

	if (resource != MODE_RESOURCE_LE && resource != MODE_RESOURCE_AIL)
		return H_P2;
	if (a[2])
		return H_P3;
	if (a[3])
		return H_P4;
	if (resource == MODE_RESOURCE_LE) {
		if (mflags > 1)
			return H_UNSUPPORTED_FLAG;
		mode.ile = mflags == 1;
	} else {
		if (mflags != 0 && !(mflags == 3 && sp->cfg.ail3))
			return H_UNSUPPORTED_FLAG;
		mode.ail = (uint8_t)mflags;
	}
	return set_mode(sp, mode);
}

const struct hcall_desc hcalls_mode[] = {
	{ H_SET_MODE, "H_SET_MODE", h_set_mode, "hcall-set-mode", HCALL_KERNEL_ASK },
	{ 0 },
};
