/* SPDX-License-Identifier: BSD-2-Clause */
/* pci_bars.c: slots that follow the guest's BARs, pages that are trapped, and why. */
#include "tests/unit/vfio/fixture.h"

static struct fake_hostdev *dev;
static struct vfio_pci *v;

/* One more host: the machine, without a function. */
static void host(enum fake_host_id id, enum fake_hostdev_kind kind)
{
	fake_host(id);
	dev = fake_hostdev_new(kind, VX_BDF, VX_GROUP, "vfio-pci");
	vx_open(INTC_XICS);
}

static void stop(void)
{
	vx_close();
	VX_NOTHING_LEFT();
}

TestSuite(pci_bars, .init = vx_setup, .timeout = 30);

static void set_bar32(int bar, uint32_t addr)
{
	pci_func_config_write(&v->func, pci_bar_reg(bar), 4, addr);
}

static void decode(bool on)
{
	pci_func_config_write(&v->func, PCI_COMMAND, 2,
			      on ? PCI_COMMAND_MEMORY | PCI_COMMAND_IO : 0);
}

static gpa_t gpa32(uint32_t bus)
{
	return phb_range(0, PHB_MEM32).gpa + (bus - 0x80000000u);
}

static bool is_slot(gpa_t gpa, uint64_t len)
{
	return fake_guest_memory(gpa, len) != NULL;
}

Test(pci_bars, a_slot_follows_decode_and_address)
{
	host(FAKE_P9_64K, FAKE_E1000E);
	v = vx_function(dev);
	set_bar32(0, 0x80100000);
	cr_assert(eq(int, is_slot(gpa32(0x80100000), 1), 0));
	decode(true);
	cr_assert(is_slot(gpa32(0x80100000), 128 * KiB));
	memset(fake_guest_memory(gpa32(0x80100000), 4), 0x42, 4);
	cr_assert(eq(u64, vfio_bar_read(&v->func, 0, 0, 4), 0x42424242)); /* the same memory */
	set_bar32(0, 0x80200000);
	cr_assert(eq(int, is_slot(gpa32(0x80100000), 1), 0));
	cr_assert(is_slot(gpa32(0x80200000), 128 * KiB));
	decode(false);
	cr_assert(eq(int, is_slot(gpa32(0x80200000), 1), 0));
	stop();
}

Test(pci_bars, a_64_bit_bar_may_be_in_either_window)
{
	gpa_t high = phb_range(0, PHB_MEM64).gpa + 0x10000;

	host(FAKE_P9_64K, FAKE_NVME);
	v = vx_function(dev);
	decode(true);
	set_bar32(0, (uint32_t)high);
	set_bar32(1, (uint32_t)(high >> 32));
	cr_assert(is_slot(high, 64 * KiB));
	set_bar32(1, 0);
	set_bar32(0, 0x80000000);
	cr_assert(is_slot(gpa32(0x80000000), 64 * KiB));
	cr_assert(eq(int, is_slot(high, 1), 0));
	stop();
}

Test(pci_bars, outside_of_the_window_nothing_is_mapped)
{
	int slots;

	host(FAKE_P9_64K, FAKE_E1000E);
	v = vx_function(dev);
	decode(true); /* BARs at 0: not in the window */
	slots = fake_count("KVM_SET_USER_MEMORY_REGION vm");
	set_bar32(0, 0x70000000);
	set_bar32(0, 0xffff0000);
	cr_assert(eq(int, fake_count("KVM_SET_USER_MEMORY_REGION vm"), slots + 1));
	cr_assert(eq(u64, v->bars[0].addr, 0xfffe0000)); /* the address has 17 bits less */
	stop();
}

Test(pci_bars, bars_are_sized_as_a_guest_does)
{
	host(FAKE_P9_64K, FAKE_E1000E);
	v = vx_function(dev);
	set_bar32(0, UINT32_MAX);
	cr_assert(eq(u32, pci_func_config_read(&v->func, PCI_BASE_ADDRESS_0, 4), 0xfffe0000));
	set_bar32(2, UINT32_MAX);
	cr_assert(eq(u32, pci_func_config_read(&v->func, PCI_BASE_ADDRESS_2, 4), 0xffffffe1));
	set_bar32(3, UINT32_MAX); /* 16K, shown as the host page that it has to itself */
	cr_assert(eq(u32, pci_func_config_read(&v->func, PCI_BASE_ADDRESS_3, 4), 0xffff0000));
	set_bar32(4, UINT32_MAX);
	cr_assert(eq(u32, pci_func_config_read(&v->func, PCI_BASE_ADDRESS_4, 4), 0));
	set_bar32(6, UINT32_MAX);
	cr_assert(eq(u32, pci_func_config_read(&v->func, PCI_ROM_ADDRESS, 4), 0xfffc0001));
	stop();
}

