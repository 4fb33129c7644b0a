/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fake/pci.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <linux/pci_regs.h>
#include <signal.h>

static struct fake_pci *d;

static void setup(void)
{
	d = fake_pci_new(false, 0, PCI_LEGACY_CONFIG_SIZE);
}

static void teardown(void)
{
	fake_pci_free_all();
}

TestSuite(pci_bar, .init = setup, .fini = teardown);

static void put(uint32_t off, uint32_t size, uint32_t v)
{
	pci_func_config_write(&d->f, off, size, v);
}

static uint32_t get(uint32_t off)
{
	return pci_func_config_read(&d->f, off, 4);
}

static void decode(uint32_t bits)
{
	put(PCI_COMMAND, 2, bits);
}

/* Write all ones, read the mask, as every driver does; in accesses of @size bytes. */
static uint32_t sized(uint32_t reg, uint32_t size)
{
	for (uint32_t i = 0; i < 4; i += size)
		put(reg + i, size, UINT32_MAX);
	return get(reg);
}

static const uint32_t access_sizes[] = { 1, 2, 4 };

Test(pci_bar, sizing_of_memory)
{
	for (uint64_t size = 16; size <= 2 * GiB; size *= 2)
		for (uint32_t i = 0; i < 3; i++) {
			pci_func_set_bar(&d->f, 2, PCI_BAR_MEM32, false, size);
			cr_assert(eq(u32, get(0x18), 0));
			cr_assert(eq(u32, sized(0x18, access_sizes[i]), (uint32_t)~(size - 1)));
			pci_func_set_bar(&d->f, 2, PCI_BAR_MEM32, true, size);
			cr_assert(eq(u32, sized(0x18, access_sizes[i]), (uint32_t)~(size - 1) | 8));
		}
}

Test(pci_bar, sizing_of_64_bit_memory)
{
	for (unsigned int shift = 4; shift < 64; shift++)
		for (uint32_t i = 0; i < 3; i++) {
			uint64_t mask = ~((1ULL << shift) - 1);

			pci_func_set_bar(&d->f, 4, PCI_BAR_MEM64, true, 1ULL << shift);
			cr_assert(eq(u32, get(0x20), 0xc));
			cr_assert(eq(u32, sized(0x20, access_sizes[i]), (uint32_t)mask | 0xc));
			cr_assert(eq(u32, get(0x24), 0));
			cr_assert(eq(u32, sized(0x24, access_sizes[i]), (uint32_t)(mask >> 32)));
			cr_assert(eq(u32, get(0x20), (uint32_t)mask | 0xc));
		}
}

Test(pci_bar, sizing_of_io)
{
	for (uint64_t size = 4; size <= 64 * KiB; size *= 2)
		for (uint32_t i = 0; i < 3; i++) {
			pci_func_set_bar(&d->f, 0, PCI_BAR_IO, false, size);
			cr_assert(eq(u32, get(0x10), 1));
			cr_assert(eq(u32, sized(0x10, access_sizes[i]), (uint32_t)~(size - 1) | 1));
		}
}

Test(pci_bar, sizing_of_the_rom)
{
	pci_func_set_bar(&d->f, PCI_BAR_ROM, PCI_BAR_MEM32, false, 64 * KiB);
	cr_assert(eq(u32, get(0x30), 0));
	put(0x30, 4, ~1U);
	cr_assert(eq(u32, get(0x30), 0xffff0000));
	put(0x30, 1, 1);
	cr_assert(eq(u32, get(0x30), 0xffff0001));
}

Test(pci_bar, one_that_does_not_exist_reads_zero)
{
	for (uint32_t reg = 0x10; reg < 0x28; reg += 4)
		cr_assert(eq(u32, sized(reg, 4), 0));
	cr_assert(eq(u32, sized(0x30, 4), 0));
	decode(3);
	cr_assert(eq(uint, d->nmoved, 0));
	pci_func_set_bar(&d->f, 1, PCI_BAR_MEM32, false, 4096);
	pci_func_set_bar(&d->f, 1, PCI_BAR_NONE, false, 0);
	cr_assert(eq(u32, sized(0x14, 4), 0));
}

