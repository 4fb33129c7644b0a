/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The common configuration structure. A read of any size and place takes bytes of a picture of the
 * structure; a write counts when it is a whole field, or a half of one of 64 bits, else it is dropped.
 */
#include "devices/virtio/pci_private.h"

#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <string.h>

/* NULL: there is no such queue. */
static struct virtio_queue *selected(struct virtio_pci *v)
{
	return v->queue_select < v->nqueues ? &v->queues[v->queue_select] : NULL;
}

static uint32_t half(uint64_t features, uint32_t select)
{
	return select > 1 ? 0 : (uint32_t)(features >> 32 * select);
}

static void paint_queue(const struct virtio_queue *q, uint8_t *p)
{
	le16_store(p + VIRTIO_PCI_COMMON_Q_SIZE, q->size_reg);
	le16_store(p + VIRTIO_PCI_COMMON_Q_MSIX, q->vector);
	le16_store(p + VIRTIO_PCI_COMMON_Q_ENABLE, q->vq.enabled);
	le16_store(p + VIRTIO_PCI_COMMON_Q_NOFF, (uint16_t)q->index);
	le64_store(p + VIRTIO_PCI_COMMON_Q_DESCLO, q->desc_reg);
	le64_store(p + VIRTIO_PCI_COMMON_Q_AVAILLO, q->avail_reg);
	le64_store(p + VIRTIO_PCI_COMMON_Q_USEDLO, q->used_reg);
}

static void paint(struct virtio_pci *v, uint8_t *p)
{
	const struct virtio_queue *q = selected(v);

	memset(p, 0, VIRTIO_COMMON_SIZE);
	le32_store(p + VIRTIO_PCI_COMMON_DFSELECT, v->device_feature_select);
	le32_store(p + VIRTIO_PCI_COMMON_DF, half(v->offered, v->device_feature_select));
	le32_store(p + VIRTIO_PCI_COMMON_GFSELECT, v->driver_feature_select);
	le32_store(p + VIRTIO_PCI_COMMON_GF, half(v->features, v->driver_feature_select));
	le16_store(p + VIRTIO_PCI_COMMON_MSIX, v->config_vector);
	le16_store(p + VIRTIO_PCI_COMMON_NUMQ, (uint16_t)v->nqueues);
	p[VIRTIO_PCI_COMMON_STATUS] = v->status;
	p[VIRTIO_PCI_COMMON_CFGGENERATION] = v->generation;
	le16_store(p + VIRTIO_PCI_COMMON_Q_SELECT, v->queue_select);
	le16_store(p + VIRTIO_PCI_COMMON_Q_MSIX, VIRTIO_NO_VECTOR);
	if (q)
		paint_queue(q, p);
}

uint64_t virtio_common_read(struct virtio_pci *v, uint64_t off, uint32_t size)
{
	uint8_t p[VIRTIO_COMMON_SIZE];
	uint64_t value = 0;

	paint(v, p);
	for (uint32_t i = 0; i < size && off + i < sizeof(p); i++)
		value |= (uint64_t)p[off + i] << 8 * i;
	return value;
}

static void write_driver_features(struct virtio_pci *v, uint32_t value)
{
	uint32_t shift = 32 * v->driver_feature_select;

	if (v->driver_feature_select > 1 || v->status & VIRTIO_CONFIG_S_FEATURES_OK)
		return;
	v->features = (v->features & ~(0xffffffffULL << shift)) | (uint64_t)value << shift;
}

static uint16_t vector_for(const struct virtio_pci *v, uint64_t value)
{
	return value < v->msix.n ? (uint16_t)value : VIRTIO_NO_VECTOR;
}

/* Whole fields but those of a queue. False: it is none of these. */
static bool write_device(struct virtio_pci *v, uint64_t off, uint32_t size, uint64_t value)
{
	switch (off << 8 | size) {
	case VIRTIO_PCI_COMMON_DFSELECT << 8 | 4:
		v->device_feature_select = (uint32_t)value;
		return true;
	case VIRTIO_PCI_COMMON_GFSELECT << 8 | 4:
		v->driver_feature_select = (uint32_t)value;
		return true;
	case VIRTIO_PCI_COMMON_GF << 8 | 4:
		write_driver_features(v, (uint32_t)value);
		return true;
	case VIRTIO_PCI_COMMON_MSIX << 8 | 2:
		v->config_vector = vector_for(v, value);
		return true;
	case VIRTIO_PCI_COMMON_STATUS << 8 | 1:
		virtio_pci_set_status(v, (uint8_t)value);
		return true;
	case VIRTIO_PCI_COMMON_Q_SELECT << 8 | 2:
		v->queue_select = (uint16_t)value;
		return true;
	default:
		return false;
	}
}

static void write_address(uint64_t *reg, bool high, uint32_t size, uint64_t value)
{
	if (size == 8 && !high)
		*reg = value;
	else if (size == 4 && high)
		*reg = (*reg & 0xffffffff) | value << 32;
	else if (size == 4)
		*reg = (*reg & ~0xffffffffULL) | value;
}

static void write_queue(struct virtio_pci *v, struct virtio_queue *q, uint64_t off, uint32_t size,
			uint64_t value)
{
	if (off == VIRTIO_PCI_COMMON_Q_MSIX && size == 2) {
		q->vector = vector_for(v, value);
		virtio_irq_route(v, q);
		return;
	}
	/* From here on: frozen once the queue is enabled or the driver has said DRIVER_OK. */
	if (q->vq.enabled || v->state != VIRTIO_RESET)
		return;
	switch (off) {
	case VIRTIO_PCI_COMMON_Q_SIZE:
		if (size == 2 && is_power_of_2(value) && value <= v->type->queue_size)
			q->size_reg = (uint16_t)value;
		break;
	case VIRTIO_PCI_COMMON_Q_ENABLE:
		if (size == 2 && value == 1)
			virtio_pci_enable_queue(v, q);
		break;
	case VIRTIO_PCI_COMMON_Q_DESCLO:
	case VIRTIO_PCI_COMMON_Q_DESCHI:
		write_address(&q->desc_reg, off & 4, size, value);
		break;
	case VIRTIO_PCI_COMMON_Q_AVAILLO:
	case VIRTIO_PCI_COMMON_Q_AVAILHI:
		write_address(&q->avail_reg, off & 4, size, value);
		break;
	case VIRTIO_PCI_COMMON_Q_USEDLO:
	case VIRTIO_PCI_COMMON_Q_USEDHI:
		write_address(&q->used_reg, off & 4, size, value);
		break;
	default:
		break;
	}
}

void virtio_common_write(struct virtio_pci *v, uint64_t off, uint32_t size, uint64_t value)
{
	struct virtio_queue *q = selected(v);

	if (off < VIRTIO_COMMON_SIZE && !write_device(v, off, size, value) && q)
		write_queue(v, q, off, size, value);
}
