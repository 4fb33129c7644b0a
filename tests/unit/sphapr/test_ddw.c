/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/tce.h"
#include "tests/unit/sphapr/ddw_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void open_pe(void)
{
	cr_assert(eq(int, pe_dma_init(&pe, &fake_dma_ops, &host, &host.caps, 3, true), 0));
}

static void setup(void)
{
	said_catch(LOG_WARN);
	mem = (struct gmem){ 0 };
	gmem_add(&mem, 0, 64 * MiB, &byte);
	fake_dma_init(&host, &mem);
	open_pe();
}

TestSuite(ddw, .init = setup, .fini = teardown);

static void map_one(uint32_t liobn)
{
	struct dma_window *w = pe_dma_find(&pe, liobn);
	const uint64_t tce = TCE_PERM;

	cr_assert(eq(long, tce_put(&pe, w, &mem, w->start, &tce, 1), 0));
}

static void is_default_and_empty(void)
{
	const struct dma_window *w = pe_dma_find(&pe, BASE);

	cr_assert(ne(ptr, (void *)w, NULL));
	cr_assert(pe.has_default);
	cr_assert(eq(u64, w->start, 0));
	cr_assert(eq(u32, w->page_shift, 12));
	cr_assert(eq(u64, w->npages, 256));
	cr_assert(eq(u32, fake_dma_windows(&host), 1));
	cr_assert(eq(u64, fake_dma_mapped(&host), 0));
	for (uint64_t i = 0; i < w->npages; i++)
		cr_assert(eq(u64, w->tces[i], 0));
}

Test(ddw, at_first_there_is_the_default)
{
	is_default_and_empty();
	cr_assert(eq(u32, query().windows, 1));
	cr_assert(eq(ptr, (void *)pe_dma_find(&pe, BASE | 1), NULL));
	cr_assert(eq(ptr, (void *)pe_dma_find(&pe, 0), NULL));
}

Test(ddw, a_dynamic_window_stands_beside_the_default)
{
	struct dma_window *w = NULL;

	cr_assert(eq(int, pe_dma_create(&pe, &mem, 16, 26, &w), 0));
	cr_assert(eq(u32, w->liobn, BASE | 1));
	cr_assert(eq(u64, w->start, FAKE_DMA_SECOND));
	cr_assert(eq(u64, w->npages, 1024));
	cr_assert(eq(ptr, (void *)pe_dma_find(&pe, BASE | 1), (void *)w));
	cr_assert(eq(u32, query().windows, 0));
	cr_assert(eq(int, try_create(16, 26), -EINVAL));
	cr_assert(eq(u32, fake_dma_windows(&host), 2));
}

Test(ddw, remove_of_the_dynamic_one_leaves_the_default_alone)
{
	map_one(BASE);
	create(16, 26);
	map_one(BASE | 1);
	cr_assert(eq(int, pe_dma_remove(&pe, BASE | 1), 0));
	cr_assert(eq(u64, fake_dma_mapped(&host), 1), "what is in the default stays");
	cr_assert(eq(int, pe_dma_remove(&pe, BASE | 1), -ENOENT));
	cr_assert(eq(u32, query().windows, 1));
	cr_assert(eq(u32, create(16, 26), BASE | 1));
}

Test(ddw, without_the_default_a_window_lands_in_its_place)
{
	const struct dma_window *w;

	map_one(BASE);
	cr_assert(eq(int, pe_dma_remove(&pe, BASE), 0));
	cr_assert(eq(u32, fake_dma_windows(&host), 0));
	cr_assert(eq(int, pe_dma_remove(&pe, BASE), -ENOENT));
	cr_assert(eq(u32, query().windows, 2));
	cr_assert(eq(u32, create(16, 26), BASE | 1));
	w = pe_dma_find(&pe, BASE | 1);
	cr_assert(eq(u64, w->start, 0));
	cr_assert(eq(u64, w->tces[0], 0), "empty");
	cr_assert(eq(u32, query().windows, 1));
}

Test(ddw, the_last_dynamic_one_brings_the_default_back)
{
	pe_dma_remove(&pe, BASE);
	create(16, 26);
	map_one(BASE | 1);
	cr_assert(eq(int, pe_dma_remove(&pe, BASE | 1), 0));
	is_default_and_empty();
}

