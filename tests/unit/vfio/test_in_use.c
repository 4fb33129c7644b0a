/* SPDX-License-Identifier: BSD-2-Clause */
/* in_use.c: what the host itself uses a function for, and how it can be freed. */
#include "tests/unit/vfio/fixture.h"
#include "vfio/in_use.h"

static char why[160];

static void setup(void)
{
	vx_setup();
	fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "nvme");
}

TestSuite(in_use, .init = setup, .timeout = 20);

static void used(const char *text)
{
	cr_assert(vfio_in_use(VX_BDF, why, sizeof(why)));
	cr_assert(eq(str, why, (char *)(uintptr_t)text));
	VX_NOTHING_LEFT();
}

static void free_to_take(void)
{
	cr_assert(not(vfio_in_use(VX_BDF, why, sizeof(why))), "%s", why);
	VX_NOTHING_LEFT();
}

Test(in_use, nobody)
{
	free_to_take();
	fake_class_device("block", "nvme0n1", VX_BDF);
	fake_class_device("net", "eth0", VX_BDF);
	fake_text("/dev/nvme0n1", "");
	free_to_take();
}

Test(in_use, what_cannot_be_seen)
{
	fake_fail_all("list /sys/class/block", -EIO);
	used("/sys/class/block: Input/output error: nobody can tell that it does not");
	fake_fail_all("list /sys/class/net", -ENOMEM);
	used("/sys/class/net: Cannot allocate memory: nobody can tell that it does not");
	fake_fail_all("list /sys/class/net", -ENOENT); /* a kernel without a network */
	free_to_take();
}

/* ---- disks ---- */

Test(in_use, a_mounted_partition)
{
	fake_class_device("block", "nvme0n1", VX_BDF);
	fake_class_device("block", "nvme0n1p2", VX_BDF);
	fake_text("/proc/mounts", "/dev/nvme0n1p22 /x ext4 rw 0 0\n/dev/nvme0n1p2 / ext4 rw 0 0\n");
	used("/dev/nvme0n1p2 is mounted: \"umount /dev/nvme0n1p2\"");
}

Test(in_use, swap_space)
{
	fake_class_device("block", "nvme0n1", VX_BDF);
	fake_text("/proc/swaps", "Filename\tType\tSize\n/dev/nvme0n1\tpartition\t1024\n");
	used("/dev/nvme0n1 is swap space: \"swapoff /dev/nvme0n1\"");
}

Test(in_use, a_part_of_an_array)
{
	fake_class_device("block", "nvme0n1", VX_BDF);
	fake_class_device("block/nvme0n1/holders", "dm-0", VX_BDF);
	used("/dev/nvme0n1 is part of dm-0: take it out of it");
}

/* ZFS, or a mount under another name. */
Test(in_use, a_claim_of_the_kernel)
{
	fake_class_device("block", "nvme0n1", VX_BDF);
	fake_text("/dev/nvme0n1", "claimed");
	used("/dev/nvme0n1 is claimed, by a file system or the like: free it");
}

/* With several controllers the disk hangs below its subsystem. */
Test(in_use, a_disk_with_several_paths)
{
	fake_class_link("block/nvme0n1p1",
			"../../devices/virtual/nvme-subsystem/nvme-subsys3/nvme0n1/nvme0n1p1");
	fake_class_device("nvme-subsystem/nvme-subsys3", "nvme7", "0000:00:01.0");
	fake_text("/proc/mounts", "/dev/nvme0n1p1 / ext4 rw 0 0\n");
	free_to_take();
	fake_class_device("nvme-subsystem/nvme-subsys3", "nvme1", VX_BDF);
	used("/dev/nvme0n1p1 is mounted: \"umount /dev/nvme0n1p1\"");
}

Test(in_use, a_disk_whose_controllers_cannot_be_seen)
{
	fake_class_link("block/nvme0n1",
			"../../devices/virtual/nvme-subsystem/nvme-subsys3/nvme0n1");
	fake_text("/proc/mounts", "/dev/nvme0n1 /srv ext4 rw 0 0\n");
	free_to_take(); /* there is no such subsystem */
	fake_fail_all("list /sys/class/nvme-subsystem/nvme-subsys3", -EIO);
	used("/dev/nvme0n1 is mounted: \"umount /dev/nvme0n1\"");
}

Test(in_use, disks_of_others)
{
	fake_class_device("block", "sda", "0000:00:01.0");
	fake_class_link("block/loop0", "../../devices/virtual/block/loop0");
	fake_text("/proc/mounts", "/dev/sda / ext4 rw 0 0\n/dev/loop0 /x ext4 rw 0 0\n"
				  "/dev/nvme0n1 /y ext4 rw 0 0\n");
	fake_text("/dev/sda", "claimed");
	free_to_take();
}

/* ---- network ---- */

