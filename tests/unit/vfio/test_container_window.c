/* SPDX-License-Identifier: BSD-2-Clause */
/* container.c: windows with their levels, and what may be mapped into them. */
#include "tests/unit/vfio/container_fixture.h"

TestSuite(container_window, .init = setup, .timeout = 20);

struct create_case {
	uint32_t shift;
	uint64_t size;
	int result;
	char call[40]; /* as it is in the log */
};

ParameterizedTestParameters(container_window, levels_follow_the_size)
{
	static struct create_case cases[] = {
		{ 12, 1 * GiB, 0, "12 0x40000000 levels 1" },
		{ 16, 128 * GiB, 0, "16 0x2000000000 levels 1" }, /* 16 MiB of table */
		{ 16, 512 * GiB, 0, "16 0x8000000000 levels 2" },
		{ 16, 1ULL << 56, -EINVAL, "16 0x100000000000000 levels 2" }, /* 56 bits */
		{ 21, 1 * TiB, 0, "21 0x10000000000 levels 1" },
		{ 13, 1 * GiB, -EINVAL, "" }, /* no such page: never asked for */
		{ 64, 1 * GiB, -EINVAL, "" },
		{ 12, 3 * MiB, -EINVAL, "" },
		{ 16, 4 * KiB, -EINVAL, "" },
	};

	return cr_make_param_array(struct create_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct create_case *p, container_window, levels_follow_the_size)
{
	char line[96];
	ioba_t at;
	uint32_t levels;

	start();
	cr_assert(eq(int, vfio_container_window_create(&ct, p->shift, p->size, &at, &levels),
		     p->result));
	snprintf(line, sizeof(line), "VFIO_IOMMU_SPAPR_TCE_CREATE container 0 %s", p->call);
	if (*p->call)
		cr_assert(ge(int, fake_at(line), 0), "%s", line);
	else
		cr_assert(eq(int, fake_count("VFIO_IOMMU_SPAPR_TCE_CREATE"), 0));
	stop();
	VX_NOTHING_LEFT();
}

Test(container_window, one_more_level_where_memory_is_in_pieces)
{
	ioba_t at;
	uint32_t levels;

	start();
	fake_vfio.contiguous = 512 * KiB;
	cr_assert(eq(int, vfio_container_window_create(&ct, 12, 1 * GiB, &at, &levels), 0));
	cr_assert(eq(int, fake_count("VFIO_IOMMU_SPAPR_TCE_CREATE"), 2));
	cr_assert(ge(int,
		     fake_at("VFIO_IOMMU_SPAPR_TCE_CREATE container 0 12 0x40000000 levels 2 = 0"),
		     0));
	/* Not for ever: each failure costs locked_vm until the process ends. */
	fake_vfio.contiguous = 4 * KiB;
	cr_assert(eq(int, vfio_container_window_create(&ct, 12, 1 * GiB, &at, &levels), -ENOMEM));
	cr_assert(eq(int, fake_count("VFIO_IOMMU_SPAPR_TCE_CREATE"), 4));
	stop();
	VX_NOTHING_LEFT();
}

Test(container_window, a_nested_host_is_asked_for_one_level_only)
{
	ioba_t at;
	uint32_t levels;

	fake_host(FAKE_L1);
	fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "vfio-pci");
	start();
	cr_assert(eq(int, vfio_container_window_create(&ct, 12, 1 * GiB, &at, &levels), 0));
	cr_assert(eq(u64, at, 0));
	cr_assert(eq(int, vfio_container_window_create(&ct, 16, 64 * GiB, &at, &levels), 0));
	cr_assert(eq(u64, at, 1ULL << 59));
	cr_assert(eq(int, vfio_container_window_remove(&ct, at), 0));
	fake_vfio.l0_refuses = true;
	cr_assert(eq(int, vfio_container_window_create(&ct, 16, 64 * GiB, &at, &levels), -ENODEV));
	stop();
	VX_NOTHING_LEFT();
}

/* ---- mapping ---- */

Test(container_window, a_start_off_the_page_is_an_error_although_the_kernel_says_plus_one)
{
	ioba_t at;
	uint32_t levels;
	uint8_t *p;

	start();
	p = vx_mmap(2 * MiB, 0);
	cr_assert(eq(int, vfio_container_map(&ct, 0, p, 0x10000, true),
		     -EPERM)); /* nothing registered */
	cr_assert(eq(int, vfio_container_register(&ct, p, 2 * MiB), 0));
	cr_assert(eq(int, vfio_container_window_create(&ct, 16, 16 * MiB, &at, &levels), 0));
	cr_assert(eq(int, vfio_container_map(&ct, 0x1000, p, 0x10000, true), -EINVAL));
	cr_assert(eq(int, vfio_container_unmap(&ct, 0x1000, 0x10000), -EINVAL));
	cr_assert(eq(int, vfio_container_map(&ct, 0, p + 0x1000, 0x10000, true), -EINVAL));
	cr_assert(eq(int, vfio_container_map(&ct, 0, p, 0x1000, true), -EINVAL));
	cr_assert(eq(int, vfio_container_map(&ct, 1 * TiB, p, 0x10000, true), -ENXIO));
	cr_assert(eq(int, vfio_container_map(&ct, 0, p + 2 * MiB, 0x10000, true), -EINVAL));
	cr_assert(eq(int, vfio_container_map(&ct, 0, p + MiB, 2 * MiB, true), -EINVAL));
	cr_assert(eq(u64, fake_live_tces(), 0)); /* what it had made of that is gone */
	cr_assert(eq(int, vfio_container_map(&ct, 0, p, 0x20000, false), 0));
	cr_assert(eq(ptr, fake_dma(VX_GROUP, 0, true), NULL));
	cr_assert(eq(ptr, fake_dma(VX_GROUP, 0x10008, false), p + 0x10008));
	cr_assert(eq(u64, fake_live_tces(), 2));
	stop();
	sys_munmap(p, 2 * MiB);
	VX_NOTHING_LEFT();
}

Test(container_window, larger_pages_than_those_behind_the_memory_are_refused)
{
	ioba_t at;
	uint32_t levels;
	void *p, *huge;

	start();
	p = vx_mmap(4 * MiB, 0);
	fake_set_huge_pages(2 * MiB, 2);
	huge = vx_mmap(4 * MiB, MAP_HUGETLB | 21 << 26);
	cr_assert(eq(int, vfio_container_register(&ct, p, 4 * MiB), 0));
	cr_assert(eq(int, vfio_container_register(&ct, huge, 4 * MiB), 0));
	cr_assert(eq(int, vfio_container_window_create(&ct, 21, 1 * GiB, &at, &levels), 0));
	cr_assert(eq(int, vfio_container_map(&ct, at, p, 2 * MiB, true), -EINVAL));
	if ((uintptr_t)huge % (2 * MiB) == 0)
		cr_assert(eq(int, vfio_container_map(&ct, at, huge, 2 * MiB, true), 0));
	stop();
	sys_munmap(p, 4 * MiB);
	sys_munmap(huge, 4 * MiB);
	VX_NOTHING_LEFT();
}
