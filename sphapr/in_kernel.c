/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions of calls that KVM finishes: a call that still arrives here was not for this
 * machine.
 */
#include "sphapr/hcall.h"
#include "sphapr/rtas.h"

long hcall_in_kernel(struct spapr *sp, uint64_t *a)
{
	(void)sp;
	(void)a;
	return H_FUNCTION;
}

int32_t rtas_in_kernel(struct spapr *sp, struct rtas_call *c)
{
	(void)sp;
	(void)c;
	return RTAS_PARAMETER;
}