Test(pci_bar, moves_are_told_once_and_only_when_it_decodes)
{
	pci_func_set_bar(&d->f, 0, PCI_BAR_MEM32, false, 4096);
	pci_func_set_bar(&d->f, 1, PCI_BAR_IO, false, 32);
	put(0x10, 4, 0x80001000);
	put(0x14, 4, 0x1000);
	cr_assert(eq(str, d->log, ""));
	decode(PCI_COMMAND_MEMORY);
	cr_assert(eq(u64, d->at[0], 0x80001000));
	cr_assert(eq(u64, d->at[1], PCI_BAR_OFF));
	decode(PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
	cr_assert(eq(u64, d->at[1], 0x1000));
	put(0x10, 1, 0xff); /* bits that do not exist */
	put(0x11, 1, 0x20);
	cr_assert(eq(u64, d->at[0], 0x80002000));
	decode(PCI_COMMAND_IO);
	decode(0);
	cr_assert(eq(str, d->log, "cm0cm1m0x0cx1c"));
}

Test(pci_bar, a_64_bit_address_moves_by_halves)
{
	pci_func_set_bar(&d->f, 0, PCI_BAR_MEM64, true, 1 * MiB);
	put(0x14, 4, 0x2100);
	put(0x10, 4, 0x00300000);
	decode(PCI_COMMAND_MEMORY);
	cr_assert(eq(u64, d->at[0], 0x210000300000));
	put(0x14, 4, 0x2101);
	cr_assert(eq(u64, d->at[0], 0x210100300000));
	put(0x10, 4, 0xfff);
	cr_assert(eq(u64, d->at[0], 0x210100000000));
	cr_assert(eq(uint, d->nmoved, 3));
}

Test(pci_bar, the_rom_needs_both_enables)
{
	pci_func_set_bar(&d->f, PCI_BAR_ROM, PCI_BAR_MEM32, false, 64 * KiB);
	put(0x30, 4, 0x80010001);
	cr_assert(eq(u64, d->at[PCI_BAR_ROM], PCI_BAR_OFF));
	decode(PCI_COMMAND_MEMORY);
	cr_assert(eq(u64, d->at[PCI_BAR_ROM], 0x80010000));
	put(0x30, 4, 0x80010000);
	cr_assert(eq(u64, d->at[PCI_BAR_ROM], PCI_BAR_OFF));
}

Test(pci_bar, sizing_while_decoding_and_overlaps_are_harmless)
{
	pci_func_set_bar(&d->f, 0, PCI_BAR_MEM32, false, 4096);
	pci_func_set_bar(&d->f, 1, PCI_BAR_MEM32, false, 4096);
	pci_func_set_bar(&d->f, 2, PCI_BAR_MEM64, false, 4096);
	decode(PCI_COMMAND_MEMORY);
	for (uint32_t reg = 0x10; reg < 0x20; reg += 4)
		put(reg, 4, UINT32_MAX);
	cr_assert(eq(u64, d->at[0], 0xfffff000));
	cr_assert(eq(u64, d->at[1], 0xfffff000));
	cr_assert(eq(u64, d->at[2], 0xfffffffffffff000));
}

/* A BAR leaves its place before the host sees the write, and comes to the new one after it. */
Test(pci_bar, nothing_is_mapped_while_the_host_does_not_decode)
{
	struct fake_pci *h = fake_pci_new(true, 0, PCI_LEGACY_CONFIG_SIZE);

	pci_func_set_bar(&h->f, 0, PCI_BAR_MEM32, false, 4096);
	pci_func_config_write(&h->f, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	cr_assert(eq(str, h->log, "hcm0"));
	fake_pci_forget(h);
	pci_func_config_write(&h->f, PCI_COMMAND, 2, 0);
	cr_assert(eq(str, h->log, "x0hc"));
}

/* Any series of writes: the owner's picture is what the registers say. The fake aborts on a move
 * to the same place. */
Test(pci_bar, random_writes_keep_the_owner_s_picture_true)
{
	static const uint32_t regs[] = { 0x04, 0x10, 0x14, 0x18, 0x1c, 0x20, 0x24, 0x30 };
	uint64_t seed = 42;

	pci_func_set_bar(&d->f, 0, PCI_BAR_IO, false, 16);
	pci_func_set_bar(&d->f, 1, PCI_BAR_MEM32, false, 256);
	pci_func_set_bar(&d->f, 2, PCI_BAR_MEM64, true, 64 * KiB);
	pci_func_set_bar(&d->f, PCI_BAR_ROM, PCI_BAR_MEM32, false, 2 * KiB);
	for (int i = 0; i < 200000; i++) {
		uint32_t command, rom, size;
		bool io, mem;

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		size = 1U << (seed >> 60) % 3;
		put(regs[(seed >> 50) % 8] + ((seed >> 55) % 4 & ~(size - 1)), size,
		    seed >> 33 & 1 ? UINT32_MAX : (uint32_t)(seed >> 20));
		command = get(PCI_COMMAND);
		io = command & PCI_COMMAND_IO;
		mem = command & PCI_COMMAND_MEMORY;
		rom = get(0x30);
		cr_assert(eq(u64, d->at[0], io ? get(0x10) & ~0xfU : PCI_BAR_OFF));
		cr_assert(eq(u64, d->at[1], mem ? get(0x14) & ~0xffU : PCI_BAR_OFF));
		cr_assert(eq(u64, d->at[2],
			     mem ? ((uint64_t)get(0x1c) << 32 | get(0x18)) & ~0xffffULL
				 : PCI_BAR_OFF));
		cr_assert(
			eq(u64, d->at[PCI_BAR_ROM], mem && rom & 1 ? rom & ~0x7ffU : PCI_BAR_OFF));
		d->log[0] = 0;
	}
	cr_assert(gt(uint, d->nmoved, 10000));
}

Test(pci_bar, a_size_that_is_no_power_of_two_is_our_fault, .signal = SIGABRT)
{
	pci_func_set_bar(&d->f, 0, PCI_BAR_MEM32, false, 4095);
}

Test(pci_bar, a_64_bit_bar_needs_two_registers, .signal = SIGABRT)
{
	pci_func_set_bar(&d->f, 5, PCI_BAR_MEM64, false, 4096);
}
