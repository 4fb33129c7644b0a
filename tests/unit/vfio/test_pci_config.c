/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pci.c: every byte of configuration, by every size at every offset, against a table of who owns
 * what. The table is written from the specifications, not from the code.
 */
#include "tests/unit/vfio/fixture.h"

static struct fake_hostdev *dev;
static struct vfio_pci *v;
static uint8_t ours[4096]; /* bits that the device must never hear of, nor the guest read from it */

static void own(uint32_t off, uint32_t len, uint8_t bits)
{
	memset(ours + off, bits, len);
}

static void setup(void)
{
	vx_setup();
	vx_open(INTC_XICS);
}

static void stop(void)
{
	vx_close();
	VX_NOTHING_LEFT();
}

TestSuite(pci_config, .init = setup, .timeout = 60);

static void open_nvme(void)
{
	dev = fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "vfio-pci");
	v = vx_function(dev);
	own(PCI_COMMAND, 1, 0x07);     /* I/O, memory, bus master */
	own(PCI_COMMAND + 1, 1, 0x04); /* INTx disable */
	own(PCI_BASE_ADDRESS_0, 24, 0xff);
	own(PCI_ROM_ADDRESS, 4, 0xff);
	own(PCI_INTERRUPT_LINE, 1, 0xff);
	own(0x40 + PCI_MSIX_FLAGS, 2, 0xff);
	own(0x140, 4, 0xff); /* SR-IOV is hidden: its header */
}

static void open_e1000e(void)
{
	dev = fake_hostdev_new(FAKE_E1000E, VX_BDF, VX_GROUP, "vfio-pci");
	v = vx_function(dev);
	own(PCI_COMMAND, 1, 0x07);
	own(PCI_COMMAND + 1, 1, 0x04);
	own(PCI_BASE_ADDRESS_0, 24, 0xff);
	own(PCI_ROM_ADDRESS, 4, 0xff);
	own(PCI_INTERRUPT_LINE, 1, 0xff);
	own(0xd0 + PCI_MSI_FLAGS, 2, 0xff);
	own(0xd0 + PCI_MSI_ADDRESS_LO, 10, 0xff);
	own(0xa0 + PCI_MSIX_FLAGS, 2, 0xff);
}

static uint32_t bytes(const uint8_t *p, uint32_t off, uint32_t size)
{
	uint32_t r = 0;

	for (uint32_t i = size; i-- > 0;)
		r = r << 8 | p[off + i];
	return r;
}

/* Reads: our bits from the image, the others as the device has them at that moment. */
static void check_reads(void)
{
	for (uint32_t size = 1; size <= 4; size *= 2)
		for (uint32_t off = 0; (off & 3) + size <= 4 ? off < 4096 : off < 4096; off++) {
			uint32_t o, want, got;

			if ((off & 3) + size > 4)
				continue;
			o = bytes(ours, off, size);
			got = pci_func_config_read(&v->func, off, size);
			want = (bytes(v->func.config, off, size) & o) |
			       (bytes(dev->config, off, size) & ~o);
			if (size < 4)
				want &= (1u << 8 * size) - 1;
			cr_assert(eq(u32, got, want), "0x%x, %u bytes", off, size);
		}
}

/* Writes: a byte that is ours altogether is never touched; of others our bits stay as they were. */
static void check_writes(void)
{
	for (uint32_t size = 1; size <= 4; size *= 2)
		for (uint32_t off = 0; off + size <= 4096; off++) {
			uint8_t before[4096];

			if ((off & 3) + size > 4)
				continue;
			/* Moving BARs and arming interrupts have tests of their own. */
			if (off < PCI_COMMAND + 2 && off + size > PCI_COMMAND)
				continue;
			memset(dev->touched, 0, sizeof(dev->touched));
			memcpy(before, dev->config, sizeof(before));
			pci_func_config_write(&v->func, off, size, 0xa5a5a5a5u + off);
			for (uint32_t i = 0; i < 4096; i++) {
				bool in = i >= off && i < off + size;

				cr_assert(eq(int, dev->touched[i], in &&ours[i] != 0xff),
					  "0x%x, %u bytes: 0x%x", off, size, i);
				cr_assert(eq(u8, dev->config[i] & ours[i], before[i] & ours[i]),
					  "0x%x, %u bytes: 0x%x", off, size, i);
			}
		}
}

Test(pci_config, every_read_of_an_nvme_disk_has_its_owner)
{
	open_nvme();
	check_reads();
	for (uint32_t i = 0; i < 4096; i++) /* the device changes, our bits do not */
		if (!ours[i])
			dev->config[i] ^= 0x3c;
	check_reads();
	stop();
}

