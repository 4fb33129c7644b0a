/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/sphapr/tce_fixture.h"

#include <string.h>

TestSuite(tce_runs, .init = setup, .fini = teardown);

Test(tce_runs, neighbours_become_one_map)
{
	uint64_t tces[256];
	unsigned int before = host.ncalls;

	cr_assert(
		eq(long, tce_put(&pe, w, &mem, 0, list(tces, 0x100000, RW, 256), 256), H_SUCCESS));
	cr_assert(eq(u32, host.ncalls, before + 1));
	cr_assert(eq(u64, fake_dma_last(&host)->size, 1 * MiB));
	cr_assert(eq(u64, fake_dma_last(&host)->gpa, 0x100000));
	cr_assert(eq(u64, fake_dma_mapped(&host), 256));
	cr_assert(fake_dma_agrees(&host, w, false));
}

Test(tce_runs, a_run_ends_where_address_permission_or_bank_change)
{
	uint64_t tces[16];
	unsigned int before = host.ncalls;

	list(tces, BANK - 4 * 0x1000, RW, 8); /* over the border of two banks that touch */
	list(tces + 8, 0x20000, TCE_READ, 4);
	list(tces + 12, 0x24000, RW, 4);
	tces[13] = 0x25000 | TCE_WRITE; /* the same for hardware */
	cr_assert(eq(long, tce_put(&pe, w, &mem, 0, tces, 16), H_SUCCESS));
	cr_assert(eq(u32, host.ncalls, before + 4));
	cr_assert(fake_dma_agrees(&host, w, false));
	cr_assert(eq(u64, get(0xd000), 0x25000 | TCE_WRITE));
}

Test(tce_runs, the_same_page_twice_is_two_runs)
{
	const uint64_t tces[] = { 0x7000 | RW, 0x7000 | RW, 0x6000 | RW };
	unsigned int before = host.ncalls;

	cr_assert(eq(long, tce_put(&pe, w, &mem, 0, tces, 3), H_SUCCESS));
	cr_assert(eq(u32, host.ncalls, before + 3));
	cr_assert(fake_dma_agrees(&host, w, false));
}

Test(tce_runs, maps_and_unmaps_mix_in_one_list)
{
	uint64_t tces[8];

	tce_put(&pe, w, &mem, 0, list(tces, 0x40000, RW, 8), 8);
	tces[2] = 0;
	tces[3] = 0x999000;
	tces[6] = 0x7000 | TCE_READ;
	cr_assert(eq(long, tce_put(&pe, w, &mem, 0, tces, 8), H_SUCCESS));
	cr_assert(eq(u64, fake_dma_mapped(&host), 6));
	cr_assert(fake_dma_agrees(&host, w, false));
	cr_assert(eq(u64, get(0x3000), 0x999000));
}

Test(tce_runs, stuff_of_512_is_one_unmap)
{
	struct dma_window *dyn;
	uint64_t tces[512];
	unsigned int before;

	cr_assert(eq(int, pe_dma_create(&pe, &mem, 12, 24, &dyn), 0));
	w = dyn;
	tce_put(&pe, w, &mem, w->start + 0x1000, list(tces, 0, RW, 512), 512);
	before = host.ncalls;
	cr_assert(eq(long, tce_stuff(&pe, w, &mem, w->start + 0x1000, 0, 512), H_SUCCESS));
	cr_assert(eq(u32, host.ncalls, before + 1));
	cr_assert(eq(u64, fake_dma_mapped(&host), 0));
}

Test(tce_runs, what_is_not_mapped_needs_no_unmap)
{
	unsigned int before = host.ncalls;

	cr_assert(eq(long, tce_stuff(&pe, w, &mem, 0, 0, 256), H_SUCCESS));
	cr_assert(eq(u32, host.ncalls, before));
	put(0x10000, 0x7000 | RW);
	put(0x30000, 0x7000 | RW);
	before = host.ncalls;
	cr_assert(eq(long, tce_stuff(&pe, w, &mem, 0, 0x5000, 256), H_SUCCESS));
	cr_assert(eq(u32, host.ncalls, before + 1));
	cr_assert(eq(u64, fake_dma_last(&host)->ioba, 0x10000));
	cr_assert(eq(u64, fake_dma_last(&host)->size, 0x21000));
	cr_assert(eq(u64, fake_dma_mapped(&host), 0));
	cr_assert(eq(u64, get(0xff000), 0x5000), "the value counts where nothing was mapped, too");
}

/* A list of several runs over a window that holds several. */
static void old_and_new(uint64_t *tces)
{
	uint64_t old[12];

	list(old, 0x40000, RW, 12);
	old[1] = 0;
	old[2] = 0x123000;
	old[7] = 0x7000 | TCE_READ;
	old[11] = BANK | TCE_WRITE;
	cr_assert(eq(long, tce_put(&pe, w, &mem, 0x1000, old, 12), H_SUCCESS));
	list(tces, BANK - 0x3000, RW, 12);
	tces[0] = tces[4] = tces[5] = tces[8] = 0;
	tces[9] = 0x1000 | TCE_READ;
}

Test(tce_runs, after_a_failure_of_any_call_all_is_as_before)
{
	uint64_t tces[12], before[256];
	unsigned int calls;
	long r = H_HARDWARE;

	for (unsigned int nth = 1; r != H_SUCCESS; nth++) {
		cr_assert(lt(u32, nth, 20));
		cr_assert(eq(int, pe_dma_reset(&pe), 0));
		old_and_new(tces);
		memcpy(before, w->tces, sizeof(before));
		calls = host.ncalls;
		host.fail_in = nth;
		r = tce_put(&pe, w, &mem, 0x1000, tces, 12);
		if (r == H_SUCCESS)
			break;
		cr_assert(eq(long, r, H_HARDWARE));
		cr_assert(ge(u32, host.ncalls, calls + nth));
		cr_assert(eq(int, memcmp(before, w->tces, sizeof(before)), 0), "call %u", nth);
		cr_assert(fake_dma_agrees(&host, w, false), "call %u", nth);
	}
	cr_assert(ge(u32, host.nfailed, 5), "several calls had their turn");
	host.fail_in = 0;
	cr_assert(fake_dma_agrees(&host, w, false));
}

Test(tce_runs, when_nothing_can_be_undone_the_table_claims_no_less_than_there_is)
{
	uint64_t tces[12];
	long r = H_HARDWARE;

	for (unsigned int nth = 1; r != H_SUCCESS; nth++) {
		for (unsigned int times = 2; times < 8; times++) {
			host.fail_in = 0;
			cr_assert(eq(int, pe_dma_reset(&pe), 0));
			cr_assert(eq(u64, fake_dma_mapped(&host), 0));
			old_and_new(tces);
			host.fail_in = nth;
			host.fail_for = times;
			r = tce_put(&pe, w, &mem, 0x1000, tces, 12);
			if (r == H_SUCCESS)
				break;
			cr_assert(eq(long, r, H_HARDWARE));
			cr_assert(fake_dma_agrees(&host, w, true), "%u x %u", nth, times);
		}
	}
	host.fail_in = 0;
}

Test(tce_runs, an_old_value_that_is_not_ram_cannot_be_restored)
{
	const uint64_t tces[] = { 0x7000 | RW, 0x9000 | RW };

	w->tces[0] = HOLE | RW; /* as KVM stores it for a LIOBN without a host table */
	host.fail_in = 2;
	cr_assert(eq(long, tce_put(&pe, w, &mem, 0, tces, 2), H_HARDWARE));
	cr_assert(eq(u64, get(0), 0));
	cr_assert(fake_dma_agrees(&host, w, false));
}
