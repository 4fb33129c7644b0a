/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The BAR, the capabilities that say what is where in it, and the door to it in configuration space
 * (VIRTIO_PCI_CAP_PCI_CFG), through which firmware without BARs reaches the device.
 */
#include "devices/virtio/pci_private.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>
#include <stddef.h>

static uint64_t device_read(struct virtio_pci *v, uint64_t off, uint32_t size)
{
	uint64_t value = 0;

	if (v->type->config_read)
		v->type->config_read(v);
	for (uint32_t i = 0; i < size && off + i < v->config_len; i++)
		value |= (uint64_t)v->config[off + i] << 8 * i;
	return value;
}

static void device_write(struct virtio_pci *v, uint64_t off, uint32_t size, uint64_t value)
{
	uint8_t data[8];

	if (!v->type->config_write || off >= v->config_len || size > v->config_len - off)
		return;
	le64_store(data, value);
	v->type->config_write(v, (uint32_t)off, data, size);
}

static uint64_t bar_read(struct pci_func *f, int bar, uint64_t off, uint32_t size)
{
	struct virtio_pci *v = f->ctx;
	uint64_t in_page = off & 0xfff;

	(void)bar; /* there is one */
	switch (off & ~0xfffULL) {
	case VIRTIO_BAR_COMMON:
		return virtio_common_read(v, in_page, size);
	case VIRTIO_BAR_ISR:
		return in_page == 0 ? virtio_irq_read_isr(v) : 0;
	case VIRTIO_BAR_DEVICE:
		return device_read(v, in_page, size);
	case VIRTIO_BAR_MSIX:
		return pci_msix_table_read(&v->msix, in_page, size);
	case VIRTIO_BAR_PBA:
		return pci_msix_pba_read(&v->msix, in_page, size);
	default:
		return 0;
	}
}

static void bar_write(struct pci_func *f, int bar, uint64_t off, uint32_t size, uint64_t value)
{
	struct virtio_pci *v = f->ctx;
	uint64_t in_page = off & 0xfff;

	(void)bar;
	switch (off & ~0xfffULL) {
	case VIRTIO_BAR_COMMON:
		virtio_common_write(v, in_page, size, value);
		break;
	case VIRTIO_BAR_DEVICE:
		device_write(v, in_page, size, value);
		break;
	case VIRTIO_BAR_NOTIFY: /* where no ioeventfd is; the address says which queue */
		virtio_pci_resume(v);
		if (in_page / VIRTIO_NOTIFY_STRIDE < v->nqueues)
			virtio_pci_kick_self(v, (uint32_t)(in_page / VIRTIO_NOTIFY_STRIDE));
		break;
	case VIRTIO_BAR_MSIX:
		pci_msix_table_write(&v->msix, in_page, size, value);
		break;
	default:
		break;
	}
}

/* ---- the door ---- */

/* Where the door leads; false: the driver's words do not name an aligned place in the BAR. */
static bool door(const struct virtio_pci *v, uint32_t *off, uint32_t *size)
{
	const struct pci_func *f = &v->func;
	uint32_t at = v->cfg_cap;

	*off = pci_config_get(f, at + offsetof(struct virtio_pci_cap, offset), 4);
	*size = pci_config_get(f, at + offsetof(struct virtio_pci_cap, length), 4);
	return pci_config_get(f, at + offsetof(struct virtio_pci_cap, bar), 1) == VIRTIO_BAR &&
	       (*size == 1 || *size == 2 || *size == 4) && *off % *size == 0 &&
	       *off <= VIRTIO_BAR_SIZE - *size;
}

static bool is_door_data(const struct virtio_pci *v, uint32_t off)
{
	return off == v->cfg_cap + offsetof(struct virtio_pci_cfg_cap, pci_cfg_data);
}

static uint32_t config_read(struct pci_func *f, uint32_t off, uint32_t size)
{
	struct virtio_pci *v = f->ctx;
	uint32_t at, len;

	(void)size;
	if (!is_door_data(v, off) || !door(v, &at, &len))
		return 0;
	return (uint32_t)bar_read(f, VIRTIO_BAR, at, len);
}

static void config_write(struct pci_func *f, uint32_t off, uint32_t size, uint32_t value)
{
	struct virtio_pci *v = f->ctx;
	uint32_t at, len;

	(void)size;
	if (!is_door_data(v, off) || !door(v, &at, &len))
		return;
	bar_write(f, VIRTIO_BAR, at, len, len < 4 ? value & ((1U << 8 * len) - 1) : value);
}

