/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/tce_user.h"
#include "tests/unit/sphapr/tce_fixture.h"

#include <errno.h>
#include <string.h>

TestSuite(tce, .init = setup, .fini = teardown);

Test(tce, what_is_put_is_reached_and_read_back)
{
	cr_assert(eq(long, put(0x3000, 0x7000 | RW), H_SUCCESS));
	cr_assert(eq(u64, get(0x3000), 0x7000 | RW));
	cr_assert(eq(u64, fake_dma_hw(&host, w, 3), 0x7000 | RW));
	cr_assert(eq(u64, get(0x2000), 0));
	cr_assert(eq(u64, get(0x4000), 0));
	cr_assert(eq(u64, fake_dma_mapped(&host), 1));
}

Test(tce, without_permission_it_unmaps_and_keeps_the_value)
{
	put(0x3000, 0x7000 | TCE_READ);
	cr_assert(eq(long, put(0x3000, 0xdead000), H_SUCCESS));
	cr_assert(eq(u64, get(0x3000), 0xdead000));
	cr_assert(eq(u64, fake_dma_mapped(&host), 0));
}

Test(tce, an_unmapped_address_need_not_be_ram)
{
	cr_assert(eq(long, put(0x3000, HOLE), H_SUCCESS));
	cr_assert(eq(long, put(0x3000, 0xfffffffffffffffc), H_SUCCESS));
	cr_assert(eq(u64, get(0x3000), 0xfffffffffffffffc));
}

Test(tce, hardware_has_no_write_only_entry)
{
	cr_assert(eq(long, put(0, 0x7000 | TCE_WRITE), H_SUCCESS));
	cr_assert(eq(u64, get(0), 0x7000 | TCE_WRITE));
	cr_assert(eq(u64, fake_dma_hw(&host, w, 0), 0x7000 | RW));
	cr_assert(eq(long, put(0x1000, 0x8000 | TCE_READ), H_SUCCESS));
	cr_assert(eq(u64, fake_dma_hw(&host, w, 1), 0x8000 | TCE_READ));
}

Test(tce, a_new_value_replaces_the_old_one)
{
	put(0, 0x7000 | RW);
	cr_assert(eq(long, put(0, 0x9000 | TCE_READ), H_SUCCESS));
	cr_assert(eq(u64, fake_dma_hw(&host, w, 0), 0x9000 | TCE_READ));
}

Test(tce, bus_addresses_are_held_against_the_window)
{
	const ioba_t bad[] = { 1,        0x800,      0xfff,      0x100000,
			       0x100001, 1ULL << 32, UINT64_MAX, UINT64_MAX - 0xfff };
	unsigned int before = host.ncalls;
	uint64_t tce = 7;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		cr_assert(eq(long, put(bad[i], 0x7000 | RW), H_PARAMETER));
		cr_assert(eq(long, put(bad[i], 0), H_PARAMETER));
		cr_assert(eq(long, tce_stuff(&pe, w, &mem, bad[i], 0, 1), H_PARAMETER));
		cr_assert(eq(long, tce_get(w, bad[i], &tce), H_PARAMETER));
	}
	cr_assert(eq(u64, tce, 7));
	cr_assert(eq(u32, host.ncalls, before));
	cr_assert(eq(long, put(0xff000, 0x7000 | RW), H_SUCCESS), "the last page");
}

Test(tce, a_window_that_starts_elsewhere_is_addressed_absolutely)
{
	cr_assert(eq(int, pe_dma_create(&pe, &mem, 16, 24, &w), 0));
	cr_assert(eq(u64, w->start, FAKE_DMA_SECOND));
	cr_assert(eq(long, put(0, 0x10000 | RW), H_PARAMETER));
	cr_assert(eq(long, put(FAKE_DMA_SECOND - 0x10000, 0x10000 | RW), H_PARAMETER));
	cr_assert(eq(long, put(FAKE_DMA_SECOND + 0x8000, 0x10000 | RW), H_PARAMETER));
	cr_assert(eq(long, put(FAKE_DMA_SECOND + 0xff0000, 0x10000 | RW), H_SUCCESS));
	cr_assert(eq(u64, fake_dma_hw(&host, w, 255), 0x10000 | RW));
	cr_assert(eq(long, put(FAKE_DMA_SECOND + 0x1000000, 0x10000 | RW), H_PARAMETER));
}

