/* SPDX-License-Identifier: BSD-2-Clause */
#include "vfio/pci.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG VFIO_PCI_CONFIG_REGION_INDEX
#define COMMAND_OURS                                                                               \
	(PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE)
#define MAX_CAPS 48 /* a list cannot be longer: it would loop */

static struct vfio_pci *self(struct pci_func *f)
{
	return f->ctx;
}

static uint32_t config_read(struct pci_func *f, uint32_t off, uint32_t size)
{
	return (uint32_t)vfio_device_read(&self(f)->dev, CONFIG, off, size);
}

static void config_write(struct pci_func *f, uint32_t off, uint32_t size, uint32_t value)
{
	struct vfio_pci *v = self(f);

	if (vfio_write_sleeps(v, off, size, value))
		vfio_write_unlocked(v, off, size, value);
	else
		vfio_device_write(&v->dev, CONFIG, off, size, value);
}

/*
 * Memory decode of the real function stays on: the guest's decode bit only moves memory slots, so
 * there is no moment in which a slot leads to a BAR that does not answer.
 */
static void command_changed(struct pci_func *f, uint16_t old, uint16_t now)
{
	uint16_t host = (uint16_t)((now & ~PCI_COMMAND_INTX_DISABLE) | PCI_COMMAND_MEMORY);

	(void)old;
	vfio_device_write(&self(f)->dev, CONFIG, PCI_COMMAND, 2, host);
}

/* Disarms the device's interrupts; the image becomes as after a reset. */
static void forget(struct vfio_pci *v)
{
	vfio_irqs_off(v);
	if (v->msix_trapped)
		pci_msix_reset(&v->msix);
	vfio_pci_was_reset(v);
}

