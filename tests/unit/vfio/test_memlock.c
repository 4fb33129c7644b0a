/* SPDX-License-Identifier: BSD-2-Clause */
/* memlock.c: what is needed, and the message of spec.md when it is not allowed. */
#include "tests/unit/vfio/fixture.h"

#include "vfio/memlock.h"

TestSuite(memlock, .init = vx_setup, .timeout = 10);

Test(memlock, ram_counts_once_and_each_group_has_its_tables)
{
	/* 1 GiB in 4K pages: 2 MiB of table, its copy, and KVM's. */
	struct memlock_need n = memlock_need(2 * GiB, 1, 1 * GiB, false, 64 * KiB);

	cr_assert(eq(u64, n.ram, 2 * GiB));
	cr_assert(eq(u64, n.tables, 6 * MiB));
	n = memlock_need(2 * GiB, 3, 1 * GiB, false, 64 * KiB);
	cr_assert(eq(u64, n.ram, 2 * GiB));
	cr_assert(eq(u64, n.tables, 18 * MiB));
	n = memlock_need(3 * GiB, 1, 1 * GiB, true, 64 * KiB); /* a window of 4 GiB */
	cr_assert(eq(u64, n.tables, 6 * MiB + 3 * 65536 * 8));
}

Test(memlock, what_is_computed_is_what_the_kernel_charges_at_most)
{
	struct memlock_need need = memlock_need(VX_RAM, 1, 1 * GiB, true, 64 * KiB);
	struct dma_window *w;

	fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "vfio-pci");
	vx_open(INTC_XICS);
	cr_assert(eq(int, vx_open_pe(true), 0));
	cr_assert(eq(int, pe_dma_create(&vx.pe.phb->dma, &vx.mem, 16, 25, &w), 0));
	cr_assert(gt(u64, fake_locked(), VX_RAM + 6 * MiB));
	cr_assert(le(u64, fake_locked(), (need.ram + need.tables) / 20 * 21));
	vx_close();
	VX_NOTHING_LEFT();
}

Test(memlock, no_limit_is_no_obstacle)
{
	struct memlock_need n = memlock_need(64 * TiB, 16, 1 * GiB, true, 64 * KiB);

	cr_assert(memlock_allows(&n, VX_BDF));
	cr_assert(eq(int, vx.lines, 0));
}

struct limit_case {
	uint64_t ram, tables, limit;
	char said[224]; /* "": it is enough */
};

ParameterizedTestParameters(memlock, too_low_a_limit_is_told_with_numbers_and_the_command)
{
	static struct limit_case cases[] = {
		{ 2 * GiB, 64 * MiB, 8 * MiB,
		  "vfio 0004:01:00.0: locked memory: 2.17 GiB needed (2 GiB guest RAM, 64 MiB DMA "
		  "tables), limit is 8 MiB: raise it with \"ulimit -l 2270823\" or "
		  "LimitMEMLOCK=\n" },
		{ 512 * MiB, 6 * MiB, 512 * MiB,
		  "vfio 0004:01:00.0: locked memory: 544 MiB needed (512 MiB guest RAM, 6 MiB DMA "
		  "tables), limit is 512 MiB: raise it with \"ulimit -l 556954\" or "
		  "LimitMEMLOCK=\n" },
		{ 512 * MiB, 6 * MiB, 556954 * KiB, "" },
		{ 512 * MiB, 6 * MiB, 556953 * KiB - 1, "x" },
		{ 64 * GiB, 1 * GiB, 64 * GiB,
		  "vfio 0004:01:00.0: locked memory: 68.25 GiB needed (64 GiB guest RAM, 1.00 GiB "
		  "DMA "
		  "tables), limit is 64.00 GiB: raise it with \"ulimit -l 71565312\" or "
		  "LimitMEMLOCK=\n" },
	};

	return cr_make_param_array(struct limit_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct limit_case *p, memlock,
		  too_low_a_limit_is_told_with_numbers_and_the_command)
{
	struct memlock_need n = { p->ram, p->tables };

	fake_set_memlock(p->limit);
	cr_assert(eq(int, memlock_allows(&n, VX_BDF), !*p->said));
	if (strlen(p->said) != 1)
		cr_assert(eq(str, vx.log, p->said));
}
