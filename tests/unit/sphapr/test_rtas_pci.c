/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/rtas.h"
#include "tests/fake/pci.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct fake_machine *m;
static struct fake_pci *small, *large;

static void setup(void)
{
	m = fake_machine_new(INTC_XIVE, 1, 1);
	fake_machine_add_phb(m);
	small = fake_pci_new(true, 0x08, PCI_LEGACY_CONFIG_SIZE);
	large = fake_pci_new(true, 0x11, PCI_CONFIG_SIZE);
	fake_machine_add_pci(m, small);
	fake_machine_add_pci(m, large);
	for (uint32_t i = 0; i < PCI_CONFIG_SIZE; i++) {
		small->host[i] = (uint8_t)(i + 1);
		large->host[i] = (uint8_t)(i >> 4);
	}
}

static void teardown(void)
{
	fake_machine_free(m);
}

TestSuite(rtas_pci, .init = setup, .fini = teardown);

static int32_t rd(uint32_t addr, uint32_t hi, uint32_t lo, uint32_t size, uint32_t *v)
{
	const uint32_t args[] = { addr, hi, lo, size };
	uint32_t rets[2];
	int32_t status = fake_rtas(m, "ibm,read-pci-config", 4, args, 2, rets);

	*v = rets[1];
	return status;
}

static int32_t wr(uint32_t addr, uint32_t hi, uint32_t lo, uint32_t size, uint32_t v)
{
	const uint32_t args[] = { addr, hi, lo, size, v };

	return fake_rtas(m, "ibm,write-pci-config", 5, args, 1, NULL);
}

static uint32_t addr_of(const struct fake_pci *d, uint32_t reg)
{
	return FAKE_CONFIG_ADDR(d) | (reg & 0xff) | (reg >> 8) << 28;
}

Test(rtas_pci, every_register_of_every_size)
{
	for (uint32_t size = 0; size <= 9; size++)
		for (uint32_t reg = 0; reg < PCI_CONFIG_SIZE; reg++) {
			bool ok = (size == 1 || size == 2 || size == 4) && reg % size == 0;
			uint32_t v, addr = addr_of(large, reg);

			cr_assert(eq(i32, rd(addr, FAKE_BUID_HI, FAKE_BUID_LO, size, &v),
				     ok ? RTAS_OK : RTAS_PARAMETER));
			cr_assert(eq(u32, v,
				     ok ? pci_func_config_read(&large->f, reg, size) : UINT32_MAX));
			addr = addr_of(small, reg);
			ok = ok && reg < PCI_LEGACY_CONFIG_SIZE;
			cr_assert(eq(i32, rd(addr, FAKE_BUID_HI, FAKE_BUID_LO, size, &v),
				     ok ? RTAS_OK : RTAS_PARAMETER));
			cr_assert(eq(i32, wr(addr, FAKE_BUID_HI, FAKE_BUID_LO, size, v),
				     ok ? RTAS_OK : RTAS_PARAMETER));
		}
}

Test(rtas_pci, writes_reach_the_register)
{
	cr_assert(eq(i32, wr(addr_of(large, 0xabc), FAKE_BUID_HI, FAKE_BUID_LO, 4, 0x11223344),
		     RTAS_OK));
	cr_assert(eq(u8, large->host[0xabc], 0x44));
	cr_assert(eq(u8, large->host[0xabf], 0x11));
	cr_assert(eq(i32, wr(addr_of(large, 0xabd), FAKE_BUID_HI, FAKE_BUID_LO, 1, 0x99), RTAS_OK));
	cr_assert(eq(u8, large->host[0xabd], 0x99));
	cr_assert(eq(uint, small->nhost_writes, 0));
}

Test(rtas_pci, an_absent_function_reads_as_all_ones)
{
	static const uint32_t absent[] = { 0x0000, 0x0900, 0xff00, 0x10800, 0xff0800, 0x1000800 };
	uint32_t v;

	for (size_t i = 0; i < ARRAY_LEN(absent); i++) {
		cr_assert(eq(i32, rd(absent[i], FAKE_BUID_HI, FAKE_BUID_LO, 4, &v), RTAS_OK));
		cr_assert(eq(u32, v, UINT32_MAX));
		cr_assert(eq(i32, rd(absent[i], FAKE_BUID_HI, FAKE_BUID_LO, 2, &v), RTAS_OK));
		cr_assert(eq(u32, v, 0xffff));
		cr_assert(eq(i32, rd(absent[i], FAKE_BUID_HI, FAKE_BUID_LO, 1, &v), RTAS_OK));
		cr_assert(eq(u32, v, 0xff));
		cr_assert(
			eq(i32, rd(absent[i], FAKE_BUID_HI, FAKE_BUID_LO, 3, &v), RTAS_PARAMETER));
		cr_assert(eq(i32, wr(absent[i], FAKE_BUID_HI, FAKE_BUID_LO, 4, 0), RTAS_OK));
	}
	cr_assert(eq(uint, small->nhost_writes + large->nhost_writes, 0));
}

Test(rtas_pci, a_bus_unit_that_does_not_exist)
{
	uint32_t v;

	cr_assert(eq(i32, rd(0x0800, FAKE_BUID_HI, FAKE_BUID_LO + 1, 4, &v), RTAS_PARAMETER));
	cr_assert(eq(u32, v, UINT32_MAX));
	cr_assert(eq(i32, rd(0x0800, 0, 0, 4, &v), RTAS_PARAMETER));
	cr_assert(eq(i32, wr(0x0800, FAKE_BUID_HI + 1, FAKE_BUID_LO, 4, 0), RTAS_PARAMETER));
	cr_assert(eq(uint, small->nhost_writes, 0));
}

Test(rtas_pci, the_old_calls_mean_the_first_phb)
{
	const uint32_t read[] = { 0x0810, 4 }, write[] = { 0x0840, 2, 0xbeef };
	uint32_t rets[2];

	cr_assert(eq(i32, fake_rtas(m, "write-pci-config", 3, write, 1, NULL), RTAS_OK));
	cr_assert(eq(u8, small->host[0x41], 0xbe));
	cr_assert(eq(i32, fake_rtas(m, "read-pci-config", 2, read, 2, rets), RTAS_OK));
	cr_assert(eq(u32, rets[1], 0), "a BAR that is not there");
}

Test(rtas_pci, a_machine_without_a_phb_has_no_such_calls)
{
	struct fake_machine *bare = fake_machine_new(INTC_XICS, 1, 1);
	const uint32_t args[5] = { 0 };

	cr_assert(eq(i32, fake_rtas(bare, "read-pci-config", 2, args, 2, NULL), RTAS_PARAMETER));
	cr_assert(
		eq(i32, fake_rtas(bare, "ibm,read-pci-config", 4, args, 2, NULL), RTAS_PARAMETER));
	fake_machine_free(bare);
}