Test(pci_bars, a_slot_that_kvm_refuses_is_trapped)
{
	host(FAKE_P9_64K, FAKE_E1000E);
	v = vx_function(dev);
	fake_fail_all("KVM_SET_USER_MEMORY_REGION vm", -ENOSPC);
	set_bar32(0, 0x80100000);
	decode(true);
	fake_fail_all(NULL, 0);
	cr_assert(said("BAR 0 at 0x"), "%s", said_all());
	cr_assert(said("is trapped, not mapped"), "%s", said_all());
	vfio_bar_write(&v->func, 0, 0x10, 4, 0x12345678);
	cr_assert(eq(u64, vfio_bar_read(&v->func, 0, 0x10, 4), 0x12345678));
	set_bar32(0, 0x80200000);
	cr_assert(is_slot(gpa32(0x80200000), 128 * KiB));
	stop();
}

Test(pci_bars, a_slot_that_kvm_keeps_stays_known)
{
	int slots;

	host(FAKE_P9_64K, FAKE_E1000E);
	v = vx_function(dev);
	set_bar32(0, 0x80100000);
	decode(true);
	fake_fail_all("KVM_SET_USER_MEMORY_REGION vm", -ENOMEM);
	set_bar32(0, 0x80200000);
	fake_fail_all(NULL, 0);
	cr_assert(said(VX_BDF ": BAR 0: KVM keeps its memory slot: Cannot allocate memory"), "%s",
		  said_all());
	cr_assert(eq(int, said_errors(), 1), "%s", said_all());
	cr_assert(is_slot(gpa32(0x80100000), 1));
	cr_assert(eq(int, is_slot(gpa32(0x80200000), 1), 0), "one area, two slots");
	slots = fake_count("KVM_SET_USER_MEMORY_REGION vm");
	set_bar32(0, 0x80300000);
	cr_assert(eq(int, fake_count("KVM_SET_USER_MEMORY_REGION vm"), slots + 2));
	cr_assert(eq(int, is_slot(gpa32(0x80100000), 1), 0));
	cr_assert(is_slot(gpa32(0x80300000), 128 * KiB));
	stop();
}

Test(pci_bars, io_and_rom_are_trapped)
{
	host(FAKE_P9_64K, FAKE_E1000E);
	v = vx_function(dev);
	decode(true);
	vfio_bar_write(&v->func, 2, 4, 4, 0xcafe);
	cr_assert(eq(u64, vfio_bar_read(&v->func, 2, 4, 2), 0xcafe));
	cr_assert(eq(u64, vfio_bar_read(&v->func, PCI_BAR_ROM, 0, 4), 0));
	vfio_bar_write(&v->func, PCI_BAR_ROM, 0, 4, 1); /* read-only: not even tried */
	cr_assert(eq(int, said("refused"), 0), "%s", said_all());
	stop();
}

/* ---- the MSI-X table ---- */

struct trap_case {
	enum fake_host_id host;
	bool mappable;
	uint64_t bar_size;
	uint32_t table;
	bool trapped;
	uint32_t nareas;
	uint64_t first, second; /* bytes */
};

