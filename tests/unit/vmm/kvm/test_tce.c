/* SPDX-License-Identifier: BSD-2-Clause */
/* kvm/tce.c: tables, and the device that links them to a group's windows. */
#include "tests/unit/vfio/fixture.h"

static struct vfio_container ct;
static struct vfio_group group;
static struct kvm_tce_table table;

#define LIOBN 0x80000000u
#define PAGES 0x4000u /* 64 MiB */

static void setup(void)
{
	vx_setup();
	fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "vfio-pci");
	vx_open(INTC_XICS);
}

static void fini(void)
{
	log_set_sink(NULL);
}

TestSuite(tce, .init = setup, .fini = fini, .timeout = 20);

/* A group with guest RAM registered and a window of 4K pages at 0. */
static void start(void)
{
	ioba_t at;
	uint32_t levels;

	cr_assert(eq(int, vx_container_open(&ct), 0));
	cr_assert(eq(int, vx_group_open(&group, &ct, VX_GROUP, VX_BDF), 0));
	cr_assert(eq(int, vx_container_start(&ct, VX_BDF), 0));
	cr_assert(eq(int, vfio_container_register(&ct, vx.ram, VX_RAM), 0));
	cr_assert(eq(int, vfio_container_window_create(&ct, 12, 64 * MiB, &at, &levels), 0));
}

static void stop(void)
{
	vfio_container_window_remove(&ct, 0);
	vfio_container_unregister_all(&ct);
	vfio_group_close(&group);
	vfio_container_close(&ct);
	vx_close();
	VX_NOTHING_LEFT();
}

static int open_table(uint64_t start_at)
{
	return kvm_tce_open(&table, &vx.vm, LIOBN, 12, start_at, PAGES);
}

Test(tce, a_table_is_mapped_and_charged)
{
	uint64_t before = fake_locked(), value = 1;

	cr_assert(eq(int, open_table(0), 0));
	cr_assert(eq(int, fake_kvm_tables(), 1));
	cr_assert(eq(u64, fake_locked() - before,
		     2 * 64 * KiB + 64 * KiB)); /* values, pages, header */
	cr_assert(eq(long, fake_kvm_put_tce(LIOBN, 0x3000, 0x7003), H_SUCCESS));
	cr_assert(eq(u64, table.tces[3], 0x7003));
	table.tces[4] = 0x9001;
	cr_assert(eq(long, fake_kvm_get_tce(LIOBN, 0x4000, &value), H_SUCCESS));
	cr_assert(eq(u64, value, 0x9001));
	cr_assert(eq(long, fake_kvm_put_tce(LIOBN, 64 * MiB, 3), H_PARAMETER));
	cr_assert(eq(long, fake_kvm_put_tce(LIOBN, 0x10, 3), H_PARAMETER));
	cr_assert(eq(long, fake_kvm_put_tce(LIOBN + 1, 0, 3), FAKE_TOO_HARD));
	kvm_tce_close(&table);
	kvm_tce_close(&table);
	cr_assert(eq(int, fake_kvm_tables(), 0));
	cr_assert(eq(u64, fake_locked(), before));
	vx_close();
	VX_NOTHING_LEFT();
}

struct refused {
	uint32_t page_shift;
	uint64_t start, npages;
	int result;
};

