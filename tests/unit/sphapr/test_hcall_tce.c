/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/hcall.h"
#include "sphapr/tce.h"
#include "tests/fake/dma.h"
#include "tests/fake/pci.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>

#define LIOBN0 0x80000000u
#define LIOBN1 0x80000100u
#define LIST 0x10000
#define RAM (16 * MiB)
#define RW TCE_PERM

static struct fake_machine *m;
static struct fake_dma host[2];
static struct phb *phb[2];

static void setup(void)
{
	m = fake_machine_new(INTC_XIVE, 1, RAM / MiB);
	for (uint32_t i = 0; i < 2; i++) {
		fake_dma_init(&host[i], &m->mem);
		phb[i] = fake_machine_add_phb(m);
		cr_assert(eq(
			int,
			pe_dma_init(&phb[i]->pe, &fake_dma_ops, &host[i], &host[i].caps, i, true),
			0));
	}
}

static void teardown(void)
{
	for (uint32_t i = 0; i < 2; i++)
		pe_dma_close(&phb[i]->pe);
	fake_machine_free(m);
}

TestSuite(hcall_tce, .init = setup, .fini = teardown);

static long call(uint64_t nr, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3)
{
	uint64_t a[HCALL_MAX_ARGS] = { a0, a1, a2, a3 };

	return hcall_dispatch(&m->sp, nr, a);
}

static long put(uint64_t liobn, uint64_t ioba, uint64_t tce)
{
	return call(H_PUT_TCE, liobn, ioba, tce, 0);
}

static long indirect(uint64_t ioba, uint64_t list, uint64_t n)
{
	return call(H_PUT_TCE_INDIRECT, LIOBN0, ioba, list, n);
}

static uint64_t get(uint64_t liobn, uint64_t ioba)
{
	uint64_t a[HCALL_MAX_ARGS] = { liobn, ioba };

	cr_assert(eq(long, hcall_dispatch(&m->sp, H_GET_TCE, a), H_SUCCESS));
	return a[0];
}

static void fill_list(gpa_t at, uint64_t first, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		be64_store(m->ram + at + 8 * i, first + ((uint64_t)i << 12));
}

static unsigned int ncalls(void)
{
	return host[0].ncalls + host[1].ncalls;
}

Test(hcall_tce, each_liobn_has_a_table_of_its_own)
{
	cr_assert(eq(long, put(LIOBN0, 0x1000, 0x7000 | RW), H_SUCCESS));
	cr_assert(eq(long, put(LIOBN1, 0x1000, 0x9000 | TCE_READ), H_SUCCESS));
	cr_assert(eq(u64, get(LIOBN0, 0x1000), 0x7000 | RW));
	cr_assert(eq(u64, get(LIOBN1, 0x1000), 0x9000 | TCE_READ));
	cr_assert(eq(u64, fake_dma_hw(&host[1], &phb[1]->pe.windows[0], 1), 0x9000 | TCE_READ));
	cr_assert(eq(long, call(H_STUFF_TCE, LIOBN0, 0, 0, 256), H_SUCCESS));
	cr_assert(eq(u64, fake_dma_mapped(&host[0]), 0));
	cr_assert(eq(u64, fake_dma_mapped(&host[1]), 1));
}

Test(hcall_tce, a_liobn_that_names_nothing)
{
	const uint64_t bad[] = { 0,           1,          0x80000001, 0x80000002,        0x80000200,
				 0x180000000, UINT32_MAX, UINT64_MAX, 0x8000000080000000 };
	unsigned int before = ncalls();

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		cr_assert(eq(long, put(bad[i], 0, 0x7000 | RW), H_PARAMETER));
		cr_assert(eq(long, call(H_GET_TCE, bad[i], 0, 0, 0), H_PARAMETER));
		cr_assert(eq(long, call(H_PUT_TCE_INDIRECT, bad[i], 0, LIST, 1),
			     (int64_t)bad[i] < 0 ? H_FUNCTION : H_PARAMETER));
		cr_assert(eq(long, call(H_STUFF_TCE, bad[i], 0, 0, 0), H_PARAMETER));
		cr_assert(eq(long, call(H_STUFF_TCE, bad[i], 0, 0, 513), H_PARAMETER));
	}
	cr_assert(eq(u32, ncalls(), before));
}