ParameterizedTestParameters(pci_bars, the_msix_table_is_trapped_where_it_has_its_pages_alone)
{
	static struct trap_case cases[] = {
		/* As QEMU's disk: registers, table and pending bits in 16K. */
		{ FAKE_P9_4K, true, 16 * KiB, 0x2000, true, 2, 0x2000, 0x1000 },
		{ FAKE_P9_64K, true, 16 * KiB, 0x2000, false, 1, 64 * KiB, 0 },
		{ FAKE_P9_64K, false, 16 * KiB, 0x2000, true, 0, 0, 0 }, /* an old kernel */
		/* Table on a boundary that both page sizes have. */
		{ FAKE_P9_64K, true, 256 * KiB, 0x10000, true, 2, 64 * KiB, 128 * KiB },
		{ FAKE_P9_4K, true, 256 * KiB, 0x10000, true, 2, 64 * KiB, 188 * KiB },
		/* In the middle of a page. */
		{ FAKE_P9_4K, true, 64 * KiB, 0x800, false, 1, 64 * KiB, 0 },
		{ FAKE_P9_4K, false, 64 * KiB, 0x800, true, 1, 60 * KiB, 0 },
		/* At the start and at the end. */
		{ FAKE_P9_4K, true, 16 * KiB, 0, true, 1, 0x3000, 0 },
		{ FAKE_P9_4K, true, 16 * KiB, 0x3000, true, 1, 0x3000, 0 },
	};

	return cr_make_param_array(struct trap_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct trap_case *p, pci_bars,
		  the_msix_table_is_trapped_where_it_has_its_pages_alone)
{
	const struct vfio_region *rg;
	uint64_t at;

	fake_host(p->host);
	dev = fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "vfio-pci");
	dev->bars[0].size = p->bar_size;
	dev->msix_mappable = p->mappable;
	dev->msix_offset = p->table;
	le32_store(dev->config + 0x40 + PCI_MSIX_TABLE, p->table);
	dev->config[0x40 + PCI_MSIX_FLAGS] = 32 - 1; /* 512 bytes */
	dev->nmsix = 32;
	vx_open(INTC_XICS);
	v = vx_function(dev);
	rg = &v->dev.regions[0];
	cr_assert(eq(int, v->msix_trapped, p->trapped));
	cr_assert(eq(u32, rg->nareas, p->nareas));
	if (p->nareas > 0)
		cr_assert(eq(u64, rg->areas[0].size, p->first));
	if (p->nareas > 1)
		cr_assert(eq(u64, rg->areas[1].size, p->second));
	/* A slot for each area, none over a table that is trapped. */
	set_bar32(0, 0x80000000);
	decode(true);
	at = gpa32(0x80000000) + p->table;
	cr_assert(eq(int, is_slot(at, 1), !p->trapped));
	for (uint32_t i = 0; i < rg->nareas; i++)
		cr_assert(is_slot(gpa32(0x80000000) + rg->areas[i].offset, rg->areas[i].size));
	stop();
}

Test(pci_bars, a_trapped_table_is_ours_and_all_around_it_is_the_devices)
{
	host(FAKE_P9_4K, FAKE_NVME);
	v = vx_function(dev);
	decode(true);
	vfio_bar_write(&v->func, 0, 0x2000, 4, 0x1000);
	vfio_bar_write(&v->func, 0, 0x2008, 8, 0x4711);
	cr_assert(eq(u64, vfio_bar_read(&v->func, 0, 0x2000, 4), 0x1000));
	cr_assert(eq(u64, vfio_bar_read(&v->func, 0, 0x2008, 4), 0x4711));
	cr_assert(eq(u64, vfio_bar_read(&v->func, 0, 0x2010 + 12, 4), 1)); /* masked as born */
	/* 65 entries; behind them registers. */
	vfio_bar_write(&v->func, 0, 0x2000 + 65 * 16, 4, 0xabc);
	cr_assert(eq(u64, vfio_bar_read(&v->func, 0, 0x2000 + 65 * 16, 4), 0xabc));
	stop();
}

Test(pci_bars, every_mapping_that_fails_is_undone)
{
	host(FAKE_P9_4K, FAKE_E1000E);
	fake_fail_all("mmap device " VX_BDF, -ENOMEM);
	cr_assert(eq(int, vx_open_pe(true), 0));
	cr_assert(eq(int, vfio_pe_add_func(&vx.pe, VX_BDF, 0, VFIO_RESET_AUTO), -ENOMEM));
	cr_assert(said(VX_BDF ": BARs: Cannot allocate memory"), "%s", said_all());
	cr_assert(eq(int, said_errors(), 1));
	stop();
}

Test(pci_bars, configuration_that_cannot_be_read_is_an_error)
{
	host(FAKE_P9_64K, FAKE_E1000E);
	cr_assert(eq(int, vx_open_pe(true), 0));
	fake_fail_all("pread device " VX_BDF, -EIO);
	cr_assert(lt(int, vfio_pe_add_func(&vx.pe, VX_BDF, 0, VFIO_RESET_AUTO), 0));
	cr_assert(eq(int, said_errors(), 1), "%s", said_all());
	fake_fail_all(NULL, 0);
	vx_close_pe();
	cr_assert(is_slot(0, VX_RAM), "its clean-up took the guest's RAM away");
	stop();
}
