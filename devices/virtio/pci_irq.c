/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts: MSI-X vectors where the driver enabled them, else the ISR byte and the INTx line; and
 * what becomes of the eventfd by which the kernel interrupts for a queue that it serves (call_fd).
 */
#include "devices/virtio/pci_private.h"
#include "vmm/base/sys.h"

#include <linux/pci_regs.h>

static bool msix_on(const struct virtio_pci *v)
{
	return pci_func_msi_enabled(&v->func, PCI_MSIX);
}

/* The source of a vector; 0: firmware gave it none. */
static uint32_t lisn_of(const struct virtio_pci *v, uint32_t vector)
{
	const struct pci_vectors *vec = &v->func.vectors;

	return vec->kind == PCI_MSIX && vector < vec->count ? vec->first + vector : 0;
}

static void raise_vector(struct virtio_pci *v, uint32_t vector)
{
	uint32_t lisn = lisn_of(v, vector);

	if (lisn)
		v->env->raise(v->env->ctx, lisn, true);
}

static void update_line(struct virtio_pci *v)
{
	struct pci_func *f = &v->func;
	bool up = v->isr && !msix_on(v) && !pci_func_intx_disabled(f);

	if (!f->intx_lisn || up == v->intx_up)
		return;
	v->intx_up = up;
	v->env->raise(v->env->ctx, f->intx_lisn, up);
}

static void interrupt(struct virtio_pci *v, uint16_t vector, uint8_t isr)
{
	if (!msix_on(v)) {
		v->isr |= isr;
		update_line(v);
	} else if (vector != VIRTIO_NO_VECTOR && pci_msix_fire(&v->msix, vector)) {
		raise_vector(v, vector);
	}
}

void virtio_irq_queue(struct virtio_pci *v, struct virtio_queue *q)
{
	q->interrupts++;
	interrupt(v, q->vector, VIRTIO_ISR_QUEUE);
}

void virtio_irq_config(struct virtio_pci *v)
{
	interrupt(v, v->config_vector, VIRTIO_ISR_CONFIG);
}

uint8_t virtio_irq_read_isr(struct virtio_pci *v)
{
	uint8_t isr = v->isr;

	v->isr = 0;
	update_line(v);
	return isr;
}

/* Where call_fd of a queue of the kernel's may lead now; 0: to the loop. */
static uint32_t open_lisn(const struct virtio_pci *v, const struct virtio_queue *q)
{
	if (!q->handed_over || !msix_on(v) || pci_msix_masked(&v->msix, q->vector))
		return 0;
	return lisn_of(v, q->vector);
}

void virtio_irq_route(struct virtio_pci *v, struct virtio_queue *q)
{
	const struct device_env *env = v->env;
	uint32_t lisn = open_lisn(v, q);

	if (lisn == q->call_lisn)
		return;
	if (q->call_lisn)
		env->irqfd(env->ctx, q->call_fd, q->call_lisn, false);
	else
		loop_mod(env->loop, q->call_fd, 0);
	q->call_lisn = 0;
	if (lisn && env->irqfd(env->ctx, q->call_fd, lisn, true) == 0)
		q->call_lisn = lisn;
	else
		loop_mod(env->loop, q->call_fd, EPOLLIN);
}

static void route_all(struct virtio_pci *v)
{
	for (uint32_t i = 0; i < v->nqueues; i++)
		virtio_irq_route(v, &v->queues[i]);
}

static void mask_changed(void *ctx, uint32_t vector, bool masked)
{
	struct virtio_pci *v = ctx;

	if (!masked && msix_on(v) && pci_msix_take_pending(&v->msix, vector))
		raise_vector(v, vector);
	route_all(v);
}

void virtio_irq_update(struct virtio_pci *v)
{
	struct pci_func *f = &v->func;
	uint32_t control = pci_config_get(f, f->msix_cap + PCI_MSIX_FLAGS, 2);

	pci_msix_set_function_mask(&v->msix, control & PCI_MSIX_FLAGS_MASKALL);
	/* What waited while MSI-X itself was off. */
	for (uint32_t i = 0; msix_on(v) && i < v->msix.n; i++)
		if (!pci_msix_masked(&v->msix, i) && pci_msix_take_pending(&v->msix, i))
			raise_vector(v, i);
	update_line(v);
	route_all(v);
}

int virtio_irq_init(struct virtio_pci *v)
{
	uint32_t n = v->nqueues + 1; /* one for configuration changes */
	int r = pci_msix_init(&v->msix, n, mask_changed, v);

	return r < 0 ? r
		     : pci_func_set_msix(&v->func, 0, n, VIRTIO_BAR, VIRTIO_BAR_MSIX, VIRTIO_BAR,
					 VIRTIO_BAR_PBA);
}

void virtio_irq_reset(struct virtio_pci *v)
{
	v->isr = 0;
	update_line(v);
}
