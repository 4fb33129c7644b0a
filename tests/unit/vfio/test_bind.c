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
		cr_assert(eq(str, dev->driver, drv), "%s", said_all());                            \
		cr_assert(eq(str, dev->override, over), "%s", said_all());                         \
		cr_assert(eq(str, chars(state()), note), "%s", said_all());                        \
	} while (0)

Test(bind, a_driver_is_taken_and_given_back)
{
	cr_assert(eq(int, vfio_bind_take(&b, VX_BDF), 0), "%s", said_all());
	EXPECT("vfio-pci", "vfio-pci", "nvme\n");
	cr_assert(said("taken from nvme to vfio-pci"), "%s", said_all());
	vfio_bind_give_back(&b);
	EXPECT("nvme", "", "none");
	vfio_bind_give_back(&b);
	cr_assert(eq(int, said_lines(), 2), "%s", said_all());
	VX_NOTHING_LEFT();
}

Test(bind, a_device_that_does_not_answer_is_not_given_back)
{
	cr_assert(eq(int, vfio_bind_take(&b, VX_BDF), 0), "%s", said_all());
	memset(dev->config, 0xff, 4);
	vfio_bind_give_back(&b);
	EXPECT("vfio-pci", "vfio-pci", "nvme\n");
	cr_assert(said(VX_BDF ": does not answer, so nvme does not get it back"), "%s", said_all());
	VX_NOTHING_LEFT();
}

/* 64-bit, then 32-bit ones; what is no BAR of memory, or is not there, is not looked at. */
Test(bind, a_device_without_its_bars_is_not_given_back)
{
	static const uint32_t bars[][2] = { { 0xffffc004, 0xffffffff },
					    { 0x00000001, 0xfffe0000 } };

	for (size_t i = 0; i < ARRAY_LEN(bars); i++) {
		uint8_t good[8];

		memcpy(good, dev->config + PCI_BASE_ADDRESS_0, 8);
		cr_assert(eq(int, vfio_bind_take(&b, VX_BDF), 0), "%s", said_all());
		le32_store(dev->config + PCI_BASE_ADDRESS_0, bars[i][0]);
		le32_store(dev->config + PCI_BASE_ADDRESS_1, bars[i][1]);
		said_forget();
		vfio_bind_give_back(&b);
		EXPECT("vfio-pci", "vfio-pci", "nvme\n");
		cr_assert(said(VX_BDF ": the host lost its BARs, so nvme does not"), "%s",
			  said_all());
		memcpy(dev->config + PCI_BASE_ADDRESS_0, good, 8);
		cr_assert(eq(int, vfio_bind_take(&b, VX_BDF), 0), "%s", said_all());
		b.in_use = true;
		vfio_bind_give_back(&b);
		EXPECT("nvme", "", "none");
	}
	VX_NOTHING_LEFT();
}

Test(bind, a_function_without_driver_stays_without)
{
	dev->driver[0] = '\0';
	cr_assert(eq(int, vfio_bind_take(&b, VX_BDF), 0), "%s", said_all());
	EXPECT("vfio-pci", "vfio-pci", "\n");
	vfio_bind_give_back(&b);
	EXPECT("", "", "none");
	VX_NOTHING_LEFT();
}

Test(bind, what_the_user_bound_is_left_alone)
{
	strcpy(dev->driver, "vfio-pci");
	cr_assert(eq(int, vfio_bind_take(&b, VX_BDF), 0));
	b.in_use = true;
	vfio_bind_give_back(&b);
	cr_assert(eq(str, dev->driver, "vfio-pci"));
	cr_assert(eq(int, said_lines(), 0), "%s", said_all());
	VX_NOTHING_LEFT();
}

/* ---- after a crash, and beside another VMM ---- */

