/* SPDX-License-Identifier: BSD-2-Clause */
/* bind.c: a function leaves its driver and gets it back, whatever happens in between. */
#include "tests/unit/vfio/fixture.h"

#define STATE "/run/spapr-vmm/" VX_BDF ".driver"

static struct fake_hostdev *dev;
static struct vfio_bind b;

static void setup(void)
{
	vx_setup();
	dev = fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "nvme");
}

TestSuite(bind, .init = setup, .timeout = 20);

static const char *state(void)
{
	return fake_text_of(STATE) ? fake_text_of(STATE) : "none";
}

#define EXPECT(drv, over, note)                                                                    \
	do {                                                                                       \
		cr_assert(eq(str, dev->driver, drv), "%s", vx.log);                                \
		cr_assert(eq(str, dev->override, over), "%s", vx.log);                             \
		cr_assert(eq(str, (char *)(uintptr_t)state(), note), "%s", vx.log);                \
	} while (0)

Test(bind, a_driver_is_taken_and_given_back)
{
	cr_assert(eq(int, bind_take(&b, VX_BDF), 0), "%s", vx.log);
	EXPECT("vfio-pci", "vfio-pci", "nvme\n");
	cr_assert(vx_said("taken from nvme to vfio-pci"), "%s", vx.log);
	bind_give_back(&b);
	EXPECT("nvme", "", "none");
	bind_give_back(&b);
	cr_assert(eq(int, vx.lines, 2), "%s", vx.log);
	VX_NOTHING_LEFT();
}

Test(bind, a_function_without_driver_stays_without)
{
	dev->driver[0] = '\0';
	cr_assert(eq(int, bind_take(&b, VX_BDF), 0), "%s", vx.log);
	EXPECT("vfio-pci", "vfio-pci", "\n");
	bind_give_back(&b);
	EXPECT("", "", "none");
	VX_NOTHING_LEFT();
}

Test(bind, what_the_user_bound_is_left_alone)
{
	strcpy(dev->driver, "vfio-pci");
	cr_assert(eq(int, bind_take(&b, VX_BDF), 0));
	b.in_use = true;
	bind_give_back(&b);
	cr_assert(eq(str, dev->driver, "vfio-pci"));
	cr_assert(eq(int, vx.lines, 0), "%s", vx.log);
	VX_NOTHING_LEFT();
}

/* ---- after a crash, and beside another VMM ---- */

Test(bind, what_a_crashed_run_took_is_given_back_by_the_next)
{
	strcpy(dev->driver, "vfio-pci");
	strcpy(dev->override, "vfio-pci");
	fake_text(STATE, "nvme\n");
	cr_assert(eq(int, bind_take(&b, VX_BDF), 0));
	cr_assert(b.inherited);
	b.in_use = true; /* its group could be opened: nobody else has it */
	bind_give_back(&b);
	EXPECT("nvme", "", "none");
	VX_NOTHING_LEFT();
}

Test(bind, what_a_running_vmm_took_stays_its_own)
{
	struct vfio_bind other;

	cr_assert(eq(int, bind_take(&other, VX_BDF), 0));
	cr_assert(eq(int, bind_take(&b, VX_BDF), 0));
	bind_give_back(&b); /* the group was in use: not ours */
	EXPECT("vfio-pci", "vfio-pci", "nvme\n");
	bind_give_back(&other);
	EXPECT("nvme", "", "none");
	VX_NOTHING_LEFT();
}

/* ---- refusals ---- */

static void refused(int err, const char *said)
{
	cr_assert(eq(int, bind_take(&b, VX_BDF), err), "%s", vx.log);
	cr_assert(vx_said(said), "%s", vx.log);
	cr_assert(eq(int, vx.errors, 1), "%s", vx.log);
	EXPECT("nvme", "", "none");
	VX_NOTHING_LEFT();
}

Test(bind, vfio_pci_is_not_loaded)
{
	fake_driver_unload("vfio-pci");
	refused(-ENODEV, VX_BDF ": the driver vfio-pci is not loaded: \"modprobe vfio-pci\"");
	cr_assert(eq(int, vx.lines, 1));
}