Test(pci_config, every_write_of_an_nvme_disk_has_its_owner)
{
	open_nvme();
	check_writes();
	check_reads();
	stop();
}

Test(pci_config, every_read_of_a_network_card_has_its_owner)
{
	open_e1000e();
	check_reads();
	stop();
}

Test(pci_config, every_write_of_a_network_card_has_its_owner)
{
	open_e1000e();
	check_writes();
	check_reads();
	stop();
}

/* ---- the guest's own view ---- */

Test(pci_config, the_command_register_is_the_guests_and_memory_decode_stays_on)
{
	open_nvme();
	cr_assert(eq(u32, pci_func_config_read(&v->func, PCI_COMMAND, 2), 0));
	cr_assert(eq(u32, bytes(dev->config, PCI_COMMAND, 2), PCI_COMMAND_MEMORY));
	pci_func_config_write(&v->func, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	cr_assert(eq(u32, pci_func_config_read(&v->func, PCI_COMMAND, 2), 6));
	cr_assert(eq(u32, bytes(dev->config, PCI_COMMAND, 2), 6));
	pci_func_config_write(&v->func, PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
	cr_assert(
		eq(u32, pci_func_config_read(&v->func, PCI_COMMAND, 2), PCI_COMMAND_INTX_DISABLE));
	cr_assert(eq(u32, bytes(dev->config, PCI_COMMAND, 2), PCI_COMMAND_MEMORY));
	stop();
}

Test(pci_config, a_guest_cannot_make_the_device_a_master_behind_our_back)
{
	open_nvme();
	for (uint32_t off = 0; off < 4096; off++)
		if (off != PCI_COMMAND)
			pci_func_config_write(&v->func, off, 1, 0xff);
	cr_assert(eq(u32, bytes(dev->config, PCI_COMMAND, 2) & PCI_COMMAND_MASTER, 0));
	cr_assert(eq(u32, bytes(dev->config, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY, 2));
	stop();
}

Test(pci_config, virtual_functions_are_not_the_guests_to_make)
{
	uint32_t head;

	open_nvme();
	head = pci_func_config_read(&v->func, 0x140, 4);
	cr_assert(eq(u32, PCI_EXT_CAP_ID(head), 0));
	cr_assert(eq(u32, PCI_EXT_CAP_NEXT(head), 0x180)); /* the list goes on */
	cr_assert(eq(u32, PCI_EXT_CAP_ID(pci_func_config_read(&v->func, 0x100, 4)),
		     PCI_EXT_CAP_ID_ERR));
	cr_assert(eq(u32, PCI_EXT_CAP_ID(pci_func_config_read(&v->func, 0x180, 4)),
		     PCI_EXT_CAP_ID_LTR));
	stop();
}

Test(pci_config, a_function_without_intx_has_no_pin)
{
	dev = fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "vfio-pci");
	dev->nintx = 0;
	v = vx_function(dev);
	cr_assert(eq(u32, pci_func_config_read(&v->func, PCI_INTERRUPT_PIN, 1), 0));
	cr_assert(eq(u32, v->func.intx_lisn, 0));
	stop();
}

Test(pci_config, capabilities_that_loop_end)
{
	dev = fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "vfio-pci");
	dev->config[0x61] = 0x40;      /* the last points at the first */
	dev->config[0x180 + 3] = 0x10; /* the same of the extended ones: at 0x100 again */
	v = vx_function(dev);
	cr_assert(eq(u32, v->func.max_msix, 65));
	stop();
}

Test(pci_config, fewer_msi_vectors_than_the_capability_says)
{
	dev = fake_hostdev_new(FAKE_E1000E, VX_BDF, VX_GROUP, "vfio-pci");
	dev->config[0xd0 + PCI_MSI_FLAGS] = 0x8a; /* 32, 64 bits of address */
	dev->nmsi = 4;
	v = vx_function(dev);
	cr_assert(eq(u32, v->func.max_msi, 4));
	stop();
}

Test(pci_config, a_bridge_with_small_configuration)
{
	dev = fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "vfio-pci");
	dev->config_size = 256;
	v = vx_function(dev);
	cr_assert(eq(u32, v->func.config_size, 256));
	cr_assert(eq(u32, pci_func_config_read(&v->func, 0x100, 4), UINT32_MAX));
	stop();
}

Test(pci_config, closing_stops_dma_first)
{
	open_nvme();
	pci_func_config_write(&v->func, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	vx_close_pe();
	cr_assert(eq(u32, bytes(dev->config, PCI_COMMAND, 2), 0));
	cr_assert(lt(int, fake_last_at("pwrite device " VX_BDF), fake_at("munmap device " VX_BDF)));
	stop();
}