/* Killed between the two drivers. */
Test(bind, what_a_crashed_run_left_without_a_driver_is_given_back_to_the_former)
{
	dev->driver[0] = '\0';
	strcpy(dev->override, "vfio-pci");
	fake_text(STATE, "nvme\n");
	cr_assert(eq(int, vfio_bind_take(&b, VX_BDF), 0));
	EXPECT("vfio-pci", "vfio-pci", "nvme\n");
	vfio_bind_give_back(&b);
	EXPECT("nvme", "", "none");
	VX_NOTHING_LEFT();
}

Test(bind, what_a_crashed_run_took_is_given_back_by_the_next)
{
	strcpy(dev->driver, "vfio-pci");
	strcpy(dev->override, "vfio-pci");
	fake_text(STATE, "nvme\n");
	cr_assert(eq(int, vfio_bind_take(&b, VX_BDF), 0));
	cr_assert(b.inherited);
	b.in_use = true; /* its group could be opened: nobody else has it */
	vfio_bind_give_back(&b);
	EXPECT("nvme", "", "none");
	VX_NOTHING_LEFT();
}

Test(bind, what_a_running_vmm_took_stays_its_own)
{
	struct vfio_bind other;

	cr_assert(eq(int, vfio_bind_take(&other, VX_BDF), 0));
	cr_assert(eq(int, vfio_bind_take(&b, VX_BDF), 0));
	vfio_bind_give_back(&b); /* the group was in use: not ours */
	EXPECT("vfio-pci", "vfio-pci", "nvme\n");
	vfio_bind_give_back(&other);
	EXPECT("nvme", "", "none");
	VX_NOTHING_LEFT();
}

/* ---- refusals ---- */

static void refused(int err, const char *text)
{
	struct finding f;

	cr_assert(eq(int, vx_logged(vfio_bind_allowed(VX_BDF, false, &f), &f), err), "%s",
		  said_all());
	cr_assert(said(text), "%s", said_all());
	cr_assert(eq(int, said_errors(), 1), "%s", said_all());
	EXPECT("nvme", "", "none");
	VX_NOTHING_LEFT();
}

Test(bind, vfio_pci_is_not_loaded)
{
	fake_driver_unload("vfio-pci");
	refused(-ENODEV, VX_BDF ": the driver vfio-pci is not loaded: \"modprobe vfio-pci\"");
	cr_assert(eq(int, said_lines(), 1));
}

Test(bind, what_the_host_uses)
{
	fake_class_device("block", "nvme0n1", VX_BDF);
	fake_text("/proc/swaps", "Filename\tType\tSize\n/dev/nvme0n1\tpartition\t1024\n");
	refused(-EBUSY, VX_BDF ": the host uses it: /dev/nvme0n1 is swap space: \"swapoff "
			       "/dev/nvme0n1\", or take it all the same by force = true");
	cr_assert(eq(int, said_lines(), 1));
}

Test(bind, what_the_host_uses_is_taken_by_force_with_a_warning)
{
	struct finding f;

	fake_class_device("block", "nvme0n1", VX_BDF);
	fake_text("/proc/swaps", "Filename\tType\tSize\n/dev/nvme0n1\tpartition\t1024\n");
	cr_assert(eq(int, vfio_bind_allowed(VX_BDF, true, &f), 0));
	finding_log(&f);
	cr_assert(said("warning: vfio " VX_BDF ": the host uses it, and loses it by force = true: "
		       "/dev/nvme0n1 is swap space: \"swapoff /dev/nvme0n1\""),
		  "%s", said_all());
	cr_assert(eq(int, said_lines(), 1));
	/* Force is for that alone. */
	fake_driver_unload("vfio-pci");
	cr_assert(eq(int, vfio_bind_allowed(VX_BDF, true, &f), -ENODEV));
	VX_NOTHING_LEFT();
}

