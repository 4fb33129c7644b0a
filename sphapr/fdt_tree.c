/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's tree as a whole: which parts there are, and in which order. */
#include "sphapr/fdt_tree.h"

#include "sphapr/spapr.h"

#include <libfdt.h>

int spapr_fdt_build(const struct spapr *sp, const struct spapr_boot *boot, void **out, size_t *size)
{
	struct fdtb b;
	int r;

	fdtb_init(&b);
	if (boot->rtas_base)
		fdtb_reserve(&b, boot->rtas_base, boot->rtas_size);
	fdtb_begin(&b, "");
	fdt_root_props(sp, &b);
	fdt_chosen(sp, boot, &b);
	fdt_memory(sp, &b);
	fdt_cpus(sp, &b);
	fdt_rtas(sp, boot, &b);
	fdt_intc(sp, &b);
	fdt_events(sp, &b);
	fdt_vio(sp, &b);
	fdt_phbs(sp, &b);
	fdt_facilities(sp, &b);
	fdtb_end(&b);
	r = fdtb_finish(&b, out, size);
	if (r == 0)
		fdt_set_boot_cpuid_phys(*out, spapr_server(sp, 0));
	return r;
}
