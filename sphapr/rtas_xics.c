/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The XICS source calls. KVM answers them once vmm/kvm/calls.c has told KVM their tokens
 * (KVM_PPC_RTAS_DEFINE_TOKEN); they are rows here so that they have tokens. An XIVE machine has none
 * of these calls.
 * Source: LoPAR 2.8 "PowerPC External Interrupt Option".
 */
#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

static bool is_xics(const struct spapr *sp)
{
	return sp->mode.intc == INTC_XICS;
}

const struct rtas_desc rtas_xics[] = {
	{ "ibm,set-xive", 3, 1, 1, rtas_in_kernel, is_xics },
	{ "ibm,get-xive", 1, 3, 3, rtas_in_kernel, is_xics },
	{ "ibm,int-on", 1, 1, 1, rtas_in_kernel, is_xics },
	{ "ibm,int-off", 1, 1, 1, rtas_in_kernel, is_xics },
	{ 0 },
};
