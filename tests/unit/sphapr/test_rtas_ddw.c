/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/fdt_tree.h"
#include "sphapr/hcall.h"
#include "sphapr/rtas.h"
#include "tests/fake/dma.h"
#include "tests/fake/pci.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>

#define LIOBN0 0x80000000u
#define LIOBN1 0x80000100u
#define BUID_HI ((uint32_t)(PHB_BUID_BASE >> 32))
#define BUID_LO ((uint32_t)PHB_BUID_BASE)
#define CFG (3u << 11) /* 00:03.0 */

static struct fake_machine *m;
static struct fake_dma host[2];
static struct pci_func func[2];
static struct phb *phb[2];
static struct pe *pe;

/* Two PHBs with 00:03.0 each; the second has no dynamic windows. */
static void setup(void)
{
	m = fake_machine_new(INTC_XIVE, 1, 16);
	for (uint32_t i = 0; i < 2; i++) {
		struct phb *p = phb[i] = fake_machine_add_phb(m);

		fake_dma_init(&host[i], &m->mem);
		func[i].devfn = 3 << 3;
		cr_assert(eq(int, phb_add_func(&m->sp, p, &func[i]), 0));
		cr_assert(eq(int,
			     pe_dma_init(&p->pe, &fake_dma_ops, &host[i], &host[i].caps, i, i == 0),
			     0));
	}
	pe = &phb[0]->pe;
}

static void teardown(void)
{
	for (uint32_t i = 0; i < 2; i++)
		pe_dma_close(&phb[i]->pe);
	fake_machine_free(m);
}

TestSuite(rtas_ddw, .init = setup, .fini = teardown);

static int32_t query(uint32_t nret, uint32_t *rets)
{
	const uint32_t args[] = { CFG, BUID_HI, BUID_LO };

	return fake_rtas(m, "ibm,query-pe-dma-window", 3, args, nret, rets);
}

static int32_t create(uint32_t page_shift, uint32_t window_shift, uint32_t *rets)
{
	const uint32_t args[] = { CFG, BUID_HI, BUID_LO, page_shift, window_shift };

	return fake_rtas(m, "ibm,create-pe-dma-window", 5, args, 4, rets);
}

static int32_t rm(uint32_t liobn)
{
	return fake_rtas(m, "ibm,remove-pe-dma-window", 1, &liobn, 1, NULL);
}

static int32_t reset(void)
{
	const uint32_t args[] = { CFG, BUID_HI, BUID_LO };

	return fake_rtas(m, "ibm,reset-pe-dma-window", 3, args, 1, NULL);
}

Test(rtas_ddw, query_with_six_outputs)
{
	uint32_t rets[6];

	cr_assert(eq(i32, query(6, rets), RTAS_OK));
	cr_assert(eq(u32, rets[1], 1));
	cr_assert(eq(u32, rets[2], 0));
	cr_assert(eq(u32, rets[3], 8), "16 MiB in 2M pages");
	cr_assert(eq(u32, rets[4], 0x103));
	cr_assert(eq(u32, rets[5], 0));
}

Test(rtas_ddw, query_with_five_outputs)
{
	uint32_t rets[5];

	cr_assert(eq(i32, query(5, rets), RTAS_OK));
	cr_assert(eq(u32, rets[1], 1));
	cr_assert(eq(u32, rets[2], 8));
	cr_assert(eq(u32, rets[3], 0x103));
	cr_assert(eq(u32, rets[4], 0));
}

Test(rtas_ddw, a_block_beyond_32_bits)
{
	uint32_t rets[6];

	gmem_add(&m->mem, 1ULL << 53, 16 * MiB, m->ram);
	pe->caps.page_sizes = 64 * KiB;
	pe->caps.max_pages = 1ULL << 50;
	cr_assert(eq(i32, query(6, rets), RTAS_OK));
	cr_assert(eq(u32, rets[2], 0x40));
	cr_assert(eq(u32, rets[3], 0));
	cr_assert(eq(i32, query(5, rets), RTAS_OK));
	cr_assert(eq(u32, rets[2], 0x80000000));
}

Test(rtas_ddw, create_tells_liobn_and_address)
{
	uint32_t rets[4];

	cr_assert(eq(i32, create(21, 24, rets), RTAS_OK));
	cr_assert(eq(u32, rets[1], LIOBN0 | 1));
	cr_assert(eq(u32, rets[2], 0x08000000));
	cr_assert(eq(u32, rets[3], 0));
	cr_assert(eq(i32, create(12, 20, rets), RTAS_PARAMETER), "no window left");
	cr_assert(eq(u32, rets[1] | rets[2] | rets[3], 0));
	host[0].slot_start[1] = 0x1234567890000;
	cr_assert(eq(i32, rm(LIOBN0 | 1), RTAS_OK));
	cr_assert(eq(i32, create(16, 24, rets), RTAS_OK));
	cr_assert(eq(u32, rets[2], 0x12345));
	cr_assert(eq(u32, rets[3], 0x67890000));
}

