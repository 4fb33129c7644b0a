/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls about processors: characteristics, random numbers, system reset, and the scheduling calls
 * that KVM serves. Source: LoPAR 2.8 "H_GET_CPU_CHARACTERISTICS", "H_RANDOM", "H_SIGNAL_SYS_RESET",
 * "H_SET_SPRG0".
 */
#include "sphapr/hcall.h"
#include "sphapr/spapr.h"

static long h_get_cpu_characteristics(struct spapr *sp, uint64_t *a)
{
	a[0] = sp->cfg.cpu.character;
	a[1] = sp->cfg.cpu.behaviour;
	return H_SUCCESS;
}

static long h_random(struct spapr *sp, uint64_t *a)
{
	uint64_t v;

	if (sp->plat.random(sp->plat.ctx, &v, sizeof(v)) < 0)
		return H_HARDWARE;
	a[0] = v;
	return H_SUCCESS;
}

#define SYS_RESET_ALL (-1)
#define SYS_RESET_ALL_BUT_SELF (-2)

static long h_signal_sys_reset(struct spapr *sp, uint64_t *a)
{
	int64_t target = (int64_t)a[0];

	if (target < SYS_RESET_ALL_BUT_SELF || target > UINT32_MAX)
		return H_PARAMETER;
	if (target >= 0)
		return sp->plat.system_reset(sp->plat.ctx, (uint32_t)target) < 0 ? H_PARAMETER
										 : H_SUCCESS;
	for (uint32_t i = 0; i < spapr_nvcpus(sp); i++) {
		uint32_t server = spapr_server(sp, i);

		if (target == SYS_RESET_ALL_BUT_SELF && server == sp->caller)
			continue;
		/* A stopped vCPU has nothing to reset. */
		sp->plat.system_reset(sp->plat.ctx, server);
	}
	return H_SUCCESS;
}

static long h_set_sprg0(struct spapr *sp, uint64_t *a)
{
	return sp->plat.set_sprg0(sp->plat.ctx, a[0]) < 0 ? H_HARDWARE : H_SUCCESS;
}

static bool hwrng(const struct spapr *sp)
{
	return sp->cfg.hwrng;
}

static bool no_hwrng(const struct spapr *sp)
{
	return !sp->cfg.hwrng;
}

const struct hcall_desc hcalls_cpu[] = {
	{ H_GET_CPU_CHARACTERISTICS, "H_GET_CPU_CHARACTERISTICS", h_get_cpu_characteristics, NULL },
	{ H_RANDOM, "H_RANDOM", h_random, NULL, HCALL_KERNEL_ASK, hwrng },
	{ H_RANDOM, "H_RANDOM", h_random, NULL, HCALL_USER, no_hwrng },
	{ H_SIGNAL_SYS_RESET, "H_SIGNAL_SYS_RESET", h_signal_sys_reset, NULL },
	{ H_SET_SPRG0, "H_SET_SPRG0", h_set_sprg0, "hcall-sprg0" },
	{ H_REGISTER_VPA, "H_REGISTER_VPA", hcall_in_kernel, "hcall-splpar", HCALL_KERNEL },
	{ H_CEDE, "H_CEDE", hcall_in_kernel, "hcall-splpar", HCALL_KERNEL },
	{ H_CONFER, "H_CONFER", hcall_in_kernel, "hcall-splpar", HCALL_KERNEL },
	{ H_PROD, "H_PROD", hcall_in_kernel, "hcall-splpar", HCALL_KERNEL },
	{ H_SET_DABR, "H_SET_DABR", hcall_in_kernel, "hcall-dabr", HCALL_KERNEL },
	{ H_SET_XDABR, "H_SET_XDABR", hcall_in_kernel, "hcall-dabr", HCALL_KERNEL },
	{ 0 },
};
