/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fake/pci.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <linux/pci_regs.h>

static struct fake_pci *d;

static void setup(void)
{
	d = fake_pci_new(false, 0, PCI_CONFIG_SIZE);
}

static void teardown(void)
{
	fake_pci_free_all();
}

TestSuite(pci_cap, .init = setup, .fini = teardown);

static uint32_t get(uint32_t off, uint32_t size)
{
	return pci_func_config_read(&d->f, off, size);
}

Test(pci_cap, a_list_grows_and_is_found)
{
	uint8_t a, b;

	cr_assert(eq(u8, pci_func_find_cap(&d->f, PCI_CAP_ID_VNDR), 0));
	a = pci_func_add_cap(&d->f, PCI_CAP_ID_VNDR, 17);
	b = pci_func_add_cap(&d->f, PCI_CAP_ID_EXP, 4);
	cr_assert(eq(u8, a, 0x40));
	cr_assert(eq(u8, b, 0x54));
	cr_assert(eq(u32, get(PCI_STATUS, 2), PCI_STATUS_CAP_LIST));
	cr_assert(eq(u32, get(PCI_CAPABILITY_LIST, 1), b));
	cr_assert(eq(u32, get(b, 2), (uint32_t)a << 8 | PCI_CAP_ID_EXP));
	cr_assert(eq(u32, get(a, 2), PCI_CAP_ID_VNDR));
	cr_assert(eq(u8, pci_func_find_cap(&d->f, PCI_CAP_ID_VNDR), a));
	cr_assert(eq(u8, pci_func_find_cap(&d->f, PCI_CAP_ID_EXP), b));
	pci_func_config_write(&d->f, a, 4, UINT32_MAX);
	cr_assert(eq(u32, get(a, 4), PCI_CAP_ID_VNDR), "read-only");
}

Test(pci_cap, no_room_leaves_the_list_alone)
{
	uint8_t last = 0, next;
	int n = 0;

	while ((next = pci_func_add_cap(&d->f, PCI_CAP_ID_VNDR, 16)) != 0) {
		last = next;
		n++;
	}
	cr_assert(eq(int, n, 11));
	cr_assert(eq(u32, get(PCI_CAPABILITY_LIST, 1), last));
	cr_assert(eq(u8, pci_func_add_cap(&d->f, PCI_CAP_ID_VNDR, 255), 0));
	cr_assert(eq(u8, pci_func_add_cap(&d->f, PCI_CAP_ID_VNDR, 1), 0));
	cr_assert(lt(int, pci_func_set_msi(&d->f, 0, 4, true), 0));
	cr_assert(eq(u32, d->f.max_msi, 0));
	cr_assert(eq(int, pci_func_set_msix(&d->f, 0, 4, 0, 0, 0, 64), 0), "the last 12 bytes");
	cr_assert(lt(int, pci_func_set_msix(&d->f, 0, 4, 0, 0, 0, 64), 0));
}

Test(pci_cap, a_host_s_list_that_loops_ends)
{
	struct fake_pci *h = fake_pci_new(true, 0, PCI_LEGACY_CONFIG_SIZE);

	pci_config_put(&h->f, PCI_STATUS, 2, PCI_STATUS_CAP_LIST);
	pci_config_put(&h->f, PCI_CAPABILITY_LIST, 1, 0x43);
	pci_config_put(&h->f, 0x40, 2, 0x4000 | PCI_CAP_ID_PM);
	cr_assert(eq(u8, pci_func_find_cap(&h->f, PCI_CAP_ID_PM), 0x40));
	cr_assert(eq(u8, pci_func_find_cap(&h->f, PCI_CAP_ID_MSI), 0));
}

Test(pci_cap, msi_of_64_bits)
{
	uint8_t at;

	cr_assert(eq(int, pci_func_set_msi(&d->f, 0, 8, true), 0));
	at = d->f.msi_cap;
	cr_assert(eq(u8, pci_func_find_cap(&d->f, PCI_CAP_ID_MSI), at));
	cr_assert(eq(u32, d->f.max_msi, 8));
	cr_assert(not(d->f.msi32));
	cr_assert(eq(u32, get(at + 2, 2), 0x0086));
	pci_func_config_write(&d->f, at, 4, UINT32_MAX);
	cr_assert(eq(u32, get(at + 2, 2), 0x00f7), "enable and count, nothing else");
	pci_func_config_write(&d->f, at + 4, 4, UINT32_MAX);
	cr_assert(eq(u32, get(at + 4, 4), 0xfffffffc));
	pci_func_set_vectors(&d->f, (struct pci_vectors){ PCI_MSI, 0x1308, 8 });
	cr_assert(eq(u32, get(at + 12, 2), 0x1308));
	cr_assert(eq(u32, get(at + 8, 4), 0x400));
}