/* ---- the function ---- */

static void bar_moved(struct pci_func *f, int bar)
{
	(void)bar;
	virtio_notify_route(f->ctx);
}

static void command_changed(struct pci_func *f, uint16_t old, uint16_t now)
{
	if ((now ^ old) & PCI_COMMAND_MASTER)
		virtio_pci_master_changed(f->ctx, now & PCI_COMMAND_MASTER);
}

static void irqs_changed(struct pci_func *f)
{
	virtio_irq_update(f->ctx);
}

static void reset(struct pci_func *f)
{
	virtio_pci_reset(f->ctx);
}

const struct pci_func_ops virtio_pci_func_ops = {
	.config_read = config_read,
	.config_write = config_write,
	.command_changed = command_changed,
	.bar_moved = bar_moved,
	.bar_read = bar_read,
	.bar_write = bar_write,
	.irqs_changed = irqs_changed,
	.reset = reset,
};

static uint8_t add_cap(struct virtio_pci *v, uint8_t type, uint32_t off, uint32_t len, uint8_t size)
{
	struct pci_func *f = &v->func;
	uint8_t at = pci_func_add_cap(f, PCI_CAP_ID_VNDR, size);

	if (!at)
		return 0;
	pci_config_put(f, at + offsetof(struct virtio_pci_cap, cap_len), 1, size);
	pci_config_put(f, at + offsetof(struct virtio_pci_cap, cfg_type), 1, type);
	pci_config_put(f, at + offsetof(struct virtio_pci_cap, bar), 1, VIRTIO_BAR);
	pci_config_put(f, at + offsetof(struct virtio_pci_cap, offset), 4, off);
	pci_config_put(f, at + offsetof(struct virtio_pci_cap, length), 4, len);
	return at;
}

static void make_door(struct virtio_pci *v, uint8_t at)
{
	struct pci_func *f = &v->func;
	uint32_t data = at + (uint32_t)offsetof(struct virtio_pci_cfg_cap, pci_cfg_data);

	v->cfg_cap = at;
	pci_config_emulate(f, at + offsetof(struct virtio_pci_cap, bar), 1, 0xff, 0xff);
	pci_config_emulate(f, at + offsetof(struct virtio_pci_cap, offset), 4, UINT32_MAX,
			   UINT32_MAX);
	pci_config_emulate(f, at + offsetof(struct virtio_pci_cap, length), 4, UINT32_MAX,
			   UINT32_MAX);
	pci_config_emulate(f, data, 4, 0, 0); /* comes to config_read and config_write */
}

/* The list is built from its end, so the first to be found is added last. */
int virtio_pci_add_caps(struct virtio_pci *v)
{
	uint8_t plain = sizeof(struct virtio_pci_cap);
	uint8_t cfg = add_cap(v, VIRTIO_PCI_CAP_PCI_CFG, 0, 0, sizeof(struct virtio_pci_cfg_cap));
	uint8_t notify;

	if (!cfg)
		return -ENOSPC;
	make_door(v, cfg);
	notify = add_cap(v, VIRTIO_PCI_CAP_NOTIFY_CFG, VIRTIO_BAR_NOTIFY,
			 VIRTIO_PCI_MAX_QUEUES * VIRTIO_NOTIFY_STRIDE,
			 sizeof(struct virtio_pci_notify_cap));
	if (!notify)
		return -ENOSPC;
	pci_config_put(&v->func,
		       notify + offsetof(struct virtio_pci_notify_cap, notify_off_multiplier), 4,
		       VIRTIO_NOTIFY_STRIDE);
	if (!add_cap(v, VIRTIO_PCI_CAP_DEVICE_CFG, VIRTIO_BAR_DEVICE, VIRTIO_PCI_MAX_CONFIG,
		     plain) ||
	    !add_cap(v, VIRTIO_PCI_CAP_ISR_CFG, VIRTIO_BAR_ISR, 4, plain) ||
	    !add_cap(v, VIRTIO_PCI_CAP_COMMON_CFG, VIRTIO_BAR_COMMON, VIRTIO_COMMON_SIZE, plain))
		return -ENOSPC;
	return 0;
}
