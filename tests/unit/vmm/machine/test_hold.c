/* SPDX-License-Identifier: BSD-2-Clause */
/* hold.c: bind and unbind, two processes around a guest that has no rights. */
#include "vmm/machine/hold.h"

#include "tests/fake/vfio.h"
#include "tests/unit/vmm/machine/fixture.h"

#define BDF "0004:01:00.0"
#define SECOND "0005:01:00.0"
#define ONE "vfio.0.host=" BDF " "
#define TWO ONE "vfio.1.host=" SECOND " "

static struct fake_hostdev *nvme, *nic;

static void setup(void)
{
	fx_setup();
	nvme = fake_hostdev_new(FAKE_NVME, BDF, 26, "nvme");
	nic = fake_hostdev_new(FAKE_E1000E, SECOND, 27, "e1000e");
}

TestSuite(hold, .init = setup, .fini = fx_teardown, .timeout = 30);

#define DRIVERS(first, second)                                                                     \
	do {                                                                                       \
		cr_assert(eq(str, nvme->driver, first), "%s", said_all());                         \
		cr_assert(eq(str, nic->driver, second), "%s", said_all());                         \
	} while (0)

Test(hold, all_are_taken_shared_and_given_back)
{
	const struct options *opt = fx_options(TWO);

	cr_assert(eq(int, (int)machine_bind(opt, "42"), STATUS_OFF), "%s", said_all());
	DRIVERS("vfio-pci", "vfio-pci");
	cr_assert(eq(int, fake_count("share /dev/vfio/26"), 1));
	cr_assert(eq(int, fake_count("share /dev/vfio/27"), 1));
	cr_assert(eq(int, (int)machine_bind(opt, NULL), STATUS_OFF), "a second time");
	cr_assert(eq(int, (int)machine_unbind(opt), STATUS_OFF));
	DRIVERS("nvme", "e1000e");
	cr_assert(eq(int, (int)machine_unbind(opt), STATUS_OFF), "a second time");
	DRIVERS("nvme", "e1000e");
	FX_NOTHING_LEFT();
}

Test(hold, the_guest_between_them_leaves_them_alone)
{
	const struct options *opt = fx_options(ONE);
	struct machine *m;

	cr_assert(eq(int, (int)machine_bind(opt, NULL), STATUS_OFF), "%s", said_all());
	cr_assert(eq(int, (int)machine_create(&m, opt), STATUS_OFF), "%s", said_all());
	machine_destroy(m);
	DRIVERS("vfio-pci", "e1000e");
	cr_assert(eq(int, (int)machine_unbind(opt), STATUS_OFF));
	DRIVERS("nvme", "e1000e");
	FX_NOTHING_LEFT();
}

Test(hold, what_its_user_binds_stays_where_it_is)
{
	const struct options *opt = fx_options(TWO "vfio.1.bind=manual");

	strcpy(nic->driver, "vfio-pci");
	cr_assert(eq(int, (int)machine_bind(opt, NULL), STATUS_OFF), "%s", said_all());
	cr_assert(eq(int, (int)machine_unbind(opt), STATUS_OFF));
	DRIVERS("nvme", "vfio-pci");
	FX_NOTHING_LEFT();
}

Test(hold, a_device_in_use_is_refused_before_anything_is_taken)
{
	const struct options *opt = fx_options(TWO);

	fake_class_device("net", "eth0", SECOND);
	fake_class_device("block", "nvme0n1", BDF);
	fake_text("/proc/mounts", "/dev/nvme0n1 / ext4 rw 0 0\n");
	cr_assert(eq(int, (int)machine_bind(opt, NULL), STATUS_HOST));
	cr_assert(said("the host uses it"), "%s", said_all());
	DRIVERS("nvme", "e1000e");
	FX_NOTHING_LEFT();
}

Test(hold, what_cannot_be_done_to_all_is_undone)
{
	const struct options *opt = fx_options(TWO);

	fake_fail_all("share /dev/vfio/27", -EPERM);
	cr_assert(eq(int, (int)machine_bind(opt, "42"), STATUS_HOST));
	cr_assert(said("/dev/vfio/27: giving it to group 42"), "%s", said_all());
	DRIVERS("nvme", "e1000e");
	FX_NOTHING_LEFT();
}

Test(hold, a_group_that_is_none_is_the_users_mistake)
{
	cr_assert(eq(int, (int)machine_bind(fx_options(ONE), "no-such-group"), STATUS_USAGE));
	cr_assert(said("there is no group of this name"), "%s", said_all());
	DRIVERS("nvme", "e1000e");
}

Test(hold, without_devices_there_is_nothing_to_do)
{
	cr_assert(eq(int, (int)machine_bind(fx_options(""), "0"), STATUS_OFF));
	cr_assert(eq(int, (int)machine_unbind(fx_options("")), STATUS_OFF));
	cr_assert(eq(int, said_lines(), 0), "%s", said_all());
}

Test(hold, a_bus_that_cannot_be_read_is_named)
{
	const struct options *opt = fx_options(ONE);

	fake_fail_all("readlink", -EIO);
	cr_assert(eq(int, (int)machine_bind(opt, NULL), STATUS_HOST));
	fake_fail_all(NULL, 0);
	cr_assert(ge(int, said_errors(), 1), "%s", said_all());
	DRIVERS("nvme", "e1000e");
}

/* udev's own work on the node comes first: its record says that there is no more. */
Test(hold, a_group_is_shared_once_udev_is_done_with_its_node)
{
	const struct options *opt = fx_options(ONE);

	fake_text("/run/udev/control", "");
	fake_text("/sys/class/vfio/26/dev", "240:3\n");
	fake_text("/run/udev/data/c240:3", "");
	cr_assert(eq(int, (int)machine_bind(opt, "42"), STATUS_OFF), "%s", said_all());
	cr_assert(ge(int, fake_at("open /run/udev/data/c240:3"), 0));
	cr_assert(lt(int, fake_at("open /run/udev/data/c240:3"), fake_at("share /dev/vfio/26")));
	cr_assert(eq(int, (int)machine_unbind(opt), STATUS_OFF));
	FX_NOTHING_LEFT();
}

Test(hold, what_cannot_be_given_back_is_status_3)
{
	const struct options *opt = fx_options(ONE);

	cr_assert(eq(int, (int)machine_bind(opt, NULL), STATUS_OFF), "%s", said_all());
	fake_fail_all("write driver_override", -EIO);
	cr_assert(eq(int, (int)machine_unbind(opt), STATUS_HOST));
	fake_fail_all(NULL, 0);
	cr_assert(said("giving it back to nvme: Input/output error"), "%s", said_all());
}