#define HEAD "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
#define ROUTE(dev, dest, mask) dev "\t" dest "\t0102A8C0\t0003\t0\t0\t0\t" mask "\t0\t0\t0\n"
#define NULLS "00000000000000000000000000000000"
#define ROUTE6(dest, len, flags, dev)                                                              \
	dest " " len " " NULLS " 00 " NULLS " 00000400 00000001 00000000 " flags " " dev "\n"

Test(in_use, the_default_route)
{
	fake_class_device("net", "eth0", VX_BDF);
	fake_text("/proc/net/route",
		  HEAD ROUTE("eth1", "00000000", "00000000") ROUTE("lo", "00007F", "000000FF"));
	free_to_take();
	fake_text("/proc/net/route",
		  HEAD ROUTE("eth1", "00000000", "00000000") ROUTE("eth0", "00000000", "00000000"));
	used("eth0 carries the default route: \"ip link set eth0 down\"");
}

Test(in_use, half_of_all_addresses_is_no_default_route)
{
	fake_class_device("net", "eth0", VX_BDF);
	fake_text("/proc/net/route", HEAD ROUTE("eth0", "00000000", "00000080"));
	used("eth0 is up with an address or a route: \"ip link set eth0 down\"");
}

/* A storage network: no default route, but addresses, and what is mounted over them. */
Test(in_use, an_address)
{
	fake_class_device("net", "eth0", VX_BDF);
	fake_text("/proc/net/route", HEAD ROUTE("eth0", "00A8C0", "00FFFFFF"));
	used("eth0 is up with an address or a route: \"ip link set eth0 down\"");
	fake_text("/proc/net/route", HEAD);
	fake_text("/proc/net/ipv6_route",
		  ROUTE6("fe800000000000000000000000000000", "40", "00000001", "    eth0")
			  ROUTE6("ff000000000000000000000000000000", "08", "00000001", "    eth0"));
	free_to_take(); /* these come with the link */
	fake_text("/proc/net/ipv6_route",
		  ROUTE6("20010db8000000000000000000000001", "80", "80200001", "    eth0"));
	used("eth0 is up with an address or a route: \"ip link set eth0 down\"");
}

Test(in_use, the_default_route_of_ipv6)
{
	fake_class_device("net", "eth0", VX_BDF);
	fake_text("/proc/net/ipv6_route", ROUTE6(NULLS, "00", "00200200", "      lo")
						  ROUTE6(NULLS, "00", "00200200", "    eth0"));
	free_to_take(); /* what is unreachable there is no route */
	fake_text("/proc/net/ipv6_route", ROUTE6(NULLS, "00", "00000003", "    eth0"));
	used("eth0 carries the default route: \"ip link set eth0 down\"");
}

Test(in_use, a_port_of_a_bridge)
{
	fake_class_device("net", "eth0", VX_BDF);
	fake_class_device("net/eth0", "upper_br0", VX_BDF);
	used("eth0 is part of br0: \"ip link set eth0 nomaster\"");
}

/* ---- virtual functions, the console ---- */

#define SYSFS "/sys/bus/pci/devices/" VX_BDF

Test(in_use, a_function_with_virtual_ones)
{
	fake_text(SYSFS "/sriov_numvfs", "0\n");
	free_to_take();
	fake_text(SYSFS "/sriov_numvfs", "4\n");
	used("it has 4 virtual functions: \"echo 0 > " SYSFS "/sriov_numvfs\"");
}

#define CONSOLE "/sys/class/vtconsole/vtcon1"

static void console(const char *name, const char *bind)
{
	fake_text(CONSOLE "/name", name);
	fake_text(CONSOLE "/bind", bind);
}

Test(in_use, the_frame_buffer_of_the_console)
{
	fake_class_link("vtconsole/vtcon0", "../../devices/virtual/vtconsole/vtcon0");
	fake_class_link("vtconsole/vtcon1", "../../devices/virtual/vtconsole/vtcon1");
	fake_text("/sys/class/vtconsole/vtcon0/name", "(S) dummy device\n");
	fake_text("/sys/class/vtconsole/vtcon0/bind", "1\n");
	console("(M) frame buffer device\n", "1\n");
	free_to_take(); /* another's */
	fake_class_device("graphics", "fb0", VX_BDF);
	used("it shows the host's console: \"echo 0 > " CONSOLE "/bind\"");
	console("(M) frame buffer device\n", "0\n");
	free_to_take();
}

Test(in_use, the_vga_that_firmware_began_with)
{
	fake_class_link("vtconsole/vtcon1", "../../devices/virtual/vtconsole/vtcon1");
	fake_class_device("graphics", "fb0", VX_BDF);
	console("(S) VGA+\n", "1\n");
	fake_text(SYSFS "/boot_vga", "0\n");
	free_to_take();
	fake_text(SYSFS "/boot_vga", "1\n");
	used("it shows the host's console: \"echo 0 > " CONSOLE "/bind\"");
}
