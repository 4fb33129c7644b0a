/* SPDX-License-Identifier: BSD-2-Clause */
/* What takes the host as long as a window is large is not done under the machine lock. */
#include "tests/fake/platform.h"
#include "tests/unit/sphapr/ddw_fixture.h"

static void setup(void)
{
	mem = (struct gmem){ 0 };
	gmem_add(&mem, 0, 64 * MiB, &byte);
	fake_dma_init(&host, &mem);
	cr_assert(eq(int, pe_dma_init(&pe, &fake_dma_ops, &host, &host.caps, 3, true), 0));
}

TestSuite(ddw_slow, .init = setup, .fini = teardown);

static const struct spapr_platform *busy;

static void nobody_finds_it(void)
{
	cr_assert(eq(ptr, (void *)pe_dma_find(&pe, BASE | 1), NULL));
	cr_assert(eq(ptr, pointer(pe.dma_busy), pointer(busy)));
}

static void slow_calls_are_unlocked(unsigned int from)
{
	for (unsigned int i = from; i < host.ncalls; i++) {
		const struct fake_dma_call *c = &host.calls[i % ARRAY_LEN(host.calls)];
		bool slow = c->op == 'c' || c->op == 'u' || c->op == 'f';

		cr_assert(eq(int, c->unlocked, slow), "call %u: %c", i, c->op);
	}
}

Test(ddw_slow, slow_work_is_done_without_the_lock)
{
	struct fake_platform plat;
	struct spapr_platform ops;
	unsigned int before;

	fake_platform_init(&plat, 1);
	plat.meanwhile = nobody_finds_it;
	ops = fake_platform_ops(&plat);
	host.unlocked = &plat.unlocked;
	create(16, 26);
	before = host.ncalls;
	pe.dma_busy = busy = &ops;
	cr_assert(eq(int, pe_dma_remove(&pe, BASE | 1), 0));
	cr_assert(eq(u32, host.ncalls, before + 1));
	create(16, 26);
	cr_assert(eq(int, pe_dma_reset(&pe), 0));
	cr_assert(eq(int, pe_dma_limit(&pe, &mem), 0));
	create(12, 26);
	cr_assert(eq(int, pe_dma_remove(&pe, BASE | 1), 0));
	cr_assert(eq(int, pe_dma_remove(&pe, BASE), 0));
	cr_assert(eq(int, pe_dma_reset(&pe), 0));
	slow_calls_are_unlocked(before);
	cr_assert(eq(u32, host.nmade_unlocked, host.nmade - 2), "all but the first two");
	cr_assert(gt(u32, host.ncalls, before + 10));
	pe.dma_busy = NULL;
	cr_assert(eq(int, pe_dma_reset(&pe), 0)); /* a reboot */
	cr_assert(not(fake_dma_last(&host)->unlocked));
	cr_assert(eq(u64, fake_dma_mapped(&host), 0));
}