Test(tce, a_page_must_be_ram_wholly)
{
	const gpa_t bad[] = { HOLE,   HOLE + 0x1000, THIRD - 0x1000, THIRD + BANK + 64 * KiB,
			      0x7004, 0x7800,        1ULL << 59,     UINT64_MAX & ~0xfffULL };
	unsigned int before = host.ncalls;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		for (uint64_t perm = 1; perm <= RW; perm++)
			cr_assert(eq(long, put(0, bad[i] | perm), H_PARAMETER), "%zu", i);
	cr_assert(eq(u32, host.ncalls, before));
	cr_assert(eq(long, put(0, (HOLE - 0x1000) | RW), H_SUCCESS));
	cr_assert(eq(long, put(0, (THIRD + BANK + 60 * KiB) | RW), H_SUCCESS));
}

Test(tce, a_large_page_must_fit_at_the_end_of_a_bank)
{
	/* The mask would not offer 2M here: a bank that is no multiple of it came later. */
	struct dma_window big = { .page_shift = 21, .npages = 8 };

	w = &big;
	cr_assert(eq(long, put(0, (THIRD + BANK) | RW), H_PARAMETER));
	cr_assert(eq(long, put(0, (THIRD + 64 * KiB) | RW), H_PARAMETER));
}

Test(tce, one_bad_entry_and_nothing_changes)
{
	uint64_t tces[512];
	unsigned int before;

	put(0x5000, 0x7000 | RW);
	before = host.ncalls;
	for (uint64_t bad = 0; bad < 32; bad += 31) {
		list(tces, 0x40000, RW, 32);
		tces[bad] = HOLE | TCE_READ;
		cr_assert(eq(long, tce_put(&pe, w, &mem, 0, tces, 32), H_PARAMETER));
	}
	cr_assert(eq(u32, host.ncalls, before));
	cr_assert(eq(u64, get(0), 0));
	cr_assert(eq(u64, get(0x5000), 0x7000 | RW));
}

Test(tce, a_list_beyond_the_end_changes_nothing)
{
	uint64_t tces[512];
	unsigned int before = host.ncalls;

	list(tces, 0, RW, 512);
	cr_assert(eq(long, tce_put(&pe, w, &mem, 0xff000, tces, 2), H_PARAMETER));
	cr_assert(eq(long, tce_put(&pe, w, &mem, 0xff000, tces, 512), H_PARAMETER));
	cr_assert(eq(long, tce_put(&pe, w, &mem, 0, tces, 257), H_PARAMETER));
	cr_assert(eq(long, tce_put(&pe, w, &mem, 0, tces, 513), H_PARAMETER));
	cr_assert(eq(long, tce_put(&pe, w, &mem, 0, tces, UINT64_MAX), H_PARAMETER));
	cr_assert(eq(long, tce_stuff(&pe, w, &mem, 0xff000, 0, 2), H_PARAMETER));
	cr_assert(eq(long, tce_stuff(&pe, w, &mem, 0xff000, 0, 512), H_PARAMETER));
	cr_assert(eq(u32, host.ncalls, before));
	cr_assert(eq(long, tce_put(&pe, w, &mem, 0xfe000, tces, 2), H_SUCCESS));
	cr_assert(eq(u64, get(0xff000), 0x1000 | RW));
}

Test(tce, a_list_has_512_entries_at_most)
{
	uint64_t tces[513];

	cr_assert(eq(int, pe_dma_create(&pe, &mem, 12, 24, &w), 0));
	list(tces, 0, RW, 513);
	cr_assert(eq(long, tce_put(&pe, w, &mem, w->start, tces, 513), H_PARAMETER));
	cr_assert(eq(u64, fake_dma_mapped(&host), 0));
	cr_assert(eq(long, tce_put(&pe, w, &mem, w->start, tces, 512), H_SUCCESS));
}

Test(tce, an_empty_list_is_no_error)
{
	cr_assert(eq(long, tce_put(&pe, w, &mem, 0x1000, NULL, 0), H_SUCCESS));
	cr_assert(eq(long, tce_stuff(&pe, w, &mem, 0, 0, 0), H_SUCCESS));
}

Test(tce, stuff_has_its_own_statuses)
{
	cr_assert(eq(long, tce_stuff(&pe, w, &mem, 0, 0, 513), H_P4));
	cr_assert(eq(long, tce_stuff(&pe, w, &mem, 0xff000, 0, 1ULL << 40), H_P4));
	cr_assert(eq(long, tce_stuff(&pe, w, &mem, 0, 0, UINT64_MAX), H_P4));
	for (uint64_t perm = 1; perm <= RW; perm++)
		cr_assert(eq(long, tce_stuff(&pe, w, &mem, 0, 0x7000 | perm, 1), H_PARAMETER));
	cr_assert(eq(long, tce_stuff(&pe, w, &mem, 0, 0x7004, 3), H_SUCCESS));
	cr_assert(eq(u64, get(0x2000), 0x7004));
	cr_assert(eq(u64, get(0x3000), 0));
}

