/* SPDX-License-Identifier: BSD-2-Clause */
/* group.c: each reason for which a group cannot be had, and one way out. */
#include "tests/unit/vfio/fixture.h"

static struct vfio_container ct;
static struct vfio_group g;

static void setup(void)
{
	vx_setup();
	fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "vfio-pci");
	cr_assert(eq(int, vx_container_open(&ct), 0));
}

TestSuite(group, .init = setup, .timeout = 20);

/* One line, nothing open but the container. */
static void expect_failure(int err, const char *text)
{
	cr_assert(eq(int, vx_group_open(&g, &ct, VX_GROUP, VX_BDF), err), "%s", said_all());
	cr_assert(said(VX_BDF ": "), "%s", said_all());
	cr_assert(said(text), "%s", said_all());
	cr_assert(eq(int, said_errors(), 1), "%s", said_all());
	cr_assert(eq(int, said_lines(), 1), "%s", said_all());
	cr_assert(eq(int, g.fd, -1));
	cr_assert(eq(int, fake_open_fds(), 1));
	vfio_container_close(&ct);
	VX_NOTHING_LEFT();
}

Test(group, another_program_has_it)
{
	fake_group_take(VX_GROUP, true);
	expect_failure(-EBUSY,
		       "VFIO group 26 is in use by another program: end that first (\"fuser "
		       "/dev/vfio/26\")");
}

Test(group, a_second_opener_is_refused)
{
	struct vfio_group first;

	cr_assert(eq(int, vx_group_open(&first, &ct, VX_GROUP, VX_BDF), 0));
	cr_assert(eq(int, vx_group_open(&g, &ct, VX_GROUP, VX_BDF), -EBUSY));
	cr_assert(said("in use by another program"));
	vfio_group_close(&first);
	vfio_container_close(&ct);
	VX_NOTHING_LEFT();
}

Test(group, no_device_is_bound_to_vfio_pci)
{
	strcpy(fake_hostdev_find(VX_BDF)->driver, "nvme");
	expect_failure(-ENOENT,
		       "group 26 has no device bound to vfio-pci: use bind = \"auto\", or");
}

Test(group, no_right_on_the_node)
{
	fake_group_deny(VX_GROUP, -EACCES);
	expect_failure(-EACCES,
		       "/dev/vfio/26: Permission denied: give this user the right (\"chown "
		       "USER /dev/vfio/26\")");
}

Test(group, a_group_of_a_device_without_iommu_needs_privilege)
{
	fake_group_deny(VX_GROUP, -EPERM);
	expect_failure(-EPERM, "/dev/vfio/26: Operation not permitted: not the file's permissions, "
			       "but the devices of this unit or container");
}

Test(group, an_errno_we_do_not_know_is_named)
{
	fake_group_deny(VX_GROUP, -ENFILE);
	expect_failure(-ENFILE, "/dev/vfio/26: Too many open files in system");
}

Test(group, a_neighbour_that_the_host_drives_is_named)
{
	fake_hostdev_new(FAKE_E1000E, "0004:01:00.1", VX_GROUP, "e1000e");
	expect_failure(-EBUSY,
		       "group 26 is not viable: 0004:01:00.1 is driven by e1000e: bind every "
		       "device of the group to vfio-pci, or unbind it");
}

Test(group, ports_and_stubs_in_the_group_are_fine)
{
	fake_hostdev_new(FAKE_BRIDGE, "0004:00:00.0", VX_GROUP, "pcieport");
	fake_hostdev_new(FAKE_E1000E, "0004:01:00.1", VX_GROUP, "pci-stub");
	fake_hostdev_new(FAKE_E1000E, "0004:01:00.2", VX_GROUP, "");
	cr_assert(eq(int, vx_group_open(&g, &ct, VX_GROUP, VX_BDF), 0), "%s", said_all());
	vfio_group_close(&g);
	vfio_container_close(&ct);
	VX_NOTHING_LEFT();
}

Test(group, a_driver_that_comes_between_status_and_container_is_named_too)
{
	fake_fail_all("VFIO_GROUP_SET_CONTAINER", -EBUSY);
	expect_failure(-EBUSY, "group 26 is not viable: bind every device of the group");
}

Test(group, a_container_that_does_not_take_it)
{
	fake_fail_all("VFIO_GROUP_SET_CONTAINER", -EPERM);
	expect_failure(-EPERM, "group 26 cannot join a container: Operation not permitted");
}

Test(group, a_status_that_cannot_be_read)
{
	fake_fail_all("VFIO_GROUP_GET_STATUS", -EIO);
	expect_failure(-EIO, "group 26: Input/output error");
}

Test(group, leaving_with_a_device_open_is_said_and_the_last_descriptor_detaches)
{
	struct vfio_device d;

	cr_assert(eq(int, vx_group_open(&g, &ct, VX_GROUP, VX_BDF), 0));
	cr_assert(eq(int, vx_container_start(&ct, VX_BDF), 0));
	cr_assert(eq(int, vfio_device_open(&d, &g, VX_BDF, VFIO_RESET_AUTO), 0), "%s", said_all());
	vfio_group_close(&g);
	cr_assert(said("group 26 does not leave its container: Device or resource busy"));
	vfio_container_close(&ct);
	cr_assert(eq(int, fake_groups_open(), 1)); /* by the device */
	cr_assert(eq(int, fake_containers(), 1));
	vfio_device_close(&d);
	VX_NOTHING_LEFT();
}

Test(group, closing_twice_is_harmless)
{
	cr_assert(eq(int, vx_group_open(&g, &ct, VX_GROUP, VX_BDF), 0));
	vfio_group_close(&g);
	vfio_group_close(&g);
	cr_assert(eq(int, fake_count("VFIO_GROUP_UNSET_CONTAINER"), 1));
	vfio_container_close(&ct);
	vfio_container_close(&ct);
	VX_NOTHING_LEFT();
}
