/* SPDX-License-Identifier: BSD-2-Clause */
/* container.c, against a kernel that is as strict as Linux is (tests/fake/vfio.h). */
#include "tests/unit/vfio/container_fixture.h"

TestSuite(container, .init = setup, .timeout = 20);

struct open_case {
	int open_err, api;
	bool no_spapr;
	int result;
	char said[160];
};

ParameterizedTestParameters(container, what_is_missing_is_said_with_its_remedy)
{
	static struct open_case cases[] = {
		{ -ENOENT, 0, false, -ENOENT,
		  "/dev/vfio/vfio: No such file or directory: \"modprobe" },
		{ -ENODEV, 0, false, -ENODEV, "\"modprobe vfio-pci vfio_iommu_spapr_tce\"" },
		{ -EACCES, 0, false, -EACCES, "Permission denied: \"chmod a+rw /dev/vfio/vfio\"" },
		{ 0, 1, false, -ENODEV,
		  "offers no SPAPR TCE v2: \"modprobe vfio_iommu_spapr_tce\"" },
		{ 0, 0, true, -ENODEV,
		  "offers no SPAPR TCE v2: \"modprobe vfio_iommu_spapr_tce\"" },
	};

	return cr_make_param_array(struct open_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct open_case *p, container, what_is_missing_is_said_with_its_remedy)
{
	fake_vfio.open_err = p->open_err;
	fake_vfio.api_version = p->api;
	fake_vfio.has_spapr = !p->no_spapr;
	cr_assert(eq(int, vx_container_open(&ct), p->result));
	cr_assert(said(p->said), "%s", said_all());
	cr_assert(eq(int, said_lines(), 1), "%s", said_all());
	vfio_container_close(&ct);
	VX_NOTHING_LEFT();
}

struct attach_case {
	int err;
	char said[160];
};

ParameterizedTestParameters(container, a_driver_that_refuses_says_why)
{
	static struct attach_case cases[] = {
		{ -EINVAL, "has no dynamic DMA windows, SPAPR TCE v2 is impossible" },
		{ -ENODEV,
		  "is not behind a TCE IOMMU, or the IOMMU's driver is not loaded: \"modprobe vfio_iommu_spapr_tce\"" },
		{ -EPERM, "SPAPR TCE v2: Operation not permitted" },
		{ -ENOMEM, "SPAPR TCE v2: Cannot allocate memory" },
	};

	return cr_make_param_array(struct attach_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct attach_case *p, container, a_driver_that_refuses_says_why)
{
	fake_vfio.attach_err = p->err;
	cr_assert(eq(int, vx_container_open(&ct), 0));
	cr_assert(eq(int, vx_group_open(&group, &ct, VX_GROUP, VX_BDF), 0));
	cr_assert(eq(int, vx_container_start(&ct, VX_BDF), p->err));
	cr_assert(said(VX_BDF) && said(p->said), "%s", said_all());
	cr_assert(eq(int, said_lines(), 1), "%s", said_all());
	stop();
	VX_NOTHING_LEFT();
}

Test(container, what_the_host_offers_is_kept)
{
	fake_vfio.dma32_start = 0x10000;
	start();
	cr_assert(eq(u64, ct.dma32_start, 0x10000));
	cr_assert(eq(u64, ct.dma32_size, 2 * GiB));
	cr_assert(eq(u64, ct.pgsizes, 4 * KiB | 64 * KiB | 2 * MiB | 1 * GiB));
	cr_assert(eq(u32, ct.max_windows, 2));
	cr_assert(eq(u32, ct.levels, 5));
	stop();
	VX_NOTHING_LEFT();
}

Test(container, a_hypervisor_without_windows_leaves_one)
{
	fake_host(FAKE_L1);
	fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "vfio-pci");
	fake_vfio.max_windows = UINT32_MAX;
	start();
	cr_assert(eq(u32, ct.max_windows, 1));
	stop();
	fake_vfio.no_ddw_info = true;
	start();
	cr_assert(eq(u32, ct.max_windows, 1));
	cr_assert(eq(u64, ct.pgsizes, 4 * KiB));
	stop();
	VX_NOTHING_LEFT();
}

Test(container, the_pending_default_window_is_cancelled_not_built)
{
	ioba_t at = 77;
	uint32_t levels;

	start();
	cr_assert(eq(int, fake_windows(), 0));
	cr_assert(eq(u64, fake_locked(), 0));
	cr_assert(eq(int, vfio_container_window_create(&ct, 16, 1 * GiB, &at, &levels), 0));
	cr_assert(eq(u64, at, 0)); /* slot 0 is free */
	cr_assert(eq(int, fake_windows(), 1));
	cr_assert(eq(int, vfio_container_window_create(&ct, 16, 1 * GiB, &at, &levels), 0));
	cr_assert(eq(u64, at, 1ULL << 59));
	cr_assert(eq(int, vfio_container_window_create(&ct, 16, 1 * GiB, &at, &levels), -ENOSPC));
	cr_assert(eq(int, vfio_container_window_remove(&ct, 0), 0));
	cr_assert(eq(int, vfio_container_window_remove(&ct, 0), -EINVAL));
	stop(); /* the other goes with the group */
	VX_NOTHING_LEFT();
}

/* ---- memory ---- */

Test(container, memory_is_registered_once_and_given_back)
{
	uint8_t *p;

	start();
	p = vx_mmap(4 * MiB, 0);
	cr_assert(eq(int, vfio_container_register(&ct, p, 2 * MiB), 0));
	cr_assert(eq(int, vfio_container_register(&ct, p, 2 * MiB), -EBUSY));
	cr_assert(eq(int, vfio_container_register(&ct, p + MiB, 2 * MiB), -EINVAL));
	cr_assert(eq(int, vfio_container_register(&ct, p + 2 * MiB, 4 * KiB),
		     -EINVAL)); /* 64K pages */
	cr_assert(eq(int, vfio_container_register(&ct, p + 3 * MiB, 2 * MiB),
		     -EFAULT)); /* not all is there */
	cr_assert(eq(int, vfio_container_register(&ct, p + 2 * MiB, 2 * MiB), 0));
	cr_assert(eq(u64, fake_pinned(), 4 * MiB));
	cr_assert(eq(u64, fake_locked(), 4 * MiB));
	cr_assert(eq(int, vfio_container_unregister_all(&ct), 0));
	cr_assert(eq(u64, fake_locked(), 0));
	stop();
	sys_munmap(p, 4 * MiB);
	VX_NOTHING_LEFT();
}

Test(container, the_same_region_of_two_containers_is_charged_once)
{
	struct vfio_container other;
	struct vfio_group g2;
	void *p;

	fake_hostdev_new(FAKE_E1000E, "0005:01:00.0", 27, "vfio-pci");
	start();
	cr_assert(eq(int, vx_container_open(&other), 0));
	cr_assert(eq(int, vx_group_open(&g2, &other, 27, "0005:01:00.0"), 0));
	cr_assert(eq(int, vx_container_start(&other, "0005:01:00.0"), 0));
	p = vx_mmap(2 * MiB, 0);
	fake_set_memlock(3 * MiB);
	cr_assert(eq(int, vfio_container_register(&ct, p, 2 * MiB), 0));
	cr_assert(eq(int, vfio_container_register(&other, p, 2 * MiB), 0));
	cr_assert(eq(u64, fake_locked(), 2 * MiB));
	cr_assert(eq(int, vfio_container_unregister_all(&ct), 0));
	cr_assert(eq(u64, fake_pinned(), 2 * MiB)); /* the other's */
	cr_assert(eq(int, vfio_container_unregister_all(&other), 0));
	cr_assert(eq(u64, fake_pinned(), 0));
	stop();
	vfio_group_close(&g2);
	vfio_container_close(&other);
	sys_munmap(p, 2 * MiB);
	VX_NOTHING_LEFT();
}

Test(container, the_limit_on_locked_memory_is_the_kernels)
{
	void *p;

	start();
	p = vx_mmap(4 * MiB, 0);
	fake_set_memlock(4 * MiB - 64 * KiB);
	cr_assert(eq(int, vfio_container_register(&ct, p, 4 * MiB), -ENOMEM));
	fake_set_memlock(4 * MiB);
	cr_assert(eq(int, vfio_container_register(&ct, p, 4 * MiB), 0));
	stop();
	sys_munmap(p, 4 * MiB);
	VX_NOTHING_LEFT();
}

Test(container, mapped_memory_cannot_be_unregistered)
{
	ioba_t at;
	uint32_t levels;
	void *p;

	start();
	p = vx_mmap(2 * MiB, 0);
	cr_assert(eq(int, vfio_container_register(&ct, p, 2 * MiB), 0));
	cr_assert(eq(int, vfio_container_window_create(&ct, 12, 16 * MiB, &at, &levels), 0));
	cr_assert(eq(int, vfio_container_map(&ct, at + 0x1000, p, 0x2000, true), 0));
	cr_assert(eq(int, vfio_container_unregister_all(&ct), -EBUSY));
	cr_assert(eq(ptr, fake_dma(VX_GROUP, at + 0x1004, true), (uint8_t *)p + 4));
	cr_assert(eq(int, vfio_container_unmap(&ct, at, 0x10000), 0)); /* holes are fine */
	cr_assert(eq(ptr, fake_dma(VX_GROUP, at + 0x1000, false), NULL));
	cr_assert(eq(int, vfio_container_unregister_all(&ct), 0));
	stop();
	sys_munmap(p, 2 * MiB);
	VX_NOTHING_LEFT();
}

Test(container, calls_of_the_other_version_are_enotty)
{
	int fd;

	start();
	cr_assert(eq(int, sys_ioctl(ct.fd, VFIO_IOMMU_ENABLE, NULL), -ENOTTY));
	cr_assert(eq(int, sys_ioctl(ct.fd, VFIO_IOMMU_DISABLE, NULL), -ENOTTY));
	cr_assert(eq(int, sys_ioctl(ct.fd, VFIO_SET_IOMMU, (void *)VFIO_SPAPR_TCE_v2_IOMMU),
		     -EINVAL));
	stop();
	/* A v1 container, which we never make. */
	cr_assert(eq(int, vx_container_open(&ct), 0));
	cr_assert(eq(int, vx_group_open(&group, &ct, VX_GROUP, VX_BDF), 0));
	cr_assert(eq(int, sys_ioctl(ct.fd, VFIO_SET_IOMMU, (void *)VFIO_SPAPR_TCE_IOMMU), 0));
	cr_assert(eq(int, vfio_container_register(&ct, NULL, 64 * KiB), -ENOTTY));
	cr_assert(eq(int, vfio_container_window_remove(&ct, 0), -ENOTTY));
	fd = ct.fd;
	cr_assert(eq(int, sys_ioctl(fd, VFIO_EEH_PE_OP, &fd), -ENOTTY));
	stop();
	VX_NOTHING_LEFT();
}
