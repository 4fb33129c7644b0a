/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/virtio/pci.h"

#include "devices/virtio/pci_private.h"

#include <assert.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VENDOR_ID 0x1af4u
#define DEVICE_ID_BASE 0x1040u
#define REVISION 1u /* not transitional */

#define TRANSPORT_FEATURES                                                                         \
	(BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_RING_F_INDIRECT_DESC) | BIT(VIRTIO_RING_F_EVENT_IDX))

static void init_ids(struct virtio_pci *v)
{
	struct pci_func *f = &v->func;

	pci_config_put(f, PCI_VENDOR_ID, 2, VENDOR_ID);
	pci_config_put(f, PCI_DEVICE_ID, 2, DEVICE_ID_BASE + v->type->id);
	pci_config_put(f, PCI_CLASS_REVISION, 4, v->type->pci_class << 8 | REVISION);
	pci_config_put(f, PCI_SUBSYSTEM_VENDOR_ID, 2, VENDOR_ID);
	pci_config_put(f, PCI_SUBSYSTEM_ID, 2, DEVICE_ID_BASE + v->type->id);
	pci_config_put(f, PCI_INTERRUPT_PIN, 1, 1);
}

static int init_queues(struct virtio_pci *v, uint32_t n)
{
	v->queues = calloc(n, sizeof(*v->queues));
	if (!v->queues)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		struct virtio_queue *q = &v->queues[i];
		int r;

		snprintf(q->name, sizeof(q->name), "%s queue %u", v->id, i);
		q->index = i;
		q->owner = v;
		q->vq.dma = &v->dma;
		q->vq.name = q->name;
		q->kick_fd = q->call_fd = -1;
		q->kick_gpa = UINT64_MAX;
		q->vector = VIRTIO_NO_VECTOR;
		q->size_reg = v->type->queue_size;
		v->nqueues++;
		r = virtio_notify_init(v, q);
		if (r < 0)
			return r;
	}
	return 0;
}

int virtio_pci_init(struct virtio_pci *v, const struct virtio_type *type,
		    const struct device_env *env, const char *id, uint8_t devfn, uint32_t nqueues,
		    bool iommu)
{
	int r;

	assert(nqueues >= 1 && nqueues <= VIRTIO_PCI_MAX_QUEUES);
	assert(is_power_of_2(type->queue_size) && type->queue_size <= VIRTQ_MAX_SIZE);
	assert(type->max_chain > 0);
	*v = (struct virtio_pci){ .type = type, .env = env, .config_vector = VIRTIO_NO_VECTOR };
	snprintf(v->id, sizeof(v->id), "%s", id);
	v->max_chain = type->max_chain;
	v->dma.mem = env->mem;
	v->dma.ctx = env->ctx;
	v->offered = TRANSPORT_FEATURES | (iommu ? BIT(VIRTIO_F_ACCESS_PLATFORM) : 0);
	pci_func_init(&v->func, &virtio_pci_func_ops, v, devfn, PCI_LEGACY_CONFIG_SIZE);
	/* All is ours but the data of the door, which virtio_pci_add_caps() excepts. */
	memset(v->func.emu, 0xff, sizeof(v->func.emu));
	pci_config_emulate(&v->func, PCI_INTERRUPT_LINE, 1, 0xff, 0xff);
	v->func.name = v->id;
	init_ids(v);
	pci_func_set_bar(&v->func, VIRTIO_BAR, PCI_BAR_MEM64, true, VIRTIO_BAR_SIZE);
	r = virtio_pci_add_caps(v);
	if (r == 0)
		r = init_queues(v, nqueues);
	if (r == 0)
		r = virtio_irq_init(v);
	if (r < 0)
		virtio_pci_close(v);
	return r;
}

void virtio_pci_close(struct virtio_pci *v)
{
	if (!v->type)
		return;
	if (v->queues)
		virtio_pci_reset_now(v);
	for (uint32_t i = 0; i < v->nqueues; i++)
		virtio_notify_close(v, &v->queues[i]);
	free(v->queues);
	pci_msix_close(&v->msix);
	*v = (struct virtio_pci){ 0 };
}
