/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/pci/msix.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#define N 70 /* more than one word of pending bits */

static struct pci_msix m;
static bool masked[N];
static unsigned int ncalls;

static void mask_changed(void *ctx, uint32_t vector, bool now)
{
	cr_assert(eq(ptr, ctx, &ncalls));
	cr_assert(lt(u32, vector, N));
	cr_assert(ne(int, masked[vector], now), "told only of changes");
	masked[vector] = now;
	ncalls++;
}

static void setup(void)
{
	cr_assert(eq(int, pci_msix_init(&m, N, mask_changed, &ncalls), 0));
	memset(masked, true, sizeof(masked));
}

static void teardown(void)
{
	pci_msix_close(&m);
}

TestSuite(pci_msix, .init = setup, .fini = teardown);

static uint64_t get(uint64_t off, uint32_t size)
{
	return pci_msix_table_read(&m, off, size);
}

static void put(uint64_t off, uint32_t size, uint64_t v)
{
	pci_msix_table_write(&m, off, size, v);
}

static void unmask(uint32_t vector)
{
	put(vector * 16 + 12, 4, 0);
}

Test(pci_msix, starts_masked)
{
	for (uint32_t i = 0; i < N; i++) {
		cr_assert(pci_msix_masked(&m, i));
		cr_assert(eq(u64, get(i * 16, 8), 0));
		cr_assert(eq(u64, get(i * 16 + 8, 8), 1ULL << 32));
	}
	cr_assert(pci_msix_masked(&m, N));
	cr_assert(pci_msix_masked(&m, UINT32_MAX));
}

/* Every size at every offset, with the bytes of a plain array that has the same holes. */
Test(pci_msix, every_access_against_bytes)
{
	uint8_t model[N * 16];
	uint64_t seed = 7;

	for (uint32_t i = 0; i < sizeof(model); i++)
		model[i] = i % 16 == 12;
	for (uint32_t size = 1; size <= 8; size++) {
		for (uint64_t off = 0; off < sizeof(model) + 9; off++) {
			uint64_t expect = 0;

			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			put(off, size, seed);
			for (uint32_t i = 0; i < size && off + i < sizeof(model); i++) {
				uint32_t reg = (off + i) % 16;
				uint8_t bits = reg == 0    ? 0xfc
					       : reg < 12  ? 0xff
					       : reg == 12 ? 1
							   : 0;

				model[off + i] = (uint8_t)(seed >> 8 * i) & bits;
				expect |= (uint64_t)model[off + i] << 8 * i;
			}
			cr_assert(eq(u64, get(off, size), expect));
			cr_assert(memcmp(m.table, model, sizeof(model)) == 0);
			for (uint32_t v = 0; v < N; v++)
				cr_assert(eq(int, masked[v], model[v * 16 + 12]));
		}
	}
	cr_assert(gt(uint, ncalls, 1000));
}

Test(pci_msix, far_outside)
{
	put(UINT64_MAX, 8, 0);
	put(UINT64_MAX - 7, 8, 0);
	put(1ULL << 32, 4, 0);
	cr_assert(eq(u64, get(UINT64_MAX, 8), 0));
	cr_assert(eq(u64, get(1ULL << 32 | 12, 4), 0));
	cr_assert(eq(u64, pci_msix_pba_read(&m, UINT64_MAX, 8), 0));
	cr_assert(eq(uint, ncalls, 0));
}

Test(pci_msix, one_write_may_unmask_and_touch_the_next_entry)
{
	put(12, 8, 0xfffffffc00000000ULL);
	cr_assert(not(masked[0]));
	cr_assert(masked[1]);
	cr_assert(eq(u64, get(16, 4), 0xfffffffc));
	cr_assert(eq(uint, ncalls, 1));
}

Test(pci_msix, the_function_mask_covers_the_open_ones)
{
	unmask(3);
	unmask(69);
	pci_msix_set_function_mask(&m, true);
	cr_assert(eq(uint, ncalls, 4));
	cr_assert(pci_msix_masked(&m, 3));
	unmask(4);
	cr_assert(eq(uint, ncalls, 4), "still masked");
	pci_msix_set_function_mask(&m, true);
	pci_msix_set_function_mask(&m, false);
	cr_assert(eq(uint, ncalls, 7));
	cr_assert(not(pci_msix_masked(&m, 4)));
	cr_assert(pci_msix_masked(&m, 5));
}

Test(pci_msix, a_masked_message_is_pending_once)
{
	cr_assert(not(pci_msix_fire(&m, 65)));
	cr_assert(eq(u64, pci_msix_pba_read(&m, 8, 8), 2));
	cr_assert(eq(u64, pci_msix_pba_read(&m, 0, 8), 0));
	cr_assert(eq(u64, pci_msix_pba_read(&m, 5, 8), 2ULL << 24), "unaligned, past the end");
	unmask(65);
	cr_assert(pci_msix_take_pending(&m, 65));
	cr_assert(not(pci_msix_take_pending(&m, 65)));
	cr_assert(pci_msix_fire(&m, 65));
	cr_assert(eq(u64, pci_msix_pba_read(&m, 8, 1), 0));
	cr_assert(not(pci_msix_fire(&m, N)));
	cr_assert(not(pci_msix_take_pending(&m, N)));
}

Test(pci_msix, messages_are_there_to_read)
{
	pci_msix_set_messages(&m, 0x40000000000, 0x1300, N + 10);
	cr_assert(eq(u64, get(16, 8), 0x40000000000));
	cr_assert(eq(u64, get(16 + 8, 8), 1ULL << 32 | 0x1301));
	cr_assert(eq(uint, ncalls, 0));
}

Test(pci_msix, reset_forgets)
{
	unmask(0);
	pci_msix_fire(&m, 1);
	pci_msix_set_function_mask(&m, true);
	ncalls = 0;
	pci_msix_reset(&m);
	cr_assert(eq(uint, ncalls, 0));
	cr_assert(not(pci_msix_take_pending(&m, 1)));
	cr_assert(pci_msix_masked(&m, 0));
	put(12, 4, 0);
	cr_assert(not(pci_msix_masked(&m, 0)), "the function mask is gone, too");
}

Test(pci_msix, largest_and_smallest)
{
	struct pci_msix t;

	for (uint32_t n = 1; n <= PCI_MSIX_MAX; n += PCI_MSIX_MAX - 1) {
		cr_assert(eq(int, pci_msix_init(&t, n, NULL, NULL), 0));
		pci_msix_table_write(&t, pci_msix_table_size(&t) - 4, 4, 0);
		cr_assert(pci_msix_fire(&t, n - 1));
		pci_msix_set_function_mask(&t, true);
		cr_assert(not(pci_msix_fire(&t, n - 1)));
		cr_assert(ne(u64, pci_msix_pba_read(&t, pci_msix_pba_size(&t) - 8, 8), 0));
		pci_msix_close(&t);
		pci_msix_close(&t);
	}
}
