/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One PCI function below its host bridge. Linux takes ids, BAR sizes and the need for vectors from
 * here. Source: IEEE 1275 "PCI Bus Binding" 2.1; LoPAR 2.8 "PCI Device Node Properties".
 */
#include "sphapr/fdt_tree.h"
#include "sphapr/phb.h"

#include <linux/pci_regs.h>
#include <stdio.h>

#define SPACE_IO 0x01000000u
#define SPACE_MEM32 0x02000000u
#define SPACE_MEM64 0x03000000u
#define SPACE_PREFETCH 0x40000000u
#define REG_CELLS 5
#define NAME_MAX 64

/* The first row that is equal to the function's class under @mask names the node. */
static const struct {
	uint32_t class, mask;
	const char *name;
} names[] = {
	{ 0x010000, 0xffff00, "scsi" },
	{ 0x010100, 0xffff00, "ide" },
	{ 0x010400, 0xffff00, "raid" },
	{ 0x010500, 0xffff00, "ata" },
	{ 0x010600, 0xffff00, "sata" },
	{ 0x010700, 0xffff00, "sas" },
	{ 0x010800, 0xffff00, "nvme" },
	{ 0x010000, 0xff0000, "mass-storage" },
	{ 0x020000, 0xffff00, "ethernet" },
	{ 0x020700, 0xffff00, "infiniband" },
	{ 0x020000, 0xff0000, "network" },
	{ 0x030000, 0xffff00, "vga" },
	{ 0x030200, 0xffff00, "3d-controller" },
	{ 0x030000, 0xff0000, "display" },
	{ 0x040000, 0xff0000, "multimedia-device" },
	{ 0x050000, 0xff0000, "memory-controller" },
	{ 0x060000, 0xff0000, "bridge" },
	{ 0x070000, 0xffff00, "serial" },
	{ 0x070000, 0xff0000, "communication-controller" },
	{ 0x080000, 0xff0000, "system-peripheral" },
	{ 0x090000, 0xff0000, "input-controller" },
	{ 0x0c0300, 0xffff00, "usb" },
	{ 0x0c0400, 0xffff00, "fibre-channel" },
	{ 0x0c0000, 0xff0000, "serial-bus" },
	{ 0x0d0000, 0xff0000, "wireless-controller" },
	{ 0x100000, 0xff0000, "encryption" },
	{ 0x120000, 0xff0000, "accelerator" },
	{ 0, 0, "pci-device" },
};

static const char *class_name(uint32_t class)
{
	size_t i = 0;

	while ((class & names[i].mask) != names[i].class)
		i++;
	return names[i].name;
}

static uint32_t class_of(struct pci_func *f)
{
	return pci_func_config_read(f, PCI_CLASS_REVISION, 4) >> 8;
}

static void name_func(struct pci_func *f, char *name, size_t size)
{
	int n = snprintf(name, size, "%s@%x", class_name(class_of(f)), f->devfn >> 3);

	if (f->devfn & 7)
		snprintf(name + n, size - (size_t)n, ",%x", f->devfn & 7);
}

void phb_func_path(const struct phb *p, struct pci_func *f, char *path, size_t size)
{
	char name[NAME_MAX];

	name_func(f, name, sizeof(name));
	snprintf(path, size, "/pci@%llx/%s", (unsigned long long)p->buid, name);
}

static uint32_t space_of(const struct pci_bar *bar)
{
	uint32_t prefetch = bar->prefetch ? SPACE_PREFETCH : 0;

	if (bar->kind == PCI_BAR_IO)
		return SPACE_IO;
	return prefetch | (bar->kind == PCI_BAR_MEM64 ? SPACE_MEM64 : SPACE_MEM32);
}

/* Configuration space first, then every BAR with its size and without an address. */
static void reg(const struct pci_func *f, struct fdtb *b)
{
	uint32_t cells[REG_CELLS * (2 + PCI_NUM_BARS)] = { (uint32_t)f->devfn << 8 };
	uint32_t n = REG_CELLS;

	for (int i = 0; i <= PCI_BAR_ROM; i++) {
		const struct pci_bar *bar = &f->bars[i];

		if (!bar->size)
			continue;
		cells[n++] = space_of(bar) | (uint32_t)f->devfn << 8 | pci_bar_reg(i);
		cells[n++] = 0;
		cells[n++] = 0;
		cells[n++] = (uint32_t)(bar->size >> 32);
		cells[n++] = (uint32_t)bar->size;
	}
	fdtb_cells(b, "reg", cells, n);
}

static void ids(struct pci_func *f, uint32_t class, struct fdtb *b)
{
	uint32_t subvendor = pci_func_config_read(f, PCI_SUBSYSTEM_VENDOR_ID, 2);
	uint32_t status = pci_func_config_read(f, PCI_STATUS, 2);

	fdtb_u32(b, "vendor-id", pci_func_config_read(f, PCI_VENDOR_ID, 2));
	fdtb_u32(b, "device-id", pci_func_config_read(f, PCI_DEVICE_ID, 2));
	fdtb_u32(b, "revision-id", pci_func_config_read(f, PCI_REVISION_ID, 1));
	fdtb_u32(b, "class-code", class);
	if (subvendor) {
		fdtb_u32(b, "subsystem-vendor-id", subvendor);
		fdtb_u32(b, "subsystem-id", pci_func_config_read(f, PCI_SUBSYSTEM_ID, 2));
	}
	fdtb_u32(b, "cache-line-size", pci_func_config_read(f, PCI_CACHE_LINE_SIZE, 1));
	fdtb_u32(b, "min-grant", pci_func_config_read(f, PCI_MIN_GNT, 1));
	fdtb_u32(b, "max-latency", pci_func_config_read(f, PCI_MAX_LAT, 1));
	fdtb_u32(b, "devsel-speed", (status & PCI_STATUS_DEVSEL_MASK) >> 9);
	if (status & PCI_STATUS_66MHZ)
		fdtb_empty(b, "66mhz-capable");
	if (status & PCI_STATUS_FAST_BACK)
		fdtb_empty(b, "fast-back-to-back");
}

static void loc_code(const struct phb *p, const struct pci_func *f, struct fdtb *b)
{
	char text[32];

	snprintf(text, sizeof(text), "phb%u/%02x.%x", p->index, f->devfn >> 3, f->devfn & 7U);
	fdtb_str(b, "ibm,loc-code", f->loc_code ? f->loc_code : text);
}

void fdt_pci_func(const struct phb *p, struct pci_func *f, uint32_t limit, struct fdtb *b)
{
	char name[NAME_MAX];

	name_func(f, name, sizeof(name));
	fdtb_begin(b, name);
	reg(f, b);
	ids(f, class_of(f), b);
	fdtb_u32(b, "#address-cells", 3);
	fdtb_u32(b, "#size-cells", 2);
	loc_code(p, f, b);
	if (f->intx_lisn)
		fdtb_u32(b, "interrupts", pci_func_pin(f));
	if (f->max_msi)
		fdtb_u32(b, "ibm,req#msi", f->max_msi < limit ? f->max_msi : limit);
	if (f->max_msix)
		fdtb_u32(b, "ibm,req#msi-x", f->max_msix < limit ? f->max_msix : limit);
	if (f->config_size == PCI_CONFIG_SIZE)
		fdtb_u32(b, "ibm,pci-config-space-type", 1);
	fdtb_end(b);
}