Test(rtas_ddw, create_with_sizes_that_were_not_offered)
{
	static const uint32_t bad[][2] = { { 16, 15 },
					   { 16, 25 },
					   { 16, 62 },
					   { 16, 64 },
					   { 16, 80 },
					   { 24, 24 },
					   { 64, 64 },
					   { 0, 0 },
					   { 13, 20 },
					   { 21, 20 },
					   { UINT32_MAX, UINT32_MAX } };
	uint32_t rets[4];

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert(eq(i32, create(bad[i][0], bad[i][1], rets), RTAS_PARAMETER), "%zu", i);
	cr_assert(eq(u32, fake_dma_windows(&host[0]), 1));
}

Test(rtas_ddw, a_host_that_refuses)
{
	const int errs[] = { -ENOMEM, -ENOSPC, -EINVAL, -ENODEV };
	uint32_t rets[4];

	for (size_t i = 0; i < ARRAY_LEN(errs); i++) {
		host[0].fail_in = 1;
		host[0].fail_with = errs[i];
		cr_assert(eq(i32, create(16, 24, rets), RTAS_HARDWARE));
		cr_assert(eq(u32, rets[1], 0));
		cr_assert(eq(u32, fake_dma_windows(&host[0]), 1));
	}
	cr_assert(eq(i32, create(16, 24, rets), RTAS_OK));
}

Test(rtas_ddw, remove_knows_its_liobns)
{
	const uint32_t bad[] = { 0,          LIOBN0 | 1, LIOBN0 | 2,    LIOBN1,
				 LIOBN1 | 1, UINT32_MAX, SPAPR_VTY_UNIT };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert(eq(i32, rm(bad[i]), RTAS_PARAMETER), "0x%x", bad[i]);
	cr_assert(eq(u32, fake_dma_windows(&host[1]), 1), "the other PHB has no DDW");
	cr_assert(eq(i32, rm(LIOBN0), RTAS_OK));
	cr_assert(eq(i32, rm(LIOBN0), RTAS_PARAMETER));
	cr_assert(eq(u32, fake_dma_windows(&host[0]), 0));
}

Test(rtas_ddw, reset_brings_the_default_back)
{
	uint32_t rets[4];

	rm(LIOBN0);
	create(16, 24, rets);
	cr_assert(eq(i32, reset(), RTAS_OK));
	cr_assert(eq(u32, fake_dma_windows(&host[0]), 1));
	cr_assert(pe->has_default);
	rm(LIOBN0);
	host[0].fail_in = 1;
	cr_assert(eq(i32, reset(), RTAS_HARDWARE));
	cr_assert(eq(i32, reset(), RTAS_OK));
}

static int32_t limit(uint32_t how)
{
	const uint32_t args[] = { CFG, BUID_HI, BUID_LO, how };

	return fake_rtas(m, "ibm,reset-pe-dma-window", 4, args, 1, NULL);
}

Test(rtas_ddw, limited_addressing)
{
	uint32_t rets[6], cells[FDT_DMA_MAX_CELLS];

	cr_assert(eq(sz, fdt_ddw_extensions(pe, cells), 4));
	cr_assert(eq(u32, cells[0], 3));
	cr_assert(eq(u32, cells[3], 1));
	cr_assert(eq(i32, limit(1), RTAS_OK));
	cr_assert(eq(i32, query(6, rets), RTAS_OK));
	cr_assert(eq(u32, rets[1], 1));
	cr_assert(eq(u32, rets[3], 8), "as without");
	cr_assert(eq(u32, rets[4], 0x103));
	cr_assert(eq(i32, create(16, 24, rets), RTAS_OK));
	cr_assert(eq(u32, rets[1], LIOBN0 + 1));
	cr_assert(eq(u32, rets[2], 1), "at 4 GiB");
	cr_assert(eq(u32, rets[3], 0));
	cr_assert(eq(i32, limit(0), RTAS_OK));
	cr_assert(eq(i32, create(16, 24, rets), RTAS_OK));
	cr_assert(eq(u32, rets[2], (uint32_t)(FAKE_DMA_SECOND >> 32)));
	cr_assert(eq(i32, limit(2), RTAS_PARAMETER));
	cr_assert(eq(i32, limit(UINT32_MAX), RTAS_PARAMETER));
	host[0].fail_in = 1;
	cr_assert(eq(i32, limit(1), RTAS_HARDWARE));
}

Test(rtas_ddw, limited_addressing_of_a_host_that_has_none)
{
	uint32_t cells[FDT_DMA_MAX_CELLS];

	pe->caps.limited = false;
	cr_assert(eq(sz, fdt_ddw_extensions(pe, cells), 3));
	cr_assert(eq(u32, cells[0], 2));
	cr_assert(eq(i32, limit(0), RTAS_PARAMETER));
	cr_assert(eq(i32, limit(1), RTAS_PARAMETER));
}