Test(ddw, two_dynamic_windows_in_every_order)
{
	create(16, 26); /* BOTH: |1 at the second start */
	pe_dma_remove(&pe, BASE);
	cr_assert(eq(u32, query().windows, 1));
	cr_assert(eq(u32, create(12, 20), BASE | 2)); /* TWO: |2 at 0 */
	cr_assert(eq(u64, pe_dma_find(&pe, BASE | 2)->start, 0));
	cr_assert(eq(int, try_create(12, 20), -EINVAL));
	pe_dma_remove(&pe, BASE | 1);
	cr_assert(not(pe.has_default));
	cr_assert(eq(u32, create(12, 20), BASE | 1));
	cr_assert(eq(u64, pe_dma_find(&pe, BASE | 1)->start, FAKE_DMA_SECOND));
	pe_dma_remove(&pe, BASE | 2);
	pe_dma_remove(&pe, BASE | 1);
	is_default_and_empty();
}

Test(ddw, reset_is_the_way_home_from_each_state)
{
	for (int state = 0; state < 5; state++) {
		if (state == 1 || state == 4)
			create(16, 26);
		if (state >= 2)
			pe_dma_remove(&pe, BASE);
		if (state == 3 || state == 4)
			map_one(create(12, 24));
		if (pe.has_default)
			map_one(BASE);
		cr_assert(eq(int, pe_dma_reset(&pe), 0));
		is_default_and_empty();
	}
}

Test(ddw, reset_empties_the_default_in_its_place)
{
	const uint64_t tces[] = { 0x1000 | TCE_PERM, 0, 0x5000 | TCE_READ, 0x77000 };
	struct dma_window *w = pe_dma_find(&pe, BASE);
	unsigned int before;

	tce_put(&pe, w, &mem, 0x4000, tces, 4);
	before = host.ncalls;
	cr_assert(eq(int, pe_dma_reset(&pe), 0));
	cr_assert(eq(u32, host.ncalls, before + 1), "one call over all of it");
	cr_assert(eq(u64, fake_dma_last(&host)->ioba, 0));
	cr_assert(eq(u64, fake_dma_last(&host)->size, 1 * MiB));
	is_default_and_empty();
}

/* KVM's H_PUT_TCE, racing with itself, can leave such a page. */
Test(ddw, reset_takes_pages_that_no_entry_tells_of)
{
	struct dma_window *w = pe_dma_find(&pe, BASE);

	map_one(BASE);
	w->tces[0] = 0;
	cr_assert(eq(u64, fake_dma_mapped(&host), 1));
	cr_assert(eq(int, pe_dma_reset(&pe), 0));
	is_default_and_empty();
}

Test(ddw, a_default_that_cannot_be_emptied_is_made_anew)
{
	map_one(BASE);
	host.fail_in = 1;
	cr_assert(eq(int, pe_dma_reset(&pe), 0));
	is_default_and_empty();
	map_one(BASE);
	host.fail_in = 1;
	host.fail_for = 2;
	cr_assert(eq(int, pe_dma_reset(&pe), -EIO));
	cr_assert(eq(u32, fake_dma_windows(&host), 0));
	cr_assert(eq(int, pe_dma_reset(&pe), 0));
	is_default_and_empty();
}

Test(ddw, a_default_that_does_not_come_back_is_tried_at_the_next_reset)
{
	pe_dma_remove(&pe, BASE);
	create(16, 26);
	host.fail_in = 1;
	host.fail_with = -ENOMEM;
	cr_assert(eq(int, pe_dma_remove(&pe, BASE | 1), 0), "the window asked for is gone");
	cr_assert(eq(int, said_lines(), 1));
	cr_assert(eq(u32, fake_dma_windows(&host), 0));
	cr_assert(eq(ptr, (void *)pe_dma_find(&pe, BASE), NULL));
	cr_assert(eq(u32, query().windows, 2));
	host.fail_in = 1;
	cr_assert(eq(int, pe_dma_reset(&pe), -ENOMEM));
	cr_assert(eq(int, pe_dma_reset(&pe), 0));
	is_default_and_empty();
}

Test(ddw, what_the_host_refuses_changes_nothing)
{
	const int errs[] = { -ENOMEM, -ENOSPC, -EINVAL, -EPERM, 1 };

	map_one(BASE);
	for (size_t i = 0; i < ARRAY_LEN(errs); i++) {
		int r;

		host.fail_in = 1;
		host.fail_with = errs[i];
		r = try_create(16, 26);
		cr_assert(lt(int, r, 0));
		cr_assert(ne(int, r, -EINVAL), "that would be the guest's fault");
		cr_assert(eq(int, said_lines(), i + 1));
		cr_assert(eq(u32, query().windows, 1));
		cr_assert(eq(u64, fake_dma_mapped(&host), 1));
	}
	cr_assert(ne(ptr, strstr(said_last(), "LIOBN 0x80000301"), NULL));
	create(16, 26);
}

Test(ddw, a_guest_cannot_fill_the_log)
{
	for (int i = 0; i < 1000; i++) {
		host.fail_in = 1;
		cr_assert(eq(int, try_create(16, 26), -EIO));
	}
	cr_assert(lt(int, said_lines(), 20));
}