Test(hcall_tce, a_window_that_went_is_not_there)
{
	pe_dma_remove(&phb[0]->pe, LIOBN0);
	cr_assert(eq(long, put(LIOBN0, 0, 0x7000 | RW), H_PARAMETER));
	cr_assert(eq(long, call(H_GET_TCE, LIOBN0, 0, 0, 0), H_PARAMETER));
}

Test(hcall_tce, the_list_is_big_endian)
{
	const uint8_t list[16] = { 0, 0, 0, 0, 0, 0x12, 0x30, 3, 0, 0, 0, 0, 0, 0x45, 0x60, 1 };

	memcpy(m->ram + LIST, list, sizeof(list));
	cr_assert(eq(long, indirect(0x2000, LIST, 2), H_SUCCESS));
	cr_assert(eq(u64, get(LIOBN0, 0x2000), 0x123003));
	cr_assert(eq(u64, get(LIOBN0, 0x3000), 0x456001));
}

Test(hcall_tce, a_full_list_is_one_call_of_the_host)
{
	struct dma_window *w;
	unsigned int before;

	cr_assert(eq(int, pe_dma_create(&phb[0]->pe, &m->mem, 12, 24, &w), 0));
	before = ncalls();
	fill_list(LIST, 0x200000 | RW, 512);
	cr_assert(eq(long, call(H_PUT_TCE_INDIRECT, w->liobn, w->start + 0x200000, LIST, 512),
		     H_SUCCESS));
	cr_assert(eq(u32, ncalls(), before + 1));
	cr_assert(eq(u64, fake_dma_mapped(&host[0]), 512));
	cr_assert(eq(u64, get(w->liobn, w->start + 0x3ff000), 0x3ff000 | RW));
}

Test(hcall_tce, a_list_has_512_entries_and_its_page_is_aligned_ram)
{
	const uint64_t bad[] = { LIST + 8,   LIST + 0x800,          LIST + 1, RAM, RAM + 0x1000,
				 1ULL << 60, UINT64_MAX & ~0xfffULL };
	unsigned int before = ncalls();

	fill_list(LIST, 0x7000 | RW, 512);
	cr_assert(eq(long, indirect(0, LIST, 513), H_PARAMETER));
	cr_assert(eq(long, indirect(0, LIST, 1ULL << 61), H_PARAMETER));
	cr_assert(eq(long, indirect(0, LIST, (1ULL << 61) + 1), H_PARAMETER));
	cr_assert(eq(long, indirect(0, LIST, UINT64_MAX), H_PARAMETER));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		for (uint64_t n = 0; n < 2; n++)
			cr_assert(eq(long, indirect(0, bad[i], n), H_PARAMETER), "%zu", i);
	cr_assert(eq(u32, ncalls(), before));
	cr_assert(eq(long, indirect(0, LIST, 0), H_SUCCESS));
}

Test(hcall_tce, the_list_may_end_where_ram_ends)
{
	fill_list(RAM - 4096, 0x7000 | RW, 256);
	memset(m->ram + RAM - 2048, 0, 2048);
	cr_assert(eq(long, indirect(0, RAM - 4096, 256), H_SUCCESS));
	cr_assert(eq(u64, fake_dma_mapped(&host[0]), 256));
}

