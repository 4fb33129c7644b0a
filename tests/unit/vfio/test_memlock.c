/* SPDX-License-Identifier: BSD-2-Clause */
/* memlock.c: what is needed, and the message when it is not allowed. */
#include "tests/unit/vfio/fixture.h"

#include "vfio/memlock.h"

TestSuite(memlock, .init = vx_setup, .timeout = 10);

Test(memlock, ram_counts_once_and_each_group_has_its_tables)
{
	/* 1 GiB in 4K pages: 2 MiB of table, its copy, and KVM's with a page for its list. */
	struct vfio_memlock_need n = vfio_memlock_need(2 * GiB, 1, 1 * GiB, false, 64 * KiB);

	cr_assert(eq(u64, n.ram, 2 * GiB));
	cr_assert(eq(u64, n.tables, 6 * MiB + 64 * KiB));
	n = vfio_memlock_need(2 * GiB, 3, 1 * GiB, false, 64 * KiB);
	cr_assert(eq(u64, n.ram, 2 * GiB));
	cr_assert(eq(u64, n.tables, 3 * (6 * MiB + 64 * KiB)));
	n = vfio_memlock_need(3 * GiB, 1, 1 * GiB, true, 64 * KiB); /* a window of 4 GiB */
	cr_assert(eq(u64, n.tables, 6 * MiB + 64 * KiB + 3 * 65536 * 8 + 64 * KiB));
	n = vfio_memlock_need(512 * MiB, 1, 1 * GiB, true, 16 * MiB); /* a page of table at least */
	cr_assert(eq(u64, n.tables, 6 * MiB + 64 * KiB + 4 * 64 * KiB));
}

struct exact {
	enum fake_host_id host;
	uint64_t ddw_page;
	uint32_t page_shift;
};

ParameterizedTestParameters(memlock, what_is_computed_is_what_the_kernel_charges)
{
	static struct exact cases[] = {
		{ FAKE_P9_64K, 64 * KiB, 16 },
		{ FAKE_P9_4K, 4 * KiB, 12 },
		{ FAKE_P10_64K, 64 * KiB, 16 },
	};

	return cr_make_param_array(struct exact, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct exact *p, memlock, what_is_computed_is_what_the_kernel_charges)
{
	struct vfio_memlock_need need;
	struct dma_window *w;

	fake_host(p->host);
	fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "vfio-pci");
	vx_open(INTC_XICS);
	need = vfio_memlock_need(VX_RAM, 1, 1 * GiB, true, p->ddw_page);
	cr_assert(eq(int, vx_open_pe(true), 0));
	cr_assert(eq(int,
		     pe_dma_create(&vx.pe.phb->pe, &vx.mem, p->page_shift, log2_ceil(VX_RAM), &w),
		     0));
	cr_assert(eq(u64, fake_locked(), need.ram + need.tables));
	vx_close();
	VX_NOTHING_LEFT();
}

/* A table too large for one level on each kind of host; both sides know the kernel's formula. */
Test(memlock, tables_of_several_levels)
{
	struct vfio_memlock_need n = vfio_memlock_need(1 * TiB, 1, 1 * GiB, true, 64 * KiB);

	cr_assert(eq(u32, vfio_memlock_levels(1ull << 21, 5), 1)); /* 16 MiB */
	cr_assert(eq(u32, vfio_memlock_levels(1ull << 22, 5), 2));
	cr_assert(eq(u32, vfio_memlock_levels(1ull << 22, 1), 1));
	/* 2^24 entries in two levels of 2^12 each: 128 MiB, and one piece of 64 KiB above. */
	cr_assert(eq(u64, n.tables,
		     6 * MiB + 64 * KiB + 2 * (128 * MiB + 64 * KiB) + 128 * MiB + 64 * KiB));
}

Test(memlock, no_limit_is_no_obstacle)
{
	struct vfio_memlock_need n = vfio_memlock_need(64 * TiB, 16, 1 * GiB, true, 64 * KiB);

	struct finding f;

	cr_assert(vfio_memlock_allows(&n, VX_BDF, &f));
	finding_log(&f);
	cr_assert(eq(int, said_lines(), 0));
}

struct limit_case {
	uint64_t ram, tables, limit;
	char said[224]; /* "": it is enough */
};

ParameterizedTestParameters(memlock, too_low_a_limit_is_told_with_numbers_and_the_command)
{
	static struct limit_case cases[] = {
		{ 2 * GiB, 64 * MiB, 8 * MiB,
		  "vfio 0004:01:00.0: locked memory: 2.06 GiB needed (2 GiB guest RAM, 64 MiB DMA "
		  "tables), limit is 8 MiB: raise it with \"ulimit -l 2162688\" or "
		  "LimitMEMLOCK=\n" },
		{ 512 * MiB, 6 * MiB, 512 * MiB,
		  "vfio 0004:01:00.0: locked memory: 518 MiB needed (512 MiB guest RAM, 6 MiB DMA "
		  "tables), limit is 512 MiB: raise it with \"ulimit -l 530432\" or "
		  "LimitMEMLOCK=\n" },
		{ 512 * MiB, 6 * MiB, 530432 * KiB, "" },
		{ 512 * MiB, 6 * MiB, 530432 * KiB - 1, "x" },
		{ 64 * GiB, 1 * GiB, 64 * GiB,
		  "vfio 0004:01:00.0: locked memory: 65 GiB needed (64 GiB guest RAM, 1 GiB "
		  "DMA "
		  "tables), limit is 64 GiB: raise it with \"ulimit -l 68157440\" or "
		  "LimitMEMLOCK=\n" },
	};

	return cr_make_param_array(struct limit_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct limit_case *p, memlock,
		  too_low_a_limit_is_told_with_numbers_and_the_command)
{
	struct vfio_memlock_need n = { p->ram, p->tables };
	struct finding f;

	fake_set_memlock(p->limit);
	cr_assert(eq(int, vfio_memlock_allows(&n, VX_BDF, &f), !*p->said));
	finding_log(&f);
	if (strlen(p->said) != 1)
		cr_assert(eq(str, said_all(), p->said));
}
