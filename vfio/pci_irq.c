/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSI and MSI-X of a passed-through function. The guest's firmware call gave vectors to sources
 * (f->vectors), its configuration write says when they are wanted; the two together arm the device.
 * A vector costs three system calls and the host an interrupt, and a function may have 2,048: for a
 * guest's call all this is done without the machine lock (f->changing).
 */
#include "vfio/pci.h"

#include "sphapr/spapr.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t irq_index(enum pci_msi_kind kind)
{
	return kind == PCI_MSI ? VFIO_PCI_MSI_IRQ_INDEX : VFIO_PCI_MSIX_IRQ_INDEX;
}

static int slowly(struct vfio_pci *v, int (*fn)(void *arg))
{
	const struct spapr_platform *plat = &v->pe->env->sp->plat;

	return v->func.changing ? plat->without_lock(plat->ctx, fn, v) : fn(v);
}

static int disarm(void *arg)
{
	struct vfio_pci *v = arg;

	if (v->armed != PCI_MSI_NONE)
		vfio_device_set_irqs(&v->dev, irq_index(v->armed), NULL, 0);
	for (uint32_t i = 0; i < v->nfds; i++) {
		vfio_vector_route(v, i, false); /* a masked one has no route: no error */
		sys_close(v->fds[i]);
	}
	free(v->fds);
	v->fds = NULL;
	v->nfds = 0;
	v->armed = PCI_MSI_NONE;
	return 0;
}

static int arm(struct vfio_pci *v, const struct pci_vectors *vec)
{
	int r = 0;

	v->fds = calloc(vec->count, sizeof(*v->fds));
	if (!v->fds)
		return -ENOMEM;
	v->armed_first = vec->first;
	while (v->nfds < vec->count) {
		r = sys_eventfd();
		if (r < 0)
			return r;
		v->fds[v->nfds++] = r;
		if (vec->kind == PCI_MSIX && vfio_msix_masked(v, v->nfds - 1))
			continue;
		r = vfio_vector_route(v, v->nfds - 1, true);
		if (r < 0)
			return r;
	}
	r = vfio_device_set_irqs(&v->dev, irq_index(vec->kind), v->fds, v->nfds);
	if (r == 0)
		v->armed = vec->kind;
	return r < 0 ? r : 0;
}

static bool wanted(const struct pci_func *f)
{
	return f->vectors.count > 0 && pci_func_msi_enabled(f, f->vectors.kind);
}

/* As the image has it now; what cannot be armed is not. 0 or -errno. */
static int update_messages(void *arg)
{
	struct vfio_pci *v = arg;
	const struct pci_func *f = &v->func;
	const struct pci_vectors *vec = &f->vectors;
	int r;

	vfio_msix_control(v);
	if (v->armed != PCI_MSI_NONE && (!wanted(f) || v->armed != vec->kind ||
					 v->armed_first != vec->first || v->nfds != vec->count))
		disarm(v);
	if (!wanted(f) || v->armed != PCI_MSI_NONE)
		return 0;
	r = arm(v, vec);
	if (r < 0)
		disarm(v);
	return r;
}

void vfio_irqs_changed(struct vfio_pci *v)
{
	const struct pci_func *f = &v->func;
	const struct pci_vectors *vec = &f->vectors;
	bool msi_on = pci_func_msi_enabled(f, PCI_MSI) || pci_func_msi_enabled(f, PCI_MSIX);
	bool intx = f->intx_lisn && !msi_on && !pci_func_intx_disabled(f);
	int r;

	if (!intx)
		vfio_intx_off(v); /* a device delivers one kind at a time */
	r = slowly(v, update_messages);
	if (r < 0)
		log_guest("vfio %s: %u %s vectors: %s: the device's interrupts are lost",
			  v->dev.bdf, vec->count, vec->kind == PCI_MSI ? "MSI" : "MSI-X",
			  strerror(-r));
	if (intx && v->armed == PCI_MSI_NONE) {
		r = vfio_intx_on(v);
		if (r < 0)
			log_guest("vfio %s: INTx: %s: its interrupts are lost", v->dev.bdf,
				  strerror(-r));
	}
}

void vfio_irqs_off(struct vfio_pci *v)
{
	slowly(v, disarm);
	vfio_intx_off(v);
}
