/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_MODE_H
#define SPHAPR_MODE_H

/*
 * What guest and platform have to agree on before they can work together: the guest's MMU and its
 * interrupt controller. Both are chosen before the first instruction (vmm/machine/choices.c), and
 * the tree says so; where firmware runs the guest may choose again, by
 * ibm,client-architecture-support (cas.h).
 *
 * struct spapr owns the only copy. The controller, its KVM device and the vCPUs borrow a pointer to
 * that copy, and nothing is derived from it once for all, so the mode may change.
 */

#include <stdbool.h>

enum intc_kind { INTC_XICS, INTC_XIVE };

struct spapr_mode {
	bool radix;          /* the guest's MMU; false: hash, with a page table of the VMM's */
	enum intc_kind intc; /* what intc.h presents */
};

#endif