Test(hcall_tce, the_range_is_judged_with_its_count)
{
	unsigned int before = ncalls();

	fill_list(LIST, 0x7000 | RW, 512);
	cr_assert(eq(long, indirect(0xff000, LIST, 2), H_PARAMETER));
	cr_assert(eq(long, indirect(0xff000, LIST, 512), H_PARAMETER));
	cr_assert(eq(long, indirect(0, LIST, 257), H_PARAMETER));
	cr_assert(eq(long, indirect(UINT64_MAX - 0xfff, LIST, 2), H_PARAMETER));
	cr_assert(eq(u32, ncalls(), before));
	cr_assert(eq(long, indirect(0, LIST, 256), H_SUCCESS));
}

Test(hcall_tce, one_entry_that_is_not_ram_spoils_the_list)
{
	unsigned int before = ncalls();

	fill_list(LIST, 0x7000 | RW, 100);
	be64_store(m->ram + LIST + 8 * 99, RAM | TCE_READ);
	cr_assert(eq(long, indirect(0, LIST, 100), H_PARAMETER));
	cr_assert(eq(u32, ncalls(), before));
	cr_assert(eq(u64, get(LIOBN0, 0), 0));
	cr_assert(eq(long, indirect(0, LIST, 99), H_SUCCESS));
}

/* What made a host crash under another VMM. */
Test(hcall_tce, stuff_of_2_to_the_40_at_the_last_page)
{
	put(LIOBN0, 0xff000, 0x7000 | RW);
	cr_assert(eq(long, call(H_STUFF_TCE, LIOBN0, 0xff000, 0, 1ULL << 40), H_P4));
	cr_assert(eq(long, call(H_STUFF_TCE, LIOBN0, 0xff000, 0, 512), H_PARAMETER));
	cr_assert(eq(long, call(H_STUFF_TCE, LIOBN0, 0xff000, 0, 2), H_PARAMETER));
	cr_assert(eq(u64, fake_dma_mapped(&host[0]), 1));
	cr_assert(eq(long, call(H_STUFF_TCE, LIOBN0, 0xff000, 0, 1), H_SUCCESS));
	cr_assert(eq(u64, fake_dma_mapped(&host[0]), 0));
}

Test(hcall_tce, stuff_as_linux_does_before_it_removes_a_default_window)
{
	cr_assert(eq(long, call(H_STUFF_TCE, LIOBN0, 0, 0, 0), H_SUCCESS));
}

Test(hcall_tce, stuff_with_permission)
{
	cr_assert(eq(long, call(H_STUFF_TCE, LIOBN0, 0, 0x7000 | TCE_READ, 1), H_PARAMETER));
	cr_assert(eq(long, call(H_STUFF_TCE, LIOBN0, 0, 0x7000 | TCE_WRITE, 1), H_PARAMETER));
	cr_assert(eq(long, call(H_STUFF_TCE, LIOBN0, 0, TCE_READ, 0), H_PARAMETER));
	cr_assert(eq(long, call(H_STUFF_TCE, LIOBN0, 0x1000, 0x7004, 2), H_SUCCESS));
	cr_assert(eq(u64, get(LIOBN0, 0x2000), 0x7004));
}

Test(hcall_tce, the_host_has_no_room)
{
	host[0].fail_in = 1;
	host[0].fail_with = -ENOMEM;
	cr_assert(eq(long, put(LIOBN0, 0, 0x7000 | RW), H_NOT_ENOUGH_RESOURCES));
	host[0].fail_in = 1;
	host[0].fail_with = -EINVAL;
	cr_assert(eq(long, put(LIOBN0, 0, 0x7000 | RW), H_HARDWARE));
	cr_assert(eq(u64, get(LIOBN0, 0), 0));
}

Test(hcall_tce, get_leaves_its_argument_when_it_fails)
{
	uint64_t a[HCALL_MAX_ARGS] = { LIOBN0, 0x800 };

	cr_assert(eq(long, hcall_dispatch(&m->sp, H_GET_TCE, a), H_PARAMETER));
	cr_assert(eq(u64, a[0], LIOBN0));
}