Test(bind, a_user_without_the_right_to_bind)
{
	fake_fail_all("open /sys/bus/pci/devices/" VX_BDF "/driver_override", -EACCES);
	refused(-EACCES,
		VX_BDF ": taking it from its driver: Permission denied: as root, \"echo "
		       "vfio-pci > /sys/bus/pci/devices/" VX_BDF "/driver_override; echo " VX_BDF
		       " > /sys/bus/pci/devices/" VX_BDF "/driver/unbind; echo " VX_BDF
		       " > /sys/bus/pci/drivers_probe\", and set bind = \"manual\"");
	fake_fail_all(NULL, 0);
}

Test(bind, what_is_bound_already_is_not_asked_about)
{
	struct finding f;

	strcpy(dev->driver, "vfio-pci");
	fake_driver_unload("nvme");
	cr_assert(eq(int, vx_logged(vfio_bind_allowed(VX_BDF, false, &f), &f), 0));
	cr_assert(eq(int, said_lines(), 0));
}

Test(bind, vfio_pci_does_not_take_it)
{
	fake_driver_fail("vfio-pci", -EINVAL);
	cr_assert(eq(int, vfio_bind_take(&b, VX_BDF), -EINVAL));
	cr_assert(said("binding to vfio-pci: Invalid argument: \"dmesg\" says more"), "%s",
		  said_all());
	EXPECT("nvme", "", "none");
	VX_NOTHING_LEFT();
}

/* Of all three steps: the first two are harmless when they were done. */
#define BY_HAND                                                                                    \
	"\"echo > /sys/bus/pci/devices/" VX_BDF "/driver_override; echo " VX_BDF                   \
	" > /sys/bus/pci/devices/" VX_BDF "/driver/unbind; echo " VX_BDF                           \
	" > /sys/bus/pci/drivers_probe\""

Test(bind, a_driver_that_does_not_come_back_is_a_warning_with_its_remedy)
{
	cr_assert(eq(int, vfio_bind_take(&b, VX_BDF), 0));
	fake_driver_fail("nvme", -ENOMEM);
	vfio_bind_give_back(&b);
	cr_assert(said("giving it back to nvme: Cannot allocate memory: " BY_HAND), "%s",
		  said_all());
	cr_assert(eq(int, said_errors(), 0));
	EXPECT("", "", "none");
	VX_NOTHING_LEFT();
}

Test(bind, a_function_that_cannot_leave_vfio_pci_has_the_same_remedy)
{
	cr_assert(eq(int, vfio_bind_take(&b, VX_BDF), 0));
	fake_fail_all("open /sys/bus/pci/devices/" VX_BDF "/driver_override", -EIO);
	vfio_bind_give_back(&b);
	cr_assert(said("giving it back to nvme: Input/output error: " BY_HAND), "%s", said_all());
	EXPECT("vfio-pci", "vfio-pci", "none");
	fake_fail_all(NULL, 0);
}

Test(bind, a_note_that_cannot_be_kept_is_a_warning)
{
	fake_fail_all("open " STATE, -EROFS);
	cr_assert(eq(int, vfio_bind_take(&b, VX_BDF), 0));
	cr_assert(said("after a crash its driver would not be given back"), "%s", said_all());
	vfio_bind_give_back(&b);
	EXPECT("nvme", "", "none");
}

Test(bind, each_call_that_fails_leaves_a_driver_that_can_be_told)
{
	unsigned int n = 0;
	int r;

	do {
		fake_fail_nth(++n, -EIO);
		r = vfio_bind_take(&b, VX_BDF);
		fake_fail_nth(0, 0);
		if (r == 0)
			vfio_bind_give_back(&b);
		cr_assert(eq(str, dev->driver, "nvme"), "call %u %s: %s", n, fake_failed_call(),
			  said_all());
		cr_assert(eq(str, dev->override, ""), "call %u", n);
		VX_NOTHING_LEFT();
	} while (n < 40);
}

/* ---- held for another process ---- */

#define HELD "/run/spapr-vmm/" VX_BDF ".held"

static const char *held(void)
{
	return fake_text_of(HELD) ? fake_text_of(HELD) : "none";
}

