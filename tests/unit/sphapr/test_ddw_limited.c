/* SPDX-License-Identifier: BSD-2-Clause */
/* Limited addressing mode: both windows of a PE in one table of the host, at low addresses. */
#include "sphapr/tce.h"
#include "sphapr/tce_runs.h"
#include "sphapr/tce_user.h"
#include "tests/unit/sphapr/ddw_fixture.h"

#include <errno.h>

static void setup(void)
{
	said_catch(LOG_WARN);
	mem = (struct gmem){ 0 };
	gmem_add(&mem, 0, 64 * MiB, &byte);
	fake_dma_init(&host, &mem);
	cr_assert(eq(int, pe_dma_init(&pe, &fake_dma_ops, &host, &host.caps, 3, true), 0));
}

TestSuite(ddw_limited, .init = setup, .fini = teardown);

static long map_at(uint32_t liobn, ioba_t ioba, gpa_t gpa)
{
	const uint64_t tce = gpa | TCE_PERM;

	return tce_put(&pe, pe_dma_find(&pe, liobn), &mem, ioba, &tce, 1);
}

static void is_default_alone(void)
{
	const struct dma_window *w = pe_dma_find(&pe, BASE);

	cr_assert(ne(ptr, (void *)w, NULL));
	cr_assert(eq(u64, w->start, 0));
	cr_assert(eq(u64, w->npages, 256));
	cr_assert(tce_window_is_empty(w));
	cr_assert(eq(u32, fake_dma_windows(&host), 1));
	cr_assert(eq(u64, fake_dma_mapped(&host), 0));
}

static void is_left(void)
{
	cr_assert(not(pe.limited));
	cr_assert(eq(u64, host.frame, 0));
	is_default_alone();
}

Test(ddw_limited, the_dynamic_window_is_at_4_gib)
{
	struct ddw_query before = query(), q;
	const struct dma_window *w;

	cr_assert(eq(int, pe_dma_limit(&pe, &mem), 0));
	cr_assert(eq(u64, host.frame, 8 * GiB), "what is needed, a power of two");
	is_default_alone();
	q = query();
	cr_assert(eq(u32, q.windows, 1));
	cr_assert(eq(u32, q.page_mask, before.page_mask), "Linux asks before it enters the mode");
	cr_assert(eq(u64, q.largest, before.largest));
	w = pe_dma_find(&pe, create(16, 26));
	cr_assert(eq(u32, w->liobn, BASE | 1));
	cr_assert(eq(u64, w->start, 4 * GiB));
	cr_assert(eq(u32, query().windows, 0));
	cr_assert(eq(int, try_create(16, 26), -EINVAL));
	cr_assert(eq(long, map_at(BASE, 0xff000, 0x1000), 0));
	cr_assert(eq(long, map_at(BASE | 1, 4 * GiB + 63 * MiB, 63 * MiB), 0));
	cr_assert(eq(u64, fake_dma_hw(&host, w, 1008), 63 * MiB | TCE_PERM));
	cr_assert(eq(int, pe_dma_remove(&pe, BASE | 1), 0));
	cr_assert(eq(u64, fake_dma_mapped(&host), 1), "the default keeps its page");
	cr_assert(eq(u64, pe_dma_find(&pe, create(12, 26))->start, 4 * GiB));
	cr_assert(eq(u64, fake_dma_mapped(&host), 1), "and the new one is empty");
}

Test(ddw_limited, a_reset_ends_it)
{
	cr_assert(eq(int, pe_dma_limit(&pe, &mem), 0));
	create(16, 26);
	map_at(BASE, 0, 0);
	map_at(BASE | 1, 4 * GiB, 0);
	cr_assert(eq(int, pe_dma_reset(&pe), 0));
	is_left();
	cr_assert(eq(u64, pe_dma_find(&pe, create(16, 26))->start, FAKE_DMA_SECOND));
	cr_assert(eq(int, pe_dma_limit(&pe, &mem), 0), "the window is gone, as by any reset");
	is_default_alone();
	cr_assert(eq(int, pe_dma_limit(&pe, &mem), 0), "twice");
	is_default_alone();
}

/* Another function may be in mid-transfer. */
Test(ddw_limited, not_while_a_page_is_mapped_in_the_default_window)
{
	map_at(BASE, 0xff000, 0x1000);
	cr_assert(eq(int, pe_dma_limit(&pe, &mem), -EBUSY));
	cr_assert(eq(int, said_lines(), 1));
	cr_assert(said("no limited addressing while pages are mapped here: this window is kept"));
	cr_assert(not(pe.limited));
	cr_assert(eq(u64, fake_dma_mapped(&host), 1));
	cr_assert(eq(int, pe_dma_reset(&pe), 0));
	cr_assert(eq(int, pe_dma_limit(&pe, &mem), 0));
}

