/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/fdt_tree.h"
#include "sphapr/rtas.h"
#include "tests/fake/dma.h"
#include "tests/fake/pci.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <libfdt.h>
#include <linux/pci_regs.h>
#include <stdlib.h>

static struct fake_machine *m;
static struct phb *p;
static struct fake_pci *nic, *disk;
static void *fdt;

static void build(void)
{
	static const struct spapr_boot boot = { .bootargs = "" };
	size_t size;

	free(fdt);
	fdt = NULL;
	cr_assert(eq(int, spapr_fdt_build(&m->sp, &boot, &fdt, &size), 0));
}

static void setup(void)
{
	m = fake_machine_new(INTC_XIVE, 1, 1);
	cpu_facts_init(&m->sp.cfg.cpu, cpu_model_by_name("POWER9"), 0x004e1202);
	m->sp.mode.radix = true;
	p = fake_machine_add_phb(m);
	nic = fake_pci_new(false, 0x19, PCI_CONFIG_SIZE);
	pci_config_put(&nic->f, PCI_VENDOR_ID, 4, 0x10d38086);
	pci_config_put(&nic->f, PCI_CLASS_REVISION, 4, 0x02000007);
	pci_config_put(&nic->f, PCI_SUBSYSTEM_VENDOR_ID, 4, 0x00011af4);
	pci_config_put(&nic->f, PCI_INTERRUPT_PIN, 3, 0x120502);
	pci_config_put(&nic->f, PCI_STATUS, 2, 0x02a0);
	pci_func_set_bar(&nic->f, 0, PCI_BAR_MEM32, false, 128 * KiB);
	pci_func_set_bar(&nic->f, 1, PCI_BAR_IO, false, 32);
	pci_func_set_bar(&nic->f, 2, PCI_BAR_MEM64, true, 8 * GiB);
	pci_func_set_bar(&nic->f, PCI_BAR_ROM, PCI_BAR_MEM32, false, 256 * KiB);
	cr_assert(eq(int, pci_func_set_msi(&nic->f, 0, 1, true), 0));
	cr_assert(eq(int, pci_func_set_msix(&nic->f, 0, 5, 0, 0, 0, 2048), 0));
	disk = fake_pci_new(true, 0x20, PCI_LEGACY_CONFIG_SIZE);
	disk->host[PCI_VENDOR_ID] = 0x36;
	disk->host[PCI_VENDOR_ID + 1] = 0x1b;
	disk->host[PCI_CLASS_DEVICE + 1] = 1;
	disk->host[PCI_CLASS_DEVICE] = 8;
	disk->host[PCI_CLASS_PROG] = 2;
	disk->f.loc_code = "U1234-P1";
	fake_machine_add_pci(m, disk);
	fake_machine_add_pci(m, nic);
	build();
}

static void teardown(void)
{
	free(fdt);
	fake_machine_free(m);
}

TestSuite(fdt_phb, .init = setup, .fini = teardown);

#define PHB "/pci@800000020000000"
#define NIC PHB "/ethernet@3,1"
#define DISK PHB "/nvme@4"

static int node(const char *path)
{
	int at = fdt_path_offset(fdt, path);

	cr_assert(ge(int, at, 0), "%s", path);
	return at;
}

/* The property is exactly these cells. */
static void cells(const char *path, const char *name, size_t n, const uint32_t *want)
{
	int len;
	const uint8_t *v = fdt_getprop(fdt, node(path), name, &len);

	cr_assert(ne(ptr, (void *)v, NULL), "%s %s", path, name);
	cr_assert(eq(int, len, (int)n * 4), "%s", name);
	for (size_t i = 0; i < n; i++)
		cr_assert(eq(u32, be32_load(v + 4 * i), want[i]), "%s, cell %zu", name, i);
}

#define CELLS(path, name, ...)                                                                     \
	cells(path, name, sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4,                           \
	      (const uint32_t[]){ __VA_ARGS__ })

static bool has(const char *path, const char *name)
{
	return fdt_getprop(fdt, node(path), name, NULL) != NULL;
}