Test(bind, a_function_is_held_for_another_process_and_released)
{
	cr_assert(eq(int, vfio_bind_hold(VX_BDF), 0), "%s", said_all());
	EXPECT("vfio-pci", "vfio-pci", "none");
	cr_assert(eq(str, chars(held()), "nvme\n"));
	cr_assert(eq(int, vfio_bind_hold(VX_BDF), 0));
	cr_assert(eq(str, chars(held()), "nvme\n"), "the second time changes nothing");
	cr_assert(eq(int, vfio_bind_release(VX_BDF), 0));
	EXPECT("nvme", "", "none");
	cr_assert(eq(str, chars(held()), "none"));
	cr_assert(eq(int, vfio_bind_release(VX_BDF), 0));
	EXPECT("nvme", "", "none");
	VX_NOTHING_LEFT();
}

Test(bind, a_run_leaves_what_is_held_alone)
{
	cr_assert(eq(int, vfio_bind_hold(VX_BDF), 0), "%s", said_all());
	cr_assert(eq(int, vfio_bind_take(&b, VX_BDF), 0), "%s", said_all());
	b.in_use = true;
	vfio_bind_give_back(&b);
	EXPECT("vfio-pci", "vfio-pci", "none");
	cr_assert(eq(str, chars(held()), "nvme\n"));
	VX_NOTHING_LEFT();
}

Test(bind, what_a_crashed_run_took_is_held_and_released_to_its_former_driver)
{
	strcpy(dev->driver, "vfio-pci");
	strcpy(dev->override, "vfio-pci");
	fake_text(STATE, "nvme\n");
	cr_assert(eq(int, vfio_bind_hold(VX_BDF), 0));
	EXPECT("vfio-pci", "vfio-pci", "none");
	cr_assert(eq(int, vfio_bind_release(VX_BDF), 0));
	EXPECT("nvme", "", "none");
	VX_NOTHING_LEFT();
}

/* Killed between the two drivers. */
Test(bind, what_a_crashed_run_left_without_a_driver_is_held_for_the_former)
{
	dev->driver[0] = '\0';
	strcpy(dev->override, "vfio-pci");
	fake_text(STATE, "nvme\n");
	cr_assert(eq(int, vfio_bind_hold(VX_BDF), 0), "%s", said_all());
	cr_assert(said("taken from no driver to vfio-pci"), "%s", said_all());
	cr_assert(eq(str, chars(held()), "nvme\n"));
	cr_assert(eq(int, vfio_bind_release(VX_BDF), 0));
	EXPECT("nvme", "", "none");
	VX_NOTHING_LEFT();
}

Test(bind, a_function_whose_driver_is_unknown_is_not_held)
{
	fake_fail_all("readlink", -EIO);
	cr_assert(eq(int, vfio_bind_hold(VX_BDF), -EIO));
	fake_fail_all(NULL, 0);
	cr_assert(said("driver: Input/output error"), "%s", said_all());
	EXPECT("nvme", "", "none");
	fake_fail_all("write driver_override", -EIO);
	cr_assert(eq(int, vfio_bind_hold(VX_BDF), -EIO));
	fake_fail_all(NULL, 0);
	EXPECT("nvme", "", "none");
	cr_assert(not(said("taken from")), "%s", said_all());
}

Test(bind, what_its_user_bound_or_gave_back_is_not_released)
{
	strcpy(dev->driver, "vfio-pci");
	cr_assert(eq(int, vfio_bind_hold(VX_BDF), 0));
	cr_assert(eq(int, vfio_bind_release(VX_BDF), 0));
	EXPECT("vfio-pci", "", "none");
	strcpy(dev->driver, "other");
	fake_text(HELD, "nvme\n");
	cr_assert(eq(int, vfio_bind_release(VX_BDF), 0));
	EXPECT("other", "", "none");
	cr_assert(eq(str, chars(held()), "none"));
	VX_NOTHING_LEFT();
}