Test(rtas_ddw, a_function_must_exist_and_its_phb_have_ddw)
{
	static const uint32_t bad[][3] = {
		{ 0, BUID_HI, BUID_LO },
		{ CFG + 0x100, BUID_HI, BUID_LO },
		{ CFG | 1u << 16, BUID_HI, BUID_LO },
		{ UINT32_MAX, BUID_HI, BUID_LO },
		{ CFG, BUID_HI, BUID_LO + 1 }, /* no DDW there */
		{ CFG, BUID_HI, BUID_LO + 2 },
		{ CFG, BUID_HI + 1, BUID_LO },
		{ CFG, 0, 0 },
	};
	const char *const calls[] = { "ibm,query-pe-dma-window", "ibm,reset-pe-dma-window" };
	unsigned int before = host[0].ncalls + host[1].ncalls;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		uint32_t args[5] = { bad[i][0], bad[i][1], bad[i][2], 16, 24 }, rets[6];

		for (uint32_t c = 0; c < 2; c++)
			cr_assert(eq(i32, fake_rtas(m, calls[c], 3, args, c ? 1 : 6, rets),
				     RTAS_PARAMETER),
				  "%zu", i);
		cr_assert(eq(i32, fake_rtas(m, "ibm,create-pe-dma-window", 5, args, 4, rets),
			     RTAS_PARAMETER),
			  "%zu", i);
	}
	cr_assert(eq(u32, host[0].ncalls + host[1].ncalls, before));
}

Test(rtas_ddw, without_ddw_the_calls_do_not_exist)
{
	uint32_t rets[6], cells[FDT_DMA_MAX_CELLS];
	size_t i = 0;
	const struct rtas_desc *d;

	pe->ddw = false;
	cr_assert(eq(i32, query(6, rets), RTAS_PARAMETER));
	for (; (d = rtas_row(i)) != NULL; i++)
		if (strstr(d->name, "pe-dma-window"))
			cr_assert(not(rtas_offered(&m->sp, d)));
	cr_assert(eq(sz, fdt_ddw_applicable(pe, cells), 0));
	cr_assert(eq(sz, fdt_ddw_extensions(pe, cells), 0));
	cr_assert(eq(sz, fdt_dma_window(pe, cells), 5));
	pe_dma_close(pe);
	cr_assert(eq(sz, fdt_dma_window(pe, cells), 0));
}

Test(rtas_ddw, the_trees_tokens_are_those_of_the_calls)
{
	uint32_t cells[FDT_DMA_MAX_CELLS];

	cr_assert(eq(sz, fdt_ddw_applicable(pe, cells), 3));
	cr_assert(eq(u32, cells[0], rtas_token("ibm,query-pe-dma-window")));
	cr_assert(eq(u32, cells[1], rtas_token("ibm,create-pe-dma-window")));
	cr_assert(eq(u32, cells[2], rtas_token("ibm,remove-pe-dma-window")));
	for (int i = 0; i < 3; i++)
		cr_assert(ne(u32, cells[i], 0));
	cr_assert(eq(sz, fdt_ddw_extensions(pe, cells), 4));
	cr_assert(eq(u32, cells[1], rtas_token("ibm,reset-pe-dma-window")));
	cr_assert(ne(u32, cells[1], 0));
	cr_assert(eq(u32, cells[2], 1));
}

/* What Linux does when a driver wants 64-bit DMA: ask, make, map all RAM, at the end clear, remove.
 */
Test(rtas_ddw, as_linux_uses_it)
{
	uint32_t q[6], w[4];
	uint64_t start, a[HCALL_MAX_ARGS];

	cr_assert(eq(i32, query(6, q), RTAS_OK));
	cr_assert(ge(u32, q[3] << 21, 16 * MiB), "direct mapping");
	cr_assert(eq(i32, create(21, 24, w), RTAS_OK));
	start = (uint64_t)w[2] << 32 | w[3];
	for (uint32_t i = 0; i < 8; i++)
		be64_store(m->ram + 0x10000 + 8 * i, (uint64_t)i << 21 | TCE_PERM);
	a[0] = w[1], a[1] = start, a[2] = 0x10000, a[3] = 8;
	cr_assert(eq(long, hcall_dispatch(&m->sp, H_PUT_TCE_INDIRECT, a), H_SUCCESS));
	cr_assert(eq(u64, fake_dma_last(&host[0])->size, 16 * MiB));
	cr_assert(eq(u64, fake_dma_mapped(&host[0]), 8));
	a[0] = w[1], a[1] = start, a[2] = 0, a[3] = 8;
	cr_assert(eq(long, hcall_dispatch(&m->sp, H_STUFF_TCE, a), H_SUCCESS));
	cr_assert(eq(u64, fake_dma_mapped(&host[0]), 0));
	cr_assert(eq(i32, rm(w[1]), RTAS_OK));
}