static void text(const char *path, const char *name, const char *want)
{
	int len;
	const char *v = fdt_getprop(fdt, node(path), name, &len);

	cr_assert(ne(ptr, (void *)v, NULL), "%s", name);
	cr_assert(eq(str, (char *)v, (char *)want));
}

Test(fdt_phb, the_bridge)
{
	text(PHB, "device_type", "pci");
	text(PHB, "compatible", "IBM,Logical_PHB");
	CELLS(PHB, "reg", 0x08000000, 0x20000000, 0, 0);
	CELLS(PHB, "#address-cells", 3);
	CELLS(PHB, "#size-cells", 2);
	CELLS(PHB, "#interrupt-cells", 1);
	CELLS(PHB, "bus-range", 0, 0xff);
	CELLS(PHB, "ranges", 0x01000000, 0, 0, 0x2000, 0, 0, 0x10000, 0x02000000, 0, 0x80000000,
	      0x2000, 0x80000000, 0, 0x80000000, 0x03000000, 0x2100, 0, 0x2100, 0, 0x100, 0);
	CELLS(PHB, "ibm,pci-config-space-type", 1);
	CELLS(PHB, "ibm,pe-total-#msi", LISN_END - LISN_PCI_MSI);
	cr_assert(has(PHB, "used-by-rtas"));
	CELLS(PHB, "ibm,associativity", 4, 0, 0, 0, 0);
	cr_assert(has("/rtas", "ibm,change-msix-capable"));
	cr_assert(has("/rtas", "ibm,change-msi"));
	cr_assert(not(has("/rtas", "ibm,set-eeh-option")));
}

Test(fdt_phb, every_pin_is_routed)
{
	CELLS(PHB, "interrupt-map-mask", 0xff00, 0, 0, 7);
	CELLS(PHB, "interrupt-map", 0x1900, 0, 0, 2, FDT_PHANDLE_INTC, LISN_PCI_LSI, 1);
	CELLS(NIC, "interrupts", 2);
	cr_assert(not(has(DISK, "interrupts")));
}

Test(fdt_phb, an_emulated_function)
{
	CELLS(NIC, "reg", 0x1900, 0, 0, 0, 0, 0x02001910, 0, 0, 0, 0x20000, 0x01001914, 0, 0, 0, 32,
	      0x43001918, 0, 0, 2, 0, 0x02001930, 0, 0, 0, 0x40000);
	CELLS(NIC, "vendor-id", 0x8086);
	CELLS(NIC, "device-id", 0x10d3);
	CELLS(NIC, "class-code", 0x020000);
	CELLS(NIC, "revision-id", 7);
	CELLS(NIC, "subsystem-vendor-id", 0x1af4);
	CELLS(NIC, "subsystem-id", 1);
	CELLS(NIC, "min-grant", 5);
	CELLS(NIC, "max-latency", 0x12);
	CELLS(NIC, "devsel-speed", 1);
	cr_assert(has(NIC, "66mhz-capable"));
	cr_assert(has(NIC, "fast-back-to-back"));
	CELLS(NIC, "ibm,req#msi", 1);
	CELLS(NIC, "ibm,req#msi-x", 5);
	CELLS(NIC, "ibm,pci-config-space-type", 1);
	text(NIC, "ibm,loc-code", "phb0/03.1");
	cr_assert(not(has(NIC, "assigned-addresses")));
}

Test(fdt_phb, a_host_function)
{
	CELLS(DISK, "reg", 0x2000, 0, 0, 0, 0);
	CELLS(DISK, "vendor-id", 0x1b36);
	CELLS(DISK, "class-code", 0x010802);
	text(DISK, "ibm,loc-code", "U1234-P1");
	cr_assert(not(has(DISK, "ibm,req#msi")));
	cr_assert(not(has(DISK, "ibm,req#msi-x")));
	cr_assert(not(has(DISK, "ibm,pci-config-space-type")));
	cr_assert(not(has(DISK, "subsystem-id")));
}

