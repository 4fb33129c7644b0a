/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/machine/passthrough_metrics.h"

#include "vfio/pci.h"
#include "vmm/machine/passthrough.h"

/* Where KVM is told of the guest's EOI by itself, interrupts pass us unseen. */
static void intx(const struct metric *m, const void *obj, struct metric_out *out)
{
	const struct passthrough *p = obj;

	(void)m;
	for (uint32_t i = 0; i < p->groups.n && !p->vfio.resample; i++) {
		const struct vfio_pe *pe = &p->groups.group[i].pe;

		for (uint32_t f = 0; f < pe->nfuncs; f++)
			metric_put(out, pe->funcs[f]->intx.fired,
				   METRIC_TEXT("device", pe->funcs[f]->func.name));
	}
}

static void registered(const struct metric *m, const void *obj, struct metric_out *out)
{
	const struct passthrough *p = obj;

	(void)m;
	for (uint32_t i = 0; i < p->groups.n; i++) {
		const struct vfio_container *c = &p->groups.group[i].pe.container;
		uint64_t bytes = 0;

		for (int r = 0; r < c->nregs; r++)
			bytes += c->regs[r].size;
		metric_put(out, bytes, METRIC_NUMBER("group", (uint64_t)p->groups.group[i].id));
	}
}

const struct metric passthrough_metrics[] = {
	{ "vfio_intx_total", "INTx interrupts of passed-through devices.", intx },
	{ "memory_registered_bytes", "Guest RAM pinned for a group's devices.", registered },
	{ 0 },
};
