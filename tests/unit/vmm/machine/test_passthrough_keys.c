/* SPDX-License-Identifier: BSD-2-Clause */
/* What the keys of [[vfio]] change, from the configuration to the guest's end. */
#include "tests/unit/vmm/machine/passthrough_fixture.h"

TestSuite(passthrough_keys, .init = pt_setup, .fini = fx_teardown, .timeout = 60);

Test(passthrough_keys, what_the_host_uses_is_taken_by_force)
{
	struct machine *m;

	fake_class_device("block", "nvme0n1", BDF);
	fake_text("/proc/mounts", "/dev/nvme0n1 / ext4 rw 0 0\n");
	cr_assert(eq(int, (int)machine_create(&m, fx_options(ONE)), STATUS_HOST));
	cr_assert(said(BDF ": the host uses it: /dev/nvme0n1 is mounted"), "%s", said_all());
	cr_assert(eq(str, nvme->driver, "nvme"));
	fake_guest(0, use_disk, NULL);
	cr_assert(eq(int, (int)fx_run(ONE "vfio.0.force=true"), STATUS_OFF), "%s", said_all());
	cr_assert(said(BDF ": the host uses it, and loses it by force = true: /dev/nvme0n1 is "
			   "mounted: \"umount /dev/nvme0n1\""),
		  "%s", said_all());
	ALL_IS_GIVEN_BACK();
}

/* Opening, reboot, end: the disk is not touched by a reset of its own then. */
Test(passthrough_keys, the_bus_is_reset_where_the_user_wants_that)
{
	nvme->hot_reset = 0;
	fake_guest(0, use_disk, NULL);
	cr_assert(eq(int, (int)fx_run(ONE "vfio.0.reset=bus"), STATUS_OFF), "%s", said_all());
	cr_assert(eq(int, fake_count("VFIO_DEVICE_PCI_HOT_RESET device " BDF " = 0"), 3));
	cr_assert(eq(int, fake_count("VFIO_DEVICE_RESET device " BDF), 0));
	ALL_IS_GIVEN_BACK();
}
