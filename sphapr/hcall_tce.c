/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCE calls. For a LIOBN with an in-kernel table KVM serves H_GET_TCE, mostly H_PUT_TCE as well
 * (vmm/machine/tce_plan.h), and hands us what it could not do. The two bulk calls are ours, unless
 * tce = "kernel".
 *
 * KVM may have done a part of a call that it hands us: each call is done anew, as a whole.
 * Source: LoPAR 2.8 "H_PUT_TCE", "H_STUFF_TCE", "H_PUT_TCE_INDIRECT", "H_GET_TCE".
 */
#include "sphapr/hcall.h"
#include "sphapr/spapr.h"
#include "sphapr/tce.h"

#define TCE_LIST_ALIGN (4 * KiB) /* so a list of TCE_BULK_MAX does not leave its page */

/* Counts a call for @n entries that ends with @status. Not four times in the program. */
static __attribute__((noinline)) long counted(struct pe *pe, const struct dma_window *w,
					      unsigned int call, uint64_t n, long status)
{
	struct tce_counts *c = &pe->tce[w->liobn - pe->liobn_base];

	c->calls[call]++;
	if (status == H_SUCCESS)
		c->entries += n;
	else
		c->failures++;
	return status;
}

/* liobn, ioba: r4 = TCE */
static long h_get_tce(struct spapr *sp, uint64_t *a)
{
	struct pe *pe;
	struct dma_window *w = tce_find_window(sp, a[0], &pe);

	return w ? counted(pe, w, TCE_GET, 0, tce_get(w, a[1], &a[0])) : H_PARAMETER;
}

/* liobn, ioba, tce */
static long h_put_tce(struct spapr *sp, uint64_t *a)
{
	struct pe *pe;
	struct dma_window *w = tce_find_window(sp, a[0], &pe);

	return w ? counted(pe, w, TCE_PUT, 1, tce_put_one(pe, w, sp->mem, a[1], a[2]))
		 : H_PARAMETER;
}

/* liobn, ioba, address of the list, count */
static long h_put_tce_indirect(struct spapr *sp, uint64_t *a)
{
	uint64_t tces[TCE_BULK_MAX], n = a[3];
	struct pe *pe;
	struct dma_window *w = tce_find_window(sp, a[0], &pe);

	/* LoPAR: < 0 is a number of tables; we are not of the Multi-TCE-Table option. */
	if ((int64_t)a[0] < 0)
		return H_FUNCTION;
	if (!w || n > TCE_BULK_MAX || !IS_ALIGNED(a[2], TCE_LIST_ALIGN) ||
	    gmem_read(sp->mem, a[2], tces, n * sizeof(*tces)) < 0)
		return H_PARAMETER;
	for (uint64_t i = 0; i < n; i++)
		tces[i] = be64_load(&tces[i]);
	return counted(pe, w, TCE_INDIRECT, n, tce_put(pe, w, sp->mem, a[1], tces, n));
}

/* liobn, ioba, tce, count. Linux passes 0 as count when it removes a default window. */
static long h_stuff_tce(struct spapr *sp, uint64_t *a)
{
	struct pe *pe;
	struct dma_window *w = tce_find_window(sp, a[0], &pe);

	return w ? counted(pe, w, TCE_STUFF, a[3], tce_stuff(pe, w, sp->mem, a[1], a[2], a[3]))
		 : H_PARAMETER;
}

const struct hcall_desc hcalls_tce[] = {
	{ H_GET_TCE, "H_GET_TCE", h_get_tce, "hcall-tce", HCALL_KERNEL },
	{ H_PUT_TCE, "H_PUT_TCE", h_put_tce, "hcall-tce", HCALL_KERNEL_PUT },
	{ H_PUT_TCE_INDIRECT, "H_PUT_TCE_INDIRECT", h_put_tce_indirect, "hcall-multi-tce",
	  HCALL_KERNEL_BULK },
	{ H_STUFF_TCE, "H_STUFF_TCE", h_stuff_tce, "hcall-multi-tce", HCALL_KERNEL_BULK },
	{ 0 },
};
