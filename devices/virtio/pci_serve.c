/* SPDX-License-Identifier: BSD-2-Clause */
/* A device at work: may it run, what is in a queue, and what the driver has to be told. */
#include "devices/virtio/pci_private.h"
#include "vmm/base/event.h"
#include "vmm/base/log.h"

#include <linux/virtio_config.h>

bool virtio_pci_runs(const struct virtio_pci *v)
{
	return v->state == VIRTIO_LIVE && !(v->status & VIRTIO_CONFIG_S_NEEDS_RESET) &&
	       pci_func_bus_master(&v->func);
}

void virtio_pci_broken(struct virtio_pci *v, const char *what)
{
	log_guest("%s: %s: the device waits for a reset", v->id, what);
	if (v->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return;
	event_emit(EVENT_VIRTIO_BROKEN, { .s = v->id }, { .s = what });
	v->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	if (v->status & VIRTIO_CONFIG_S_DRIVER_OK)
		virtio_irq_config(v);
}

void virtio_pci_config_changed(struct virtio_pci *v)
{
	v->generation++;
	if (v->status & VIRTIO_CONFIG_S_DRIVER_OK && v->state == VIRTIO_LIVE)
		virtio_irq_config(v);
}

int virtio_pci_pop(struct virtio_pci *v, uint32_t q, struct virtq_chain *c)
{
	struct virtq *vq = virtio_pci_vq(v, q);
	int r = virtio_pci_runs(v) ? virtq_pop(vq, c) : 0;

	if (r < 0)
		virtio_pci_broken(v, vq->broken);
	return r;
}

void virtio_pci_publish(struct virtio_pci *v, uint32_t q)
{
	if (virtq_publish(virtio_pci_vq(v, q)) && v->state == VIRTIO_LIVE)
		virtio_irq_queue(v, &v->queues[q]);
}