static void reset(struct pci_func *f)
{
	struct vfio_pci *v = self(f);

	forget(v);
	vfio_pci_wake(v); /* first: the function may have no reset */
	vfio_device_reset(&v->dev);
	vfio_device_write(&v->dev, CONFIG, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
}

/* After a reset of its PE the function is as after a reset of its own. */
static void irqs_changed(struct pci_func *f)
{
	struct vfio_pci *v = self(f);

	if (v->pe->phb->pe.eeh_held)
		forget(v);
	else
		vfio_irqs_changed(v);
}

static const struct pci_func_ops vfio_func_ops = {
	.config_read = config_read,
	.config_write = config_write,
	.command_changed = command_changed,
	.bar_moved = vfio_bar_moved,
	.bar_read = vfio_bar_read,
	.bar_write = vfio_bar_write,
	.irqs_changed = irqs_changed,
	.reset = reset,
};

/* A failed read must not pass for a device full of ones. */
static int read_image(struct vfio_pci *v)
{
	const struct vfio_region *rg = &v->dev.regions[CONFIG];
	uint8_t b[4];

	for (uint32_t off = 0; off < v->func.config_size; off += 4) {
		ssize_t n = sys_pread(v->dev.fd, b, sizeof(b), rg->offset + off);

		if (n != sizeof(b))
			return n < 0 ? (int)n : -EIO;
		pci_config_put(&v->func, off, 4, le32_load(b));
	}
	return 0;
}

static void init_msi(struct vfio_pci *v, uint32_t at)
{
	struct pci_func *f = &v->func;
	uint32_t flags = pci_config_get(f, at + PCI_MSI_FLAGS, 2);
	uint32_t len = flags & PCI_MSI_FLAGS_64BIT ? 10 : 6;

	f->msi_cap = (uint8_t)at;
	f->max_msi = 1u << (flags >> 1 & 7);
	if (f->max_msi > v->dev.irq_count[VFIO_PCI_MSI_IRQ_INDEX])
		f->max_msi = v->dev.irq_count[VFIO_PCI_MSI_IRQ_INDEX];
	f->msi32 = !(flags & PCI_MSI_FLAGS_64BIT);
	/* Enable and count are ours; address and data are kept for the guest to read back. */
	pci_config_put(f, at + PCI_MSI_FLAGS, 2,
		       flags & ~(PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE));
	pci_config_emulate(f, at + PCI_MSI_FLAGS, 2, 0xffff,
			   PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE);
	for (uint32_t i = 0; i < len; i += 2) {
		pci_config_put(f, at + PCI_MSI_ADDRESS_LO + i, 2, 0);
		pci_config_emulate(f, at + PCI_MSI_ADDRESS_LO + i, 2, 0xffff, 0xffff);
	}
}

static void init_msix(struct vfio_pci *v, uint32_t at)
{
	struct pci_func *f = &v->func;
	uint32_t flags = pci_config_get(f, at + PCI_MSIX_FLAGS, 2);
	uint32_t table = pci_config_get(f, at + PCI_MSIX_TABLE, 4);
	uint32_t pba = pci_config_get(f, at + PCI_MSIX_PBA, 4);

	f->msix_cap = (uint8_t)at;
	f->max_msix = (flags & PCI_MSIX_FLAGS_QSIZE) + 1;
	v->msix_bar = (int)(table & PCI_MSIX_TABLE_BIR);
	v->msix_offset = table & PCI_MSIX_TABLE_OFFSET;
	v->pba_bar = (int)(pba & PCI_MSIX_PBA_BIR);
	v->pba_offset = pba & PCI_MSIX_PBA_OFFSET;
	pci_config_put(f, at + PCI_MSIX_FLAGS, 2, flags & PCI_MSIX_FLAGS_QSIZE);
	pci_config_emulate(f, at + PCI_MSIX_FLAGS, 2, 0xffff,
			   PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
}

static void init_caps(struct vfio_pci *v)
{
	struct pci_func *f = &v->func;
	uint32_t at = pci_config_get(f, PCI_CAPABILITY_LIST, 1) & ~3u;

	if (!(pci_config_get(f, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST))
		return;
	for (int n = 0; at >= PCI_STD_HEADER_SIZEOF && n < MAX_CAPS; n++) {
		uint32_t id = pci_config_get(f, at + PCI_CAP_LIST_ID, 1);

		switch (id) {
		case PCI_CAP_ID_MSI:
			init_msi(v, at);
			break;
		case PCI_CAP_ID_MSIX:
			init_msix(v, at);
			break;
		case PCI_CAP_ID_PM:
			v->slow.pm = (uint8_t)at;
			break;
		case PCI_CAP_ID_EXP:
			v->slow.exp = (uint8_t)at;
			break;
		case PCI_CAP_ID_AF:
			v->slow.af = (uint8_t)at;
			break;
		case PCI_CAP_ID_VPD:
			v->slow.vpd = (uint8_t)at;
			break;
		default:
			break;
		}
		at = pci_config_get(f, at + PCI_CAP_LIST_NEXT, 1) & ~3u;
	}
}

/* Extended capabilities that a guest could not use as it thinks: they become null capabilities. */
static void hide_ext_caps(struct vfio_pci *v)
{
	static const uint16_t hidden[] = { PCI_EXT_CAP_ID_SRIOV, PCI_EXT_CAP_ID_ATS,
					   PCI_EXT_CAP_ID_PRI, PCI_EXT_CAP_ID_PASID,
					   PCI_EXT_CAP_ID_REBAR };
	struct pci_func *f = &v->func;
	uint32_t at = PCI_CFG_SPACE_SIZE;

	for (int n = 0; f->config_size > PCI_CFG_SPACE_SIZE && at >= PCI_CFG_SPACE_SIZE && n < 480;
	     n++) {
		uint32_t head = pci_config_get(f, at, 4);

		for (size_t i = 0; i < ARRAY_LEN(hidden); i++)
			if (PCI_EXT_CAP_ID(head) == hidden[i]) {
				pci_config_put(f, at, 4, head & 0xfff00000u); /* id 0, next kept */
				pci_config_emulate(f, at, 4, UINT32_MAX, 0);
			}
		at = PCI_EXT_CAP_NEXT(head);
	}
}

static int init_config(struct vfio_pci *v)
{
	struct pci_func *f = &v->func;
	int r = read_image(v);

	if (r < 0)
		return r;
	if (pci_config_get(f, PCI_VENDOR_ID, 2) == 0xffff)
		return -ENXIO;
	pci_config_put(f, PCI_COMMAND, 2, 0);
	pci_config_emulate(f, PCI_COMMAND, 2, COMMAND_OURS, COMMAND_OURS);
	pci_config_put(f, PCI_INTERRUPT_LINE, 1, 0);
	pci_config_emulate(f, PCI_INTERRUPT_LINE, 1, 0xff, 0xff);
	if (v->dev.irq_count[VFIO_PCI_INTX_IRQ_INDEX] == 0) {
		pci_config_put(f, PCI_INTERRUPT_PIN, 1, 0);
		pci_config_emulate(f, PCI_INTERRUPT_PIN, 1, 0xff, 0);
	}
	init_caps(v);
	hide_ext_caps(v);
	return 0;
}

struct vfio_pci *vfio_pci_new(struct vfio_pe *pe)
{
	struct vfio_pci *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->pe = pe;
	v->dev.fd = -1;
	v->intx.fd = v->intx.resample_fd = -1;
	v->request_fd = v->error_fd = -1;
	vfio_bars_none(v);
	return v;
}

int vfio_pci_open(struct vfio_pci *v, const char *bdf, uint8_t devfn, enum vfio_reset how)
{
	uint64_t config;
	int r = vfio_device_open(&v->dev, &v->pe->group, bdf, how);

	if (r < 0)
		return r;
	config = v->dev.regions[CONFIG].size;
	pci_func_init(&v->func, &vfio_func_ops, v, devfn,
		      config >= PCI_CONFIG_SIZE ? PCI_CONFIG_SIZE : PCI_LEGACY_CONFIG_SIZE);
	v->func.name = v->dev.bdf;
	r = init_config(v);
	if (r < 0) {
		if (r == -ENXIO)
			log_error("vfio %s: the device does not answer: reset it (\"echo 1 > "
				  "/sys/bus/pci/devices/%s/reset\"), or reboot the host",
				  bdf, bdf);
		else
			log_error("vfio %s: reading its configuration: %s", bdf, strerror(-r));
		return r;
	}
	r = vfio_bars_init(v);
	if (r < 0) {
		log_error("vfio %s: BARs: %s", bdf, strerror(-r));
		return r;
	}
	vfio_device_write(&v->dev, CONFIG, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	return 0;
}

void vfio_pci_start(struct vfio_pci *v)
{
	irqs_changed(&v->func); /* INTx, unless the guest says otherwise */
	vfio_news_on(v);
}

void vfio_pci_stop(struct vfio_pci *v)
{
	if (v->dev.fd < 0)
		return;
	/* No DMA from here on; then interrupts and slots. */
	vfio_device_write(&v->dev, CONFIG, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	vfio_irqs_off(v);
	phb_remove_func(v->pe->env->sp, v->pe->phb, &v->func);
	vfio_news_off(v);
	vfio_device_reset(&v->dev);
	vfio_bars_close(v);
}

void vfio_pci_close(struct vfio_pci *v)
{
	pci_msix_close(&v->msix);
	vfio_device_close(&v->dev);
	free(v);
}