Test(bind, a_mounted_file_system)
{
	fake_class_device("block", "nvme0n1", VX_BDF);
	fake_class_device("block", "nvme0n1p2", VX_BDF);
	fake_text("/proc/mounts", "/dev/nvme0n1p22 /x ext4 rw 0 0\n/dev/nvme0n1p2 / ext4 rw 0 0\n");
	refused(-EBUSY,
		VX_BDF ": the host uses it: /dev/nvme0n1p2 is mounted: free it, or bind it");
}

Test(bind, swap_space)
{
	fake_class_device("block", "nvme0n1", VX_BDF);
	fake_text("/proc/swaps", "Filename\tType\tSize\n/dev/nvme0n1\tpartition\t1024\n");
	refused(-EBUSY, "the host uses it: /dev/nvme0n1 is swap space");
}

Test(bind, a_part_of_an_array)
{
	fake_class_device("block", "nvme0n1", VX_BDF);
	fake_class_device("block/nvme0n1/holders", "dm-0", VX_BDF);
	refused(-EBUSY, "the host uses it: /dev/nvme0n1 is part of dm-0");
}

Test(bind, the_default_route)
{
	fake_class_device("net", "eth0", VX_BDF);
	fake_text("/proc/net/route", "Iface\tDestination\tGateway\neth1\t00000000\t0102A8C0\n"
				     "eth0\t00A8C0\t00000000\neth0\t00000000\t0102A8C0\n");
	refused(-EBUSY, "the host uses it: eth0 carries the default route");
}

Test(bind, somebody_elses_disk_and_route_do_not_matter)
{
	fake_class_device("block", "sda", "0000:00:01.0");
	fake_class_device("net", "eth1", "0000:00:01.0");
	fake_text("/proc/mounts", "/dev/sda / ext4 rw 0 0\n/dev/nvme0n1 /x ext4 rw 0 0\n");
	fake_text("/proc/net/route", "eth1\t00000000\t0102A8C0\n");
	cr_assert(eq(int, bind_take(&b, VX_BDF), 0), "%s", vx.log);
	bind_give_back(&b);
	EXPECT("nvme", "", "none");
}

Test(bind, vfio_pci_does_not_take_it)
{
	fake_driver_fail("vfio-pci", -EINVAL);
	cr_assert(eq(int, bind_take(&b, VX_BDF), -EINVAL));
	cr_assert(vx_said("binding to vfio-pci: Invalid argument: \"dmesg\" says more"), "%s",
		  vx.log);
	EXPECT("nvme", "", "none");
	VX_NOTHING_LEFT();
}

Test(bind, a_driver_that_does_not_come_back_is_a_warning_with_its_remedy)
{
	cr_assert(eq(int, bind_take(&b, VX_BDF), 0));
	fake_driver_fail("nvme", -ENOMEM);
	bind_give_back(&b);
	cr_assert(vx_said("giving it back to nvme: Cannot allocate memory: \"echo " VX_BDF
			  " > /sys/bus/pci/drivers_probe\""),
		  "%s", vx.log);
	cr_assert(eq(int, vx.errors, 0));
	cr_assert(eq(str, dev->driver, ""));
	cr_assert(eq(str, dev->override, "")); /* so that the remedy works */
	VX_NOTHING_LEFT();
}

Test(bind, a_note_that_cannot_be_kept_is_a_warning)
{
	fake_fail_all("open " STATE, -EROFS);
	cr_assert(eq(int, bind_take(&b, VX_BDF), 0));
	cr_assert(vx_said("after a crash its driver would not be given back"), "%s", vx.log);
	bind_give_back(&b);
	EXPECT("nvme", "", "none");
}

Test(bind, each_call_that_fails_leaves_a_driver_that_can_be_told)
{
	unsigned int n = 0;
	int r;

	do {
		fake_fail_nth(++n, -EIO);
		r = bind_take(&b, VX_BDF);
		fake_fail_nth(0, 0);
		if (r == 0)
			bind_give_back(&b);
		cr_assert(eq(str, dev->driver, "nvme"), "call %u %s: %s", n, fake_failed_call(),
			  vx.log);
		cr_assert(eq(str, dev->override, ""), "call %u", n);
		VX_NOTHING_LEFT();
	} while (n < 40);
}