Test(pci_cap, msi_of_32_bits)
{
	uint8_t at;

	cr_assert(eq(int, pci_func_set_msi(&d->f, 0, 1, false), 0));
	at = d->f.msi_cap;
	cr_assert(d->f.msi32);
	cr_assert(eq(u32, get(at + 2, 2), 0));
	pci_func_set_vectors(&d->f, (struct pci_vectors){ PCI_MSI, 0x1301, 1 });
	cr_assert(eq(u32, get(at + 8, 2), 0x1301));
	cr_assert(eq(u32, get(at + 12, 4), 0), "nothing behind its end");
}

Test(pci_cap, enable_bits_are_told)
{
	cr_assert(eq(int, pci_func_set_msi(&d->f, 0, 4, true), 0));
	cr_assert(eq(int, pci_func_set_msix(&d->f, 0, 2048, 1, 0x1000, 2, 0x9000), 0));
	cr_assert(eq(u32, get(d->f.msix_cap + 4, 4), 0x1001));
	cr_assert(eq(u32, get(d->f.msix_cap + 8, 4), 0x9002));
	pci_func_config_write(&d->f, d->f.msi_cap + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_ENABLE);
	cr_assert(pci_func_msi_enabled(&d->f, PCI_MSI));
	cr_assert(not(pci_func_msi_enabled(&d->f, PCI_MSIX)));
	pci_func_config_write(&d->f, d->f.msi_cap + PCI_MSI_FLAGS, 1, PCI_MSI_FLAGS_ENABLE);
	cr_assert(eq(uint, d->nirqs, 1), "no change, no call");
	pci_func_config_write(&d->f, d->f.msix_cap + 3, 1, 0x80);
	cr_assert(pci_func_msi_enabled(&d->f, PCI_MSIX));
	pci_func_config_write(&d->f, d->f.msix_cap + 2, 2, UINT32_MAX);
	cr_assert(eq(u32, get(d->f.msix_cap + 2, 2), 0xc7ff));
	pci_func_config_write(&d->f, PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
	cr_assert(eq(uint, d->nirqs, 4));
	pci_func_config_write(&d->f, PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE | PCI_COMMAND_MASTER);
	pci_func_config_write(&d->f, d->f.msix_cap + 4, 4, 0);
	cr_assert(eq(uint, d->nirqs, 4));
	cr_assert(not(pci_func_msi_enabled(&d->f, PCI_MSI_NONE)));
}

Test(pci_cap, in_place_over_a_host_s)
{
	struct fake_pci *h = fake_pci_new(true, 0, PCI_LEGACY_CONFIG_SIZE);

	pci_config_put(&h->f, 0x50, 2, 0x6000 | PCI_CAP_ID_MSI);
	cr_assert(eq(int, pci_func_set_msi(&h->f, 0x50, 2, true), 0));
	cr_assert(eq(u8, h->f.msi_cap, 0x50));
	cr_assert(eq(u32, pci_config_get(&h->f, 0x50, 2), 0x6005), "the header stays");
	h->host[0x51] = 0x60;
	cr_assert(eq(u32, pci_func_config_read(&h->f, 0x50, 4), 0x00826000));
	cr_assert(lt(int, pci_func_set_msi(&h->f, 0xfc, 2, true), 0), "behind the end");
}

Test(pci_cap, vectors_go_as_they_come)
{
	pci_func_set_vectors(&d->f, (struct pci_vectors){ PCI_MSIX, 0x1400, 5 });
	cr_assert(eq(u32, d->told.first, 0x1400));
	cr_assert(eq(u32, d->told.count, 5));
	pci_func_set_vectors(&d->f, (struct pci_vectors){ .first = 7 });
	cr_assert(eq(u32, d->told.count, 0));
	cr_assert(eq(u32, d->f.vectors.first, 0));
	cr_assert(eq(int, (int)d->f.vectors.kind, PCI_MSI_NONE));
}
