/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the functions look like: as QEMU's nvme and e1000e, with SR-IOV and error reporting added.
 * Configuration is what vfio-pci shows of it: BARs are virtual, hidden capabilities are hidden.
 */
#include "tests/fake/vfio_impl.h"

#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

static void put(struct fake_hostdev *d, uint32_t off, uint32_t size, uint32_t value,
		uint32_t writable)
{
	for (uint32_t i = 0; i < size; i++) {
		d->config[off + i] = (uint8_t)(value >> 8 * i);
		d->wmask[off + i] = (uint8_t)(writable >> 8 * i);
	}
}

static void ids(struct fake_hostdev *d, uint16_t vendor, uint16_t device, uint32_t class)
{
	put(d, PCI_VENDOR_ID, 4, (uint32_t)device << 16 | vendor, 0);
	put(d, PCI_COMMAND, 2, 0, 0x0547);
	put(d, PCI_STATUS, 2, PCI_STATUS_CAP_LIST, 0);
	put(d, PCI_REVISION_ID, 4, class << 8 | 2, 0);
	put(d, PCI_CACHE_LINE_SIZE, 1, 0, 0xff);
	put(d, PCI_SUBSYSTEM_VENDOR_ID, 4, 0x11001af4, 0);
	put(d, PCI_INTERRUPT_LINE, 1, 0xff, 0xff);
	put(d, PCI_INTERRUPT_PIN, 1, 1, 0);
	d->nintx = 1;
}

static void bar(struct fake_hostdev *d, int i, uint64_t size, uint32_t flags)
{
	uint32_t reg = i == 6 ? PCI_ROM_ADDRESS : PCI_BASE_ADDRESS_0 + 4 * (uint32_t)i;

	d->bars[i] = (struct fake_bar){
		.size = size,
		.io = flags & PCI_BASE_ADDRESS_SPACE_IO,
		.mem64 = flags & PCI_BASE_ADDRESS_MEM_TYPE_64,
		.mappable = i < 6 && !(flags & PCI_BASE_ADDRESS_SPACE_IO),
	};
	put(d, reg, 4, flags, (uint32_t)~(size - 1));
	if (d->bars[i].mem64)
		put(d, reg + 4, 4, 0, UINT32_MAX);
}

/* A capability at the end of the list. */
static void cap(struct fake_hostdev *d, uint8_t id, uint8_t at)
{
	uint8_t *link = &d->config[PCI_CAPABILITY_LIST];

	while (*link)
		link = &d->config[*link + 1];
	*link = at;
	d->config[at] = id;
	if (id == PCI_CAP_ID_PM)
		d->pm = at;
	if (id == PCI_CAP_ID_EXP)
		d->exp = at;
}

static void ext_cap(struct fake_hostdev *d, uint16_t id, uint16_t at, uint16_t next)
{
	put(d, at, 4, PCI_EXT_CAP_ID(id) | 1u << 16 | (uint32_t)next << 20, 0);
}

static void pcie(struct fake_hostdev *d, uint8_t at)
{
	cap(d, PCI_CAP_ID_EXP, at);
	put(d, (uint32_t)at + PCI_EXP_FLAGS, 2, 0x0002, 0);
	put(d, (uint32_t)at + PCI_EXP_DEVCAP, 4, PCI_EXP_DEVCAP_FLR | 0x8000, 0);
	put(d, (uint32_t)at + PCI_EXP_DEVCTL, 2, 0x2810, 0xffff);
	d->config_size = 4096;
	d->flr = true;
}

static void msix(struct fake_hostdev *d, uint8_t at, uint32_t n, int in, uint32_t table,
		 uint32_t pba)
{
	cap(d, PCI_CAP_ID_MSIX, at);
	put(d, (uint32_t)at + PCI_MSIX_FLAGS, 2, n - 1, 0);
	put(d, (uint32_t)at + PCI_MSIX_TABLE, 4, table | (uint32_t)in, 0);
	put(d, (uint32_t)at + PCI_MSIX_PBA, 4, pba | (uint32_t)in, 0);
	d->nmsix = n;
	d->msix_bar = in;
	d->msix_offset = table;
	d->msix_mappable = true;
}

static void nvme(struct fake_hostdev *d)
{
	strcpy(d->native, "nvme");
	ids(d, 0x1b36, 0x0010, 0x010802);
	bar(d, 0, 16 * KiB, PCI_BASE_ADDRESS_MEM_TYPE_64);
	msix(d, 0x40, 65, 0, 0x2000, 0x3000);
	pcie(d, 0x80);
	cap(d, PCI_CAP_ID_PM, 0x60);
	put(d, 0x60 + PCI_PM_PMC, 2, 0x0003, 0);
	put(d, 0x60 + PCI_PM_CTRL, 2, 0x0008, 0x0003);
	ext_cap(d, PCI_EXT_CAP_ID_ERR, 0x100, 0x140);
	put(d, 0x100 + PCI_ERR_UNCOR_MASK, 4, 0, UINT32_MAX);
	ext_cap(d, PCI_EXT_CAP_ID_SRIOV, 0x140, 0x180);
	put(d, 0x140 + PCI_SRIOV_CTRL, 2, 0, 0xffff);
	put(d, 0x140 + PCI_SRIOV_TOTAL_VF, 2, 16, 0);
	ext_cap(d, PCI_EXT_CAP_ID_LTR, 0x180, 0);
	put(d, 0x184, 4, 0x10031003, UINT32_MAX);
}

static void e1000e(struct fake_hostdev *d)
{
	strcpy(d->native, "e1000e");
	ids(d, 0x8086, 0x10d3, 0x020000);
	bar(d, 0, 128 * KiB, 0);
	bar(d, 1, 128 * KiB, 0);
	bar(d, 2, 32, PCI_BASE_ADDRESS_SPACE_IO);
	bar(d, 3, 16 * KiB, 0);
	bar(d, 6, 256 * KiB, 0);
	cap(d, PCI_CAP_ID_PM, 0xc8);
	put(d, 0xc8 + PCI_PM_CTRL, 2, 0x0008, 0x0103);
	cap(d, PCI_CAP_ID_MSI, 0xd0);
	put(d, 0xd0 + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_64BIT, 0);
	d->nmsi = 1;
	pcie(d, 0xe0);
	msix(d, 0xa0, 5, 3, 0, 0x2000);
	ext_cap(d, PCI_EXT_CAP_ID_ERR, 0x100, 0x140);
	ext_cap(d, PCI_EXT_CAP_ID_DSN, 0x140, 0);
	put(d, 0x144, 4, 0x12345678, 0);
}

static void bridge(struct fake_hostdev *d)
{
	strcpy(d->native, "pcieport");
	ids(d, 0x1014, 0x04c1, 0x060400);
	d->config[PCI_HEADER_TYPE] = 1;
	pcie(d, 0x48);
	d->nintx = 0;
}

void fake_hostdev_fill(struct fake_hostdev *d, enum fake_hostdev_kind kind)
{
	d->config_size = 256;
	d->hot_reset = -19; /* -ENODEV: no slot or bus of its own */
	if (kind == FAKE_NVME)
		nvme(d);
	else if (kind == FAKE_E1000E)
		e1000e(d);
	else
		bridge(d);
}