Test(fdt_phb, sizes_do_not_follow_the_guest)
{
	pci_func_config_write(&nic->f, PCI_BASE_ADDRESS_0, 4, 0x80000000);
	pci_func_config_write(&nic->f, PCI_COMMAND, 2, 2);
	cr_assert(eq(int, spapr_reset(&m->sp), 0));
	build();
	CELLS(NIC, "reg", 0x1900, 0, 0, 0, 0, 0x02001910, 0, 0, 0, 0x20000, 0x01001914, 0, 0, 0, 32,
	      0x43001918, 0, 0, 2, 0, 0x02001930, 0, 0, 0, 0x40000);
}

Test(fdt_phb, dma_windows_as_the_pe_has_them)
{
	struct fake_dma dma;

	cr_assert(not(has(PHB, "ibm,dma-window")));
	cr_assert(not(has(PHB, "ibm,ddw-applicable")));
	cr_assert(not(has(PHB, "ibm,ddw-extensions")));
	fake_dma_init(&dma, &m->mem);
	cr_assert(eq(int, pe_dma_init(&p->pe, &fake_dma_ops, &dma, &dma.caps, 0, true), 0));
	build();
	CELLS(PHB, "ibm,dma-window", 0x80000000, 0, 0, 0, (uint32_t)dma.caps.default_size);
	CELLS(PHB, "ibm,#dma-address-cells", 2);
	CELLS(PHB, "ibm,#dma-size-cells", 2);
	CELLS(PHB, "ibm,ddw-applicable", rtas_token("ibm,query-pe-dma-window"),
	      rtas_token("ibm,create-pe-dma-window"), rtas_token("ibm,remove-pe-dma-window"));
	CELLS(PHB, "ibm,ddw-extensions", 3, rtas_token("ibm,reset-pe-dma-window"), 1, 1);
	pe_dma_close(&p->pe);
}

Test(fdt_phb, messages_are_shared_fairly)
{
	fake_machine_add_phb(m);
	fake_machine_add_phb(m);
	build();
	CELLS(PHB, "ibm,pe-total-#msi", (LISN_END - LISN_PCI_MSI) / 3);
	CELLS("/pci@800000020000002", "reg", 0x08000000, 0x20000002, 0, 0);
	CELLS("/pci@800000020000002", "interrupt-map-mask", 0xff00, 0, 0, 7);
}

Test(fdt_phb, eeh_is_in_the_tree_with_a_phb_that_has_it)
{
	p->pe.eeh = &fake_eeh_ops;
	build();
	cr_assert(has("/rtas", "ibm,set-eeh-option"));
	cr_assert(has("/rtas", "ibm,configure-pe"));
}

Test(fdt_phb, without_a_phb_nothing_of_pci)
{
	for (uint32_t i = p->nfuncs; i-- > 0;)
		phb_remove_func(&m->sp, p, p->funcs[i]);
	spapr_remove_phb(&m->sp, p);
	build();
	cr_assert(lt(int, fdt_path_offset(fdt, PHB), 0));
	cr_assert(not(has("/rtas", "ibm,change-msix-capable")));
	cr_assert(not(has("/rtas", "ibm,read-pci-config")));
}

Test(fdt_phb, nodes_are_named_by_class)
{
	static const struct {
		uint32_t class;
		const char *path;
	} cases[] = {
		{ 0x010802, PHB "/nvme@10" },       { 0x01ff00, PHB "/mass-storage@10" },
		{ 0x020000, PHB "/ethernet@10" },   { 0x020700, PHB "/infiniband@10" },
		{ 0x028000, PHB "/network@10" },    { 0x030000, PHB "/vga@10" },
		{ 0x0c0330, PHB "/usb@10" },        { 0x120000, PHB "/accelerator@10" },
		{ 0x000000, PHB "/pci-device@10" }, { 0xffffff, PHB "/pci-device@10" },
		{ 0x010000, PHB "/scsi@10" },
	};
	struct fake_pci *d = fake_pci_new(false, 0x80, PCI_LEGACY_CONFIG_SIZE);

	fake_machine_add_pci(m, d);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		pci_config_put(&d->f, PCI_CLASS_REVISION, 4, cases[i].class << 8);
		build();
		node(cases[i].path);
	}
}