ParameterizedTestParameters(tce, kvm_refuses_what_is_no_table)
{
	static struct refused cases[] = {
		{ 12, 0, 0, -EINVAL },     { 11, 0, 16, -EINVAL },
		{ 35, 0, 16, -EINVAL },    { 16, UINT64_MAX << 16, 16, -EINVAL },
		{ 34, 1ULL << 59, 16, 0 },
	};

	return cr_make_param_array(struct refused, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct refused *p, tce, kvm_refuses_what_is_no_table)
{
	int fds = fake_open_fds();

	cr_assert(eq(int, kvm_tce_open(&table, &vx.vm, LIOBN, p->page_shift, p->start, p->npages),
		     p->result));
	if (p->result < 0)
		cr_assert(eq(int, fake_open_fds(), fds));
	kvm_tce_close(&table);
	vx_close();
	VX_NOTHING_LEFT();
}

Test(tce, a_liobn_has_one_table)
{
	struct kvm_tce_table second;

	cr_assert(eq(int, open_table(0), 0));
	cr_assert(eq(int, kvm_tce_open(&second, &vx.vm, LIOBN, 16, 0, 64), -EBUSY));
	cr_assert(eq(int, second.fd, -1));
	kvm_tce_close(&table);
	fake_set_memlock(64 * KiB);
	cr_assert(eq(int, open_table(0), -ENOMEM));
	vx_close();
	VX_NOTHING_LEFT();
}

Test(tce, close_is_for_a_table_without_a_mapping_as_well)
{
	fake_fail_all("mmap tce-table", -ENOMEM);
	cr_assert(eq(int, open_table(0), -ENOMEM));
	kvm_tce_close(&table);
	cr_assert(eq(int, fake_kvm_tables(), 0));
	cr_assert(eq(int, table.fd, -1));
	vx_close();
	VX_NOTHING_LEFT();
}

/* ---- links ---- */

Test(tce, a_linked_table_reaches_the_device)
{
	int dev = vx.env.kvm_vfio_fd;

	start();
	cr_assert(eq(int, open_table(0), 0));
	cr_assert(eq(int, kvm_vfio_set_tce(dev, group.fd, table.fd), -ENOENT));
	cr_assert(eq(int, kvm_vfio_add(dev, group.fd), 0));
	cr_assert(eq(int, kvm_vfio_add(dev, group.fd), -EEXIST));
	cr_assert(eq(int, kvm_vfio_set_tce(dev, group.fd, table.fd), 0));
	cr_assert(eq(long, fake_kvm_put_tce(LIOBN, 0x1000, 0x20002), H_SUCCESS));
	cr_assert(eq(ptr, fake_dma(VX_GROUP, 0x1004, true), (uint8_t *)vx.ram + 0x20004));
	cr_assert(eq(long, fake_kvm_put_tce(LIOBN, 0x1000, VX_RAM | 3), FAKE_TOO_HARD));
	cr_assert(eq(int, vfio_container_unregister_all(&ct), -EBUSY));
	cr_assert(eq(long, fake_kvm_put_tce(LIOBN, 0x1000, 0), H_SUCCESS));
	cr_assert(eq(int, kvm_vfio_del(dev, group.fd), 0));
	cr_assert(eq(int, kvm_vfio_del(dev, group.fd), -ENOENT));
	kvm_tce_close(&table);
	stop();
}

Test(tce, a_table_elsewhere_than_the_window_is_not_linked)
{
	int dev = vx.env.kvm_vfio_fd;

	start();
	cr_assert(eq(int, open_table(64 * MiB), 0));
	cr_assert(eq(int, kvm_vfio_add(dev, group.fd), 0));
	cr_assert(eq(int, kvm_vfio_set_tce(dev, group.fd, table.fd), -EINVAL));
	cr_assert(eq(int, kvm_vfio_set_tce(dev, group.fd, vx.vm.fd), -EINVAL));
	cr_assert(eq(int, kvm_vfio_set_tce(dev, group.fd, -1), -EBADF));
	kvm_tce_close(&table);
	cr_assert(eq(int, kvm_vfio_del(dev, group.fd), 0)); /* no warning: it was tried */
	stop();
}

Test(tce, there_is_one_such_device)
{
	cr_assert(eq(int, kvm_vfio_open(&vx.vm), -EBUSY));
	cr_assert(eq(int, kvm_vfio_add(vx.env.kvm_vfio_fd, 4711), -EBADF));
	cr_assert(eq(int, kvm_vfio_add(vx.env.kvm_vfio_fd, vx.vm.fd), -EINVAL));
	cr_assert(eq(int, kvm_vfio_del(vx.env.kvm_vfio_fd, -1), -EBADF));
	vx_close();
	VX_NOTHING_LEFT();
}

/* ---- what the fake would tell of ---- */

Test(tce, a_group_added_for_nothing_makes_the_kernel_warn)
{
	start();
	cr_assert(eq(int, kvm_vfio_add(vx.env.kvm_vfio_fd, group.fd), 0));
	cr_assert(eq(int, kvm_vfio_del(vx.env.kvm_vfio_fd, group.fd), 0));
	cr_assert(eq(str, chars(fake_faults()),
		     "virt/kvm/vfio.c:103: group 26 was added, and never had SET_SPAPR_TCE\n"));
}

Test(tce, a_table_that_outlives_its_window_is_seen)
{
	int dev = vx.env.kvm_vfio_fd;

	start();
	cr_assert(eq(int, open_table(0), 0));
	cr_assert(eq(int, kvm_vfio_add(dev, group.fd), 0));
	cr_assert(eq(int, kvm_vfio_set_tce(dev, group.fd, table.fd), 0));
	cr_assert(eq(int, vfio_container_window_remove(&ct, 0), 0));
	cr_assert(ne(ptr, strstr(fake_faults(), "KVM still has a link"), NULL));
	/* Calls go on counting into memory that can no longer be unregistered. */
	cr_assert(eq(long, fake_kvm_put_tce(LIOBN, 0, 0x10003), H_SUCCESS));
	cr_assert(eq(int, vfio_container_unregister_all(&ct), -EBUSY));
}

Test(tce, a_range_over_the_end_of_a_window_is_seen)
{
	start();
	cr_assert(eq(int, vfio_container_map(&ct, 64 * MiB - 0x1000, vx.ram, 0x1000, true), 0));
	cr_assert(eq(str, (char *)(uintptr_t)fake_faults(), ""));
	vfio_container_unmap(&ct, 64 * MiB - 0x1000, 0x2000);
	cr_assert(ne(ptr, strstr(fake_faults(), "crosses the end"), NULL));
}