Test(tce, the_host_has_no_memory)
{
	host.fail_in = 1;
	host.fail_with = -ENOMEM;
	cr_assert(eq(long, put(0, 0x7000 | RW), H_NOT_ENOUGH_RESOURCES));
	cr_assert(eq(u64, get(0), 0));
	host.fail_in = 1;
	host.fail_with = 1; /* VFIO has such an answer */
	cr_assert(eq(long, put(0, 0x7000 | RW), H_HARDWARE));
	cr_assert(eq(u64, get(0), 0));
	put(0, 0x7000 | RW);
	host.fail_in = 1;
	cr_assert(eq(long, tce_stuff(&pe, w, &mem, 0, 0, 4), H_HARDWARE));
	cr_assert(eq(u64, get(0), 0x7000 | RW));
	cr_assert(fake_dma_agrees(&host, w, false));
}

Test(tce, translate_goes_as_far_as_pages_are_contiguous)
{
	uint64_t tces[4], len = 0x3000;
	gpa_t gpa = 0;

	list(tces, 0x40000, RW, 4);
	tces[2] = 0x9000 | RW;
	tce_put(&pe, w, &mem, 0xfc000, tces, 4);
	cr_assert(eq(int, tce_translate(w, 0xfc123, TCE_WRITE, &gpa, &len), 0));
	cr_assert(eq(u64, gpa, 0x40123));
	cr_assert(eq(u64, len, 0x2000 - 0x123));
	len = 0x10;
	cr_assert(eq(int, tce_translate(w, 0xfcff8, TCE_READ, &gpa, &len), 0));
	cr_assert(eq(u64, len, 0x10));
	len = 0x5000;
	cr_assert(eq(int, tce_translate(w, 0xff004, RW, &gpa, &len), 0));
	cr_assert(eq(u64, gpa, 0x43004));
	cr_assert(eq(u64, len, 0xffc), "not beyond the window");
	len = UINT64_MAX;
	cr_assert(eq(int, tce_translate(w, 0xfe000, RW, &gpa, &len), 0));
	cr_assert(eq(u64, len, 0x1000));
}

Test(tce, translate_holds_to_the_permission)
{
	uint64_t len = 1;
	gpa_t gpa = 0;

	put(0x1000, 0x7000 | TCE_WRITE);
	put(0x2000, 0x8000 | TCE_READ);
	cr_assert(eq(int, tce_translate(w, 0x1000, TCE_READ, &gpa, &len), -EFAULT));
	cr_assert(eq(int, tce_translate(w, 0x1000, TCE_WRITE, &gpa, &len), 0));
	cr_assert(eq(int, tce_translate(w, 0x2000, TCE_WRITE, &gpa, &len), -EFAULT));
	cr_assert(eq(int, tce_translate(w, 0x2000, RW, &gpa, &len), -EFAULT));
	cr_assert(eq(int, tce_translate(w, 0x0fff, TCE_READ, &gpa, &len), -EFAULT));
	cr_assert(eq(int, tce_translate(w, 0x100000, TCE_READ, &gpa, &len), -EFAULT));
	cr_assert(eq(int, tce_translate(w, UINT64_MAX, TCE_READ, &gpa, &len), -EFAULT));
	len = 0x1001;
	cr_assert(eq(int, tce_translate(w, 0x1000, TCE_WRITE, &gpa, &len), 0));
	cr_assert(eq(u64, len, 0x1000), "the next page is read only");
}

Test(tce, a_table_of_ours_serves_emulated_devices)
{
	struct pe user;
	uint64_t tces[300], len = 300 * 0x1000;
	gpa_t gpa;

	cr_assert(eq(int, pe_dma_init(&user, &tce_user_ops, NULL, &tce_user_caps, 1, true), 0));
	cr_assert(eq(u32, user.windows[0].liobn, 0x80000100));
	cr_assert(eq(u64, user.windows[0].npages, 262144));
	list(tces, 0, RW, 300);
	cr_assert(
		eq(long, tce_put(&user, &user.windows[0], &mem, 0x3ff00000, tces, 256), H_SUCCESS));
	cr_assert(eq(int, tce_translate(&user.windows[0], 0x3ff00000, RW, &gpa, &len), 0));
	cr_assert(eq(u64, gpa, 0));
	cr_assert(eq(u64, len, 1 * MiB));
	cr_assert(
		eq(long, tce_stuff(&user, &user.windows[0], &mem, 0x3ff00000, 0, 255), H_SUCCESS));
	cr_assert(eq(int, pe_dma_reset(&user), 0));
	cr_assert(eq(int, tce_translate(&user.windows[0], 0x3ffff000, RW, &gpa, &len), -EFAULT));
	pe_dma_close(&user);
}
