/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/hcall.h"
#include "tests/fake/pci.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <linux/pci_regs.h>
#include <string.h>

#define BAR0 0x80002000u
#define IO_PORT 0x1000u

static struct fake_machine *m;
static struct fake_pci *d;
static gpa_t bar0, io;

static void place(struct fake_pci *f, uint32_t reg, uint32_t addr)
{
	pci_func_config_write(&f->f, reg, 4, addr);
	pci_func_config_write(&f->f, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
}

static void setup(void)
{
	m = fake_machine_new(INTC_XIVE, 1, 1);
	fake_machine_add_phb(m);
	fake_machine_add_phb(m);
	d = fake_pci_new(false, 8, PCI_LEGACY_CONFIG_SIZE);
	pci_func_set_bar(&d->f, 0, PCI_BAR_MEM32, false, 4096);
	pci_func_set_bar(&d->f, 1, PCI_BAR_IO, false, 4);
	pci_func_set_bar(&d->f, 2, PCI_BAR_MEM64, true, 64 * KiB);
	pci_func_set_bar(&d->f, PCI_BAR_ROM, PCI_BAR_MEM32, false, 2 * KiB);
	fake_machine_add_pci(m, d);
	place(d, 0x10, BAR0);
	place(d, 0x14, IO_PORT);
	bar0 = phb_range(1, PHB_MEM32).gpa + (BAR0 - 0x80000000u);
	io = phb_range(1, PHB_IO).gpa + IO_PORT;
	for (int i = 0; i < FAKE_BAR_BYTES; i++)
		d->bar[0][i] = (uint8_t)(i * 7 + 1);
}

static void teardown(void)
{
	fake_machine_free(m);
}

TestSuite(phb_mmio, .init = setup, .fini = teardown);

static bool load(gpa_t gpa, uint32_t len, uint8_t *data)
{
	return phb_mmio(&m->sp, gpa, data, len, false);
}

Test(phb_mmio, one_access_where_one_will_do)
{
	static const uint32_t sizes[] = { 1, 2, 4, 8 };
	uint8_t data[8];

	for (int i = 0; i < 4; i++) {
		fake_pci_forget(d);
		cr_assert(load(bar0 + 16, sizes[i], data));
		cr_assert(eq(uint, d->naccesses, 1));
		cr_assert(eq(u64, fake_pci_last(d, 0)->off, 16));
		cr_assert(eq(u32, fake_pci_last(d, 0)->size, sizes[i]));
		cr_assert(memcmp(data, d->bar[0] + 16, sizes[i]) == 0);
	}
}

/* Every length at every offset around the BAR: inside its bytes, outside ones and false. */
Test(phb_mmio, every_length_at_both_edges)
{
	static const int64_t around[] = { 0, 4096 };
	uint8_t data[8], expect[8];

	for (int e = 0; e < 2; e++)
		for (int64_t at = around[e] - 9; at <= around[e] + 9; at++)
			for (uint32_t len = 1; len <= 8; len++) {
				bool any = false;

				for (uint32_t i = 0; i < len; i++) {
					bool in = at + i >= 0 && at + i < 4096;

					expect[i] = in ? d->bar[0][at + i] : 0xff;
					any |= in;
				}
				memset(data, 0x5a, sizeof(data));
				cr_assert(eq(int, load(bar0 + (uint64_t)at, len, data), any));
				cr_assert(memcmp(data, expect, len) == 0, "%u at %d", len, (int)at);
				for (uint32_t i = len; i < 8; i++)
					cr_assert(eq(u8, data[i], 0x5a));
			}
}

Test(phb_mmio, every_store_at_both_edges)
{
	static const int64_t around[] = { 0, 4096 };
	uint8_t before[4096];

	for (int e = 0; e < 2; e++)
		for (int64_t at = around[e] - 9; at <= around[e] + 9; at++)
			for (uint32_t len = 1; len <= 8; len++) {
				uint8_t data[8] = {
					0xe1, 0xd2, 0xc3, 0xb4, 0xa5, 0x96, 0x87, 0x78
				};

				memcpy(before, d->bar[0], sizeof(before));
				for (uint32_t i = 0; i < len; i++)
					if (at + i >= 0 && at + i < 4096)
						before[at + i] = data[i];
				phb_mmio(&m->sp, bar0 + (uint64_t)at, data, len, true);
				cr_assert(memcmp(before, d->bar[0], sizeof(before)) == 0);
			}
}

Test(phb_mmio, a_small_bar_in_a_larger_access)
{
	uint8_t data[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	cr_assert(phb_mmio(&m->sp, io, data, 8, true));
	cr_assert(eq(uint, d->naccesses, 1));
	cr_assert(eq(u64, fake_pci_last(d, 0)->value, 0x04030201));
	cr_assert(phb_mmio(&m->sp, io - 4, data, 8, false));
	cr_assert(eq(u64, be64_load(data), 0xffffffff01020304));
}

Test(phb_mmio, only_what_decodes)
{
	uint8_t data[8];

	pci_func_config_write(&d->f, PCI_COMMAND, 2, PCI_COMMAND_IO);
	cr_assert(not(load(bar0, 4, data)));
	cr_assert(eq(u32, be32_load(data), UINT32_MAX));
	cr_assert(load(io, 4, data));
	cr_assert(not(load(phb_range(0, PHB_IO).gpa + IO_PORT, 4, data)), "another PHB's window");
	cr_assert(not(load(phb_range(1, PHB_MEM64).gpa, 4, data)));
	cr_assert(not(load(0, 8, data)));
	cr_assert(not(load(UINT64_MAX - 3, 8, data)));
	cr_assert(not(load(bar0, 0, data)));
}

Test(phb_mmio, rom_and_64_bit_bars)
{
	uint8_t data[8];
	gpa_t high = phb_range(1, PHB_MEM64).gpa + GiB;

	place(d, 0x30, 0x80100001);
	place(d, 0x18, (uint32_t)high);
	place(d, 0x1c, (uint32_t)(high >> 32));
	cr_assert(load(phb_range(1, PHB_MEM32).gpa + 0x100000 + 8, 4, data));
	cr_assert(eq(int, fake_pci_last(d, 0)->bar, PCI_BAR_ROM));
	cr_assert(eq(u64, fake_pci_last(d, 0)->off, 8));
	cr_assert(load(high + 0xfff8, 8, data));
	cr_assert(eq(int, fake_pci_last(d, 0)->bar, 2));
	cr_assert(eq(u64, fake_pci_last(d, 0)->off, 0xfff8));
	place(d, 0x1c, 0x12345678); /* outside every window */
	cr_assert(not(load(high, 8, data)));
}

Test(phb_mmio, where_bars_overlap_the_lower_one_answers)
{
	struct fake_pci *e = fake_pci_new(false, 16, PCI_LEGACY_CONFIG_SIZE);
	uint8_t data[8];

	pci_func_set_bar(&e->f, 0, PCI_BAR_MEM32, false, 16 * KiB);
	fake_machine_add_pci(m, e);
	place(e, 0x10, 0x80000000);
	cr_assert(load(bar0, 4, data));
	cr_assert(eq(uint, d->naccesses, 1));
	cr_assert(load(bar0 - 4, 8, data), "half of it each");
	cr_assert(eq(uint, d->naccesses, 2));
	cr_assert(eq(uint, e->naccesses, 1));
	place(d, 0x30, BAR0 | 1);
	cr_assert(load(bar0, 4, data));
	cr_assert(eq(int, fake_pci_last(d, 0)->bar, 0));
}

Test(phb_mmio, neighbours_begin_where_the_other_ends)
{
	uint8_t data[8];

	place(d, 0x30, (BAR0 + 4096) | 1);
	cr_assert(load(bar0 + 4096, 1, data));
	cr_assert(eq(int, fake_pci_last(d, 0)->bar, PCI_BAR_ROM));
	cr_assert(load(bar0 + 4092, 8, data));
	cr_assert(eq(int, fake_pci_last(d, 0)->bar, PCI_BAR_ROM));
	cr_assert(eq(u64, fake_pci_last(d, 0)->off, 0));
	cr_assert(eq(int, fake_pci_last(d, 1)->bar, 0));
	cr_assert(eq(u64, fake_pci_last(d, 1)->off, 4092));
}

Test(phb_mmio, a_function_without_bar_ops_is_a_hole)
{
	static struct pci_func f;
	uint8_t data[4] = { 0 };

	pci_func_init(&f, NULL, NULL, 24, PCI_LEGACY_CONFIG_SIZE);
	pci_func_set_bar(&f, 0, PCI_BAR_MEM32, false, 4096);
	cr_assert(eq(int, phb_add_func(&m->sp, m->phb, &f), 0));
	pci_func_config_write(&f, 0x10, 4, 0x80200000);
	pci_func_config_write(&f, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	cr_assert(load(phb_range(1, PHB_MEM32).gpa + 0x200000, 4, data));
	cr_assert(eq(u32, be32_load(data), UINT32_MAX));
	cr_assert(phb_mmio(&m->sp, phb_range(1, PHB_MEM32).gpa + 0x200000, data, 4, true));
}

static long ci(uint64_t nr, uint64_t size, gpa_t gpa, uint64_t *value)
{
	uint64_t a[HCALL_MAX_ARGS] = { size, gpa, *value };
	long r = hcall_dispatch(&m->sp, nr, a);

	*value = a[0];
	return r;
}

Test(phb_mmio, cache_inhibited_hypercalls_reach_bars)
{
	uint64_t v = 0x11223344;

	cr_assert(eq(long, ci(H_LOGICAL_CI_STORE, 4, bar0, &v), H_SUCCESS));
	cr_assert(eq(u32, be32_load(d->bar[0]), 0x11223344), "big-endian in memory");
	cr_assert(eq(long, ci(H_LOGICAL_CI_LOAD, 4, bar0, &v), H_SUCCESS));
	cr_assert(eq(u64, v, 0x11223344));
	cr_assert(eq(long, ci(H_LOGICAL_CI_LOAD, 8, bar0 + 8, &v), H_SUCCESS));
	cr_assert(eq(u64, v, be64_load(d->bar[0] + 8)));
	cr_assert(eq(long, ci(H_LOGICAL_CI_LOAD, 8, bar0 + 4, &v), H_PARAMETER), "misaligned");
	cr_assert(eq(long, ci(H_LOGICAL_CI_LOAD, 4, bar0 + 4096, &v), H_PARAMETER));
	cr_assert(eq(long, ci(H_LOGICAL_CI_STORE, 1, bar0 + 4096, &v), H_PARAMETER));
	cr_assert(eq(long, ci(H_LOGICAL_CACHE_LOAD, 4, bar0, &v), H_PARAMETER), "no cache there");
	cr_assert(eq(long, ci(H_LOGICAL_CACHE_STORE, 4, bar0, &v), H_PARAMETER));
}

static struct pci_func *changed;
static unsigned int waits;

static void over(void)
{
	waits++;
	changed->changing = waits < 2;
}

Test(phb_mmio, a_function_that_another_call_changes_is_waited_for)
{
	uint8_t data[8] = { 0 };

	changed = &d->f;
	m->plat.awaited = over;
	d->f.changing = true;
	fake_pci_forget(d);
	cr_assert(load(bar0, 1, data));
	cr_assert(eq(uint, waits, 2), "until it is over");
	cr_assert(eq(uint, d->naccesses, 1));
	d->f.changing = d->f.busy = true;
	cr_assert(load(bar0, 1, data));
	cr_assert(eq(u8, data[0], 0xff), "which takes too long to be waited for");
	cr_assert(eq(uint, waits, 2));
	d->f.changing = d->f.busy = false;
}

/* As while it is held in EEH reset, or a vCPU resets the function. */
Test(phb_mmio, what_cannot_be_reached_reads_as_ones_and_nobody_is_asked)
{
	uint8_t data[8] = { 0 };
	uint64_t v = 0;

	for (int held = 0; held <= 1; held++) {
		m->phb->pe.eeh_held = held;
		d->f.busy = !held;
		fake_pci_forget(d);
		cr_assert(load(bar0, 8, data), "it is not as if nothing were there");
		for (int i = 0; i < 8; i++)
			cr_assert(eq(u8, data[i], 0xff));
		cr_assert(phb_mmio(&m->sp, bar0, data, 4, true));
		cr_assert(eq(long, ci(H_LOGICAL_CI_LOAD, 4, bar0, &v), H_SUCCESS));
		cr_assert(eq(u64, v, UINT32_MAX));
		cr_assert(eq(long, ci(H_LOGICAL_CI_STORE, 4, bar0, &v), H_SUCCESS));
		cr_assert(eq(uint, d->naccesses, 0));
	}
	m->phb->pe.eeh_held = false;
	cr_assert(load(bar0, 1, data));
	cr_assert(eq(uint, d->naccesses, 1));
}