Test(ddw_limited, the_default_goes_and_comes_back)
{
	cr_assert(eq(int, pe_dma_limit(&pe, &mem), 0));
	map_at(BASE, 0, 0);
	cr_assert(eq(int, pe_dma_remove(&pe, BASE), 0));
	cr_assert(eq(u32, query().windows, 1));
	cr_assert(eq(u64, pe_dma_find(&pe, create(16, 26))->start, 4 * GiB), "not in its place");
	cr_assert(eq(u32, query().windows, 0));
	map_at(BASE | 1, 4 * GiB, 0);
	cr_assert(eq(int, pe_dma_remove(&pe, BASE | 1), 0));
	is_default_alone();
	cr_assert(pe.limited);
	cr_assert(eq(int, pe_dma_remove(&pe, BASE), 0));
	cr_assert(eq(int, pe_dma_reset(&pe), 0), "with no window there");
	is_left();
}

Test(ddw_limited, the_frame_holds_all_of_ram)
{
	struct ddw_query q;

	gmem_add(&mem, 48 * GiB, 16 * MiB, &byte);
	host.caps.max_pages = pe.caps.max_pages = 1 << 24;
	cr_assert(eq(int, pe_dma_limit(&pe, &mem), 0));
	cr_assert(eq(u64, host.frame, 128 * GiB));
	q = query();
	cr_assert(eq(u64, q.largest << 21, 64 * GiB));
	cr_assert(eq(u64, pe_dma_find(&pe, create(21, 36))->start, 4 * GiB));
	cr_assert(eq(long, map_at(BASE | 1, 52 * GiB, 48 * GiB), 0));
}

Test(ddw_limited, pages_larger_than_its_start_are_not_offered)
{
	gmem_add(&mem, 1ULL << 40, 16 * GiB, &byte);
	mem.banks[0] = mem.banks[1];
	mem.nbanks = 1;
	host.caps.page_sizes = pe.caps.page_sizes = 16 * GiB | 4 * KiB;
	host.caps.max_pages = pe.caps.max_pages = 1ULL << 40;
	cr_assert(eq(u32, query().page_mask, 1 << 7 | 1));
	cr_assert(eq(int, pe_dma_limit(&pe, &mem), 0));
	cr_assert(eq(u32, query().page_mask, 1));
}

/* Whatever fails, and when: refused with a line, and the default window is there. */
Test(ddw_limited, a_host_that_refuses)
{
	for (unsigned int n = 1; n <= 2; n++) {
		said_forget();
		host.fail_in = n; /* the frame, then the default window in it */
		host.fail_with = n == 1 ? -ENOMEM : -EINVAL;
		cr_assert(eq(int, pe_dma_limit(&pe, &mem), n == 1 ? -ENOMEM : -EIO));
		cr_assert(eq(u32, host.fail_in, 0));
		cr_assert(eq(int, said_lines(), 1));
		is_left();
	}
	host.fail_in = 1;
	host.fail_for = 2; /* the frame, and the default which was there before */
	cr_assert(eq(int, pe_dma_limit(&pe, &mem), -EIO));
	cr_assert(not(pe.has_default));
	cr_assert(eq(u32, fake_dma_windows(&host), 0));
	cr_assert(eq(int, pe_dma_reset(&pe), 0));
	is_left();
}

/* The device still reaches the page: no other window may stand there and claim to be empty. */
Test(ddw_limited, pages_that_stay_keep_others_away)
{
	cr_assert(eq(int, pe_dma_limit(&pe, &mem), 0));
	create(16, 26);
	map_at(BASE | 1, 4 * GiB, 0);
	host.fail_in = 1;
	cr_assert(eq(int, pe_dma_remove(&pe, BASE | 1), 0), "gone in any case");
	cr_assert(eq(int, try_create(16, 26), -EIO));
	cr_assert(eq(int, pe_dma_limit(&pe, &mem), 0), "the frame is a new one");
	create(16, 26);
}

Test(ddw_limited, not_offered)
{
	pe.caps.limited = false;
	cr_assert(eq(int, pe_dma_limit(&pe, &mem), -EINVAL));
	pe.caps.limited = true;
	pe.ddw = false;
	cr_assert(eq(int, pe_dma_limit(&pe, &mem), -EINVAL));
	cr_assert(eq(int, said_lines(), 0));
	cr_assert(eq(u32, host.ncalls, 1), "the default window, nothing since");
}

Test(ddw_limited, emulated_devices_have_it)
{
	struct pe user;
	struct dma_window *w;

	cr_assert(eq(int, pe_dma_init(&user, &tce_user_ops, NULL, &tce_user_caps, 1, true), 0));
	cr_assert(eq(int, pe_dma_limit(&user, &mem), 0));
	cr_assert(eq(int, pe_dma_create(&user, &mem, 16, 26, &w), 0));
	cr_assert(eq(u64, w->start, 4 * GiB));
	cr_assert(eq(int, pe_dma_reset(&user), 0));
	cr_assert(eq(int, pe_dma_create(&user, &mem, 16, 26, &w), 0));
	cr_assert(eq(u64, w->start, 1ULL << 59));
	pe_dma_close(&user);
}