Test(ddw, the_guest_is_told_where_the_host_put_it)
{
	host.slot_start[1] = 0x4000000000;
	create(16, 26);
	cr_assert(eq(u64, pe_dma_find(&pe, BASE | 1)->start, 0x4000000000));
}

Test(ddw, a_place_that_cannot_be_is_refused)
{
	const ioba_t bad[] = { 0,           0xff000,    0xf0000,
			       0x7f000000,  0x7fff0000, 0x80000000,
			       0xffff0000,  0x80001000, UINT64_MAX & ~0xffffULL,
			       0x4000008000 };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		host.slot_start[1] = bad[i];
		cr_assert(eq(int, try_create(16, 26), -EADDRINUSE), "0x%llx",
			  (unsigned long long)bad[i]);
		cr_assert(eq(u32, fake_dma_windows(&host), 1));
		cr_assert(eq(u32, query().windows, 1));
	}
	host.slot_start[1] = 0x100000;
	cr_assert(eq(int, try_create(16, 26), 0), "the first byte after the default");
	pe_dma_remove(&pe, BASE | 1);
	host.slot_start[1] = 0x100000000;
	cr_assert(eq(int, try_create(16, 26), 0), "the first byte after the 32-bit BARs");
	pe_dma_remove(&pe, BASE | 1);
	host.slot_start[1] = 0x7c000000;
	cr_assert(eq(int, try_create(16, 26), 0), "up to the 32-bit BARs");
}

Test(ddw, a_default_elsewhere_is_no_default)
{
	struct pe other;

	pe_dma_close(&pe);
	host.slot_start[0] = 0x100000;
	cr_assert(eq(int, pe_dma_init(&other, &fake_dma_ops, &host, &host.caps, 0, true),
		     -EADDRINUSE));
	cr_assert(eq(u32, fake_dma_windows(&host), 0));
	cr_assert(eq(ptr, (void *)other.dma, NULL));
	host.caps.default_start = 0x100000;
	cr_assert(eq(int, pe_dma_init(&other, &fake_dma_ops, &host, &host.caps, 0, true), 0));
	pe_dma_close(&other);
}

Test(ddw, init_refuses_senseless_caps_and_leaves_nothing)
{
	struct dma_caps caps = host.caps;
	struct pe other;

	caps.max_windows = 0;
	cr_assert(eq(int, pe_dma_init(&other, &fake_dma_ops, &host, &caps, 0, true), -EINVAL));
	caps = host.caps;
	for (uint64_t size = 0; size <= 3 * MiB; size = size ? size * 3 : 2048) {
		caps.default_size = size;
		cr_assert(eq(int, pe_dma_init(&other, &fake_dma_ops, &host, &caps, 0, true),
			     -EINVAL));
	}
	pe_dma_close(&pe);
	host.fail_in = 1;
	cr_assert(eq(int, pe_dma_init(&other, &fake_dma_ops, &host, &host.caps, 0, true), -EIO));
	pe_dma_close(&other);
	pe_dma_close(&other);
}

Test(ddw, without_a_backend_or_ddw_nothing_is_offered)
{
	struct ddw_query q = { 7, 7, 7, 7 };
	struct dma_window *w = NULL;

	pe_dma_close(&pe);
	for (int backend = 0; backend < 2; backend++) {
		cr_assert(eq(int,
			     pe_dma_init(&pe, backend ? &fake_dma_ops : NULL, &host, &host.caps, 3,
					 !backend),
			     0));
		pe_dma_query(&pe, &mem, &q);
		cr_assert(eq(u32, q.windows, 0));
		cr_assert(eq(u64, q.largest, 0));
		cr_assert(eq(u32, q.page_mask, 0));
		cr_assert(eq(int, pe_dma_create(&pe, &mem, 12, 20, &w), -EINVAL));
		cr_assert(eq(int, pe_dma_remove(&pe, BASE | 1), -ENOENT));
		cr_assert(eq(int, pe_dma_reset(&pe), 0));
		pe_dma_close(&pe);
	}
}

Test(ddw, a_host_with_one_window)
{
	pe_dma_close(&pe);
	host.caps.max_windows = 1;
	open_pe();
	cr_assert(eq(u32, query().windows, 0));
	cr_assert(eq(int, try_create(16, 26), -EINVAL));
	pe_dma_remove(&pe, BASE);
	cr_assert(eq(u32, query().windows, 1));
	cr_assert(eq(u32, create(16, 26), BASE | 1));
	cr_assert(eq(u32, query().windows, 0));
	cr_assert(eq(int, try_create(12, 20), -EINVAL));
	pe_dma_remove(&pe, BASE | 1);
	is_default_and_empty();
}
