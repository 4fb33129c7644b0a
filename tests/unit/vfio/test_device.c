/* SPDX-License-Identifier: BSD-2-Clause */
/* device.c and device_irq.c: regions and what may be mapped of them, reset, interrupts. */
#include "tests/unit/vfio/fixture.h"

static struct fake_hostdev *dev;
static struct vfio_container ct;
static struct vfio_group group;
static struct vfio_device d;

static void start(enum fake_hostdev_kind kind)
{
	dev = fake_hostdev_new(kind, VX_BDF, VX_GROUP, "vfio-pci");
	cr_assert(eq(int, vx_container_open(&ct), 0));
	cr_assert(eq(int, vx_group_open(&group, &ct, VX_GROUP, VX_BDF), 0));
	cr_assert(eq(int, vx_container_start(&ct, VX_BDF), 0));
}

static void stop(void)
{
	vfio_device_close(&d);
	vfio_group_close(&group);
	vfio_container_close(&ct);
	VX_NOTHING_LEFT();
}

TestSuite(device, .init = vx_setup, .timeout = 20);

Test(device, regions_are_read_with_their_rights)
{
	start(FAKE_E1000E);
	cr_assert(eq(int, vfio_device_open(&d, &group, VX_BDF, VFIO_RESET_AUTO), 0), "%s",
		  said_all());
	cr_assert(eq(u64, d.regions[0].size, 128 * KiB));
	cr_assert(d.regions[0].mappable && d.regions[0].readable && d.regions[0].writable);
	cr_assert(eq(u32, d.regions[0].nareas, 1));
	cr_assert(eq(u64, d.regions[0].areas[0].size, 128 * KiB));
	cr_assert(eq(int, d.regions[2].mappable, 0)); /* I/O */
	cr_assert(eq(u64, d.regions[2].size, 32));
	cr_assert(eq(u64, d.regions[3].areas[0].size, 64 * KiB)); /* 16K, and its host page alone */
	cr_assert(d.regions[3].msix_mappable);
	cr_assert(eq(u64, d.regions[VFIO_PCI_ROM_REGION_INDEX].size, 256 * KiB));
	cr_assert(eq(int, d.regions[VFIO_PCI_ROM_REGION_INDEX].writable, 0));
	cr_assert(eq(u64, d.regions[VFIO_PCI_CONFIG_REGION_INDEX].size, 4096));
	cr_assert(eq(u64, d.regions[VFIO_PCI_VGA_REGION_INDEX].size, 0));
	cr_assert(eq(u32, d.irq_count[VFIO_PCI_INTX_IRQ_INDEX], 1));
	cr_assert(eq(u32, d.irq_count[VFIO_PCI_MSI_IRQ_INDEX], 1));
	cr_assert(eq(u32, d.irq_count[VFIO_PCI_MSIX_IRQ_INDEX], 5));
	cr_assert(d.can_reset);
	stop();
}

Test(device, sparse_areas_of_whole_pages_are_honoured)
{
	start(FAKE_NVME);
	dev->bars[0].size = 1 * MiB;
	dev->bars[0].nsparse = 3;
	dev->bars[0].sparse[0].size = 64 * KiB;
	dev->bars[0].sparse[1].offset = 128 * KiB;
	dev->bars[0].sparse[1].size = 4 * KiB; /* no page of this host */
	dev->bars[0].sparse[2].offset = 256 * KiB;
	dev->bars[0].sparse[2].size = 512 * KiB;
	cr_assert(eq(int, vfio_device_open(&d, &group, VX_BDF, VFIO_RESET_AUTO), 0), "%s",
		  said_all());
	cr_assert(eq(u32, d.regions[0].nareas, 2));
	cr_assert(eq(u64, d.regions[0].areas[1].offset, 256 * KiB));
	cr_assert(eq(u64, d.regions[0].areas[1].size, 512 * KiB));
	cr_assert(d.regions[0].msix_mappable); /* the second capability of the chain */
	cr_assert(eq(int, vfio_device_map_area(&d, 0, 1), 0));
	memset(d.regions[0].areas[1].host, 0x5a, 16);
	vfio_device_write(&d, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	cr_assert(eq(u64, vfio_device_read(&d, 0, 256 * KiB, 8), 0x5a5a5a5a5a5a5a5a));
	stop();
}

/* As KVM wants it for large pages: the guest sees the BAR at a multiple of its size. */
Test(device, areas_of_a_large_bar_lie_as_the_guest_will_see_them)
{
	start(FAKE_NVME);
	dev->bars[0].size = 1 * GiB;
	dev->bars[0].nsparse = 2;
	dev->bars[0].sparse[0].size = 64 * KiB;
	dev->bars[0].sparse[1].offset = 128 * KiB; /* behind the MSI-X table */
	dev->bars[0].sparse[1].size = 1 * GiB - 128 * KiB;
	cr_assert(eq(int, vfio_device_open(&d, &group, VX_BDF, VFIO_RESET_AUTO), 0), "%s",
		  said_all());
	for (uint32_t i = 0; i < 2; i++) {
		const struct vfio_area *a = &d.regions[0].areas[i];

		cr_assert(eq(int, vfio_device_map_area(&d, 0, i), 0));
		cr_assert(eq(u64, (uintptr_t)a->host % GiB, a->offset));
	}
	stop();
}

Test(device, a_mapping_keeps_the_group_until_it_goes)
{
	start(FAKE_NVME);
	cr_assert(eq(int, vfio_device_open(&d, &group, VX_BDF, VFIO_RESET_AUTO), 0));
	cr_assert(eq(int, vfio_device_map_area(&d, 0, 0), 0));
	sys_close(d.fd);
	d.fd = -1;
	cr_assert(eq(int, sys_ioctl(group.fd, VFIO_GROUP_UNSET_CONTAINER, NULL), -EBUSY));
	stop();
}

Test(device, accesses_outside_a_region_never_leave_us)
{
	int before;

	start(FAKE_NVME);
	cr_assert(eq(int, vfio_device_open(&d, &group, VX_BDF, VFIO_RESET_AUTO), 0));
	vfio_device_write(&d, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	vfio_device_write(&d, 0, 0x100, 4, 0x11223344);
	cr_assert(eq(u64, vfio_device_read(&d, 0, 0x100, 4), 0x11223344));
	cr_assert(eq(u64, vfio_device_read(&d, 0, 0x102, 1), 0x22));
	before = fake_count("pread") + fake_count("pwrite");
	cr_assert(eq(u64, vfio_device_read(&d, 0, 16 * KiB - 1, 2), 0xffff));
	cr_assert(eq(u64, vfio_device_read(&d, 0, UINT64_MAX, 8), UINT64_MAX));
	cr_assert(eq(u64, vfio_device_read(&d, 1, 0, 1), 0xff)); /* no such BAR */
	vfio_device_write(&d, 0, 16 * KiB, 1, 0);
	cr_assert(eq(int, fake_count("pread") + fake_count("pwrite"), before));
	stop();
}

Test(device, a_device_that_stopped_answering_reads_all_ones)
{
	start(FAKE_NVME);
	cr_assert(eq(int, vfio_device_open(&d, &group, VX_BDF, VFIO_RESET_AUTO), 0));
	cr_assert(eq(u64, vfio_device_read(&d, 0, 0, 4), UINT32_MAX)); /* decode is off: EIO */
	vfio_device_write(&d, 0, 0, 4, 1);
	cr_assert(said("a write of 4 bytes at 0x0 of region 0 was refused"), "%s", said_all());
	stop();
}

Test(device, opening_resets_by_function_or_by_bus)
{
	start(FAKE_NVME);
	cr_assert(eq(int, vfio_device_open(&d, &group, VX_BDF, VFIO_RESET_AUTO), 0));
	cr_assert(eq(uint, dev->resets, 1)); /* by the kernel, which has waited for it */
	cr_assert(eq(int, fake_count("VFIO_DEVICE_RESET device " VX_BDF " = 0"), 0));
	vfio_device_close(&d);
	dev->flr = false;
	dev->hot_reset = 0;
	cr_assert(eq(int, vfio_device_open(&d, &group, VX_BDF, VFIO_RESET_AUTO), 0));
	cr_assert(eq(int, fake_count("VFIO_DEVICE_PCI_HOT_RESET device " VX_BDF " = 0"), 1));
	cr_assert(said("info: vfio " VX_BDF ": reset with all that is below its port"), "%s",
		  said_all());
	cr_assert(eq(int, said_lines(), 1), "%s", said_all());
	vfio_device_close(&d);
	dev->hot_reset = -EPERM; /* the bus holds what is not ours */
	cr_assert(eq(int, vfio_device_open(&d, &group, VX_BDF, VFIO_RESET_AUTO), 0));
	cr_assert(said(VX_BDF ": cannot be reset: the guest finds it as the last user left it"));
	cr_assert(eq(int, vfio_device_reset(&d), -ENOTSUP));
	stop();
}

#define HOT "VFIO_DEVICE_PCI_HOT_RESET device " VX_BDF " = 0"
#define OWN "VFIO_DEVICE_RESET device " VX_BDF " = 0"
#define METHOD "/sys/bus/pci/devices/" VX_BDF "/reset_method"

struct reset_case {
	const char method[24];
	enum vfio_reset how;
	bool flr;
	int hot, own; /* calls for an opening and a reset after it */
	bool says;
};

ParameterizedTestParameters(device, a_reset_is_as_it_was_chosen)
{
	static struct reset_case cases[] = {
		{ "flr bus\n", VFIO_RESET_AUTO, true, 0, 1, false },
		{ "", VFIO_RESET_AUTO, true, 0, 1, false }, /* Linux before 5.15 names none */
		{ "pm bus\n", VFIO_RESET_AUTO, true, 0, 1, false }, /* "bus" is the user's choice */
		{ "\n", VFIO_RESET_AUTO, false, 2, 0, true },
		{ "flr bus\n", VFIO_RESET_BUS, true, 2, 0, true },
		{ "flr bus\n", VFIO_RESET_FUNCTION, true, 0, 1, false },
		{ "pm\n", VFIO_RESET_FUNCTION, true, 0, 1, false },
		{ "\n", VFIO_RESET_FUNCTION, false, 0, 0, true }, /* a warning */
		{ "flr bus\n", VFIO_RESET_NONE, true, 0, 0, false },
		{ "\n", VFIO_RESET_NONE, false, 0, 0, false },
	};

	return cr_make_param_array(struct reset_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct reset_case *p, device, a_reset_is_as_it_was_chosen)
{
	start(FAKE_NVME);
	dev->flr = p->flr;
	dev->hot_reset = 0;
	if (*p->method)
		fake_text(METHOD, p->method);
	cr_assert(eq(int, vfio_device_open(&d, &group, VX_BDF, p->how), 0), "%s", said_all());
	cr_assert(eq(int, vfio_device_reset(&d), p->hot + p->own ? 0 : -ENOTSUP));
	cr_assert(eq(int, fake_count(HOT), p->hot), "%s", p->method);
	cr_assert(eq(int, fake_count(OWN), p->own), "%s", p->method);
	cr_assert(eq(int, said_lines(), p->says), "%s", said_all());
	stop();
}

/* What else is below the port is another's, or the host's: the function's own reset has to do. */
Test(device, a_bus_with_others_is_not_reset)
{
	struct fake_hostdev *other = fake_hostdev_new(FAKE_E1000E, "0004:01:00.1", 27, "vfio-pci");

	start(FAKE_NVME);
	dev->hot_reset = 0;
	cr_assert(eq(int, vfio_device_open(&d, &group, VX_BDF, VFIO_RESET_AUTO), 0));
	cr_assert(eq(int, vfio_device_reset(&d), 0));
	cr_assert(eq(int, fake_count(OWN), 1));
	cr_assert(eq(int, said_lines(), 0), "%s", said_all());
	vfio_device_close(&d);
	cr_assert(eq(int, vfio_device_open(&d, &group, VX_BDF, VFIO_RESET_BUS), -EINVAL));
	cr_assert(said("vfio " VX_BDF ": resetting all that is below its port: Invalid "
		       "argument: bind all of that to vfio-pci, or choose reset = \"auto\""),
		  "%s", said_all());
	cr_assert(eq(int, said_lines(), 1));
	cr_assert(eq(int, d.fd, -1));
	other->group = VX_GROUP;
	cr_assert(eq(int, vfio_device_open(&d, &group, VX_BDF, VFIO_RESET_BUS), 0));
	cr_assert(eq(uint, other->resets, 1)); /* with it */
	stop();
}

Test(device, a_device_that_is_not_there_is_one_line)
{
	start(FAKE_NVME);
	cr_assert(eq(int, vfio_device_open(&d, &group, "0004:01:00.7", VFIO_RESET_AUTO), -ENODEV));
	cr_assert(said("0004:01:00.7: opening the device: No such device"), "%s", said_all());
	cr_assert(eq(int, said_lines(), 1));
	stop();
}

Test(device, every_call_of_opening_that_fails_is_undone)
{
	unsigned int n = 0;
	int r;

	start(FAKE_NVME);
	do {
		said_forget();
		fake_fail_nth(++n, -EIO);
		r = vfio_device_open(&d, &group, VX_BDF, VFIO_RESET_AUTO);
		cr_assert(eq(int, said_errors(), r < 0), "%s: %s", fake_failed_call(), said_all());
		if (r < 0)
			cr_assert(eq(int, d.fd, -1));
		vfio_device_close(&d);
		cr_assert(eq(int, fake_open_fds(), 2));
	} while (fake_has_failed());
	fake_fail_nth(0, 0);
	stop();
}

/* ---- interrupts ---- */

Test(device, the_kernel_takes_one_kind_at_a_time)
{
	int fds[5];

	start(FAKE_E1000E);
	cr_assert(eq(int, vfio_device_open(&d, &group, VX_BDF, VFIO_RESET_AUTO), 0));
	for (int i = 0; i < 5; i++)
		fds[i] = sys_eventfd();
	cr_assert(eq(int, vfio_device_set_irqs(&d, VFIO_PCI_INTX_IRQ_INDEX, fds, 1), 0));
	cr_assert(eq(int, vfio_device_set_irqs(&d, VFIO_PCI_MSIX_IRQ_INDEX, fds, 5), -EINVAL));
	cr_assert(eq(int, vfio_device_set_irqs(&d, VFIO_PCI_MSIX_IRQ_INDEX, NULL, 0), -EINVAL));
	cr_assert(eq(int, vfio_device_set_irqs(&d, VFIO_PCI_INTX_IRQ_INDEX, NULL, 0), 0));
	cr_assert(eq(int, vfio_device_unmask_intx(&d), -EINVAL));
	cr_assert(eq(int, vfio_device_set_irqs(&d, VFIO_PCI_MSIX_IRQ_INDEX, fds, 5), 0));
	cr_assert(fake_send_msi(dev, 4));
	cr_assert(eq(int, fake_send_msi(dev, 5), 0));
	cr_assert(eq(int, vfio_device_set_irqs(&d, VFIO_PCI_MSIX_IRQ_INDEX, NULL, 0), 0));
	cr_assert(eq(int, vfio_device_set_irqs(&d, VFIO_PCI_MSI_IRQ_INDEX, fds, 2), -EINVAL));
	cr_assert(eq(int, vfio_device_set_irqs(&d, VFIO_PCI_MSI_IRQ_INDEX, &d.fd, 1), -EINVAL));
	cr_assert(eq(int, vfio_device_set_irqs(&d, VFIO_PCI_MSI_IRQ_INDEX, (int[]){ 999 }, 1),
		     -EBADF));
	cr_assert(eq(int, fake_send_msi(dev, 0), 0));
	for (int i = 0; i < 5; i++)
		sys_close(fds[i]);
	stop();
}

Test(device, intx_is_masked_when_it_fires)
{
	int fd = sys_eventfd(), unmask = sys_eventfd();
	uint64_t n;

	start(FAKE_NVME);
	cr_assert(eq(int, vfio_device_open(&d, &group, VX_BDF, VFIO_RESET_AUTO), 0));
	cr_assert(eq(int, vfio_device_set_irqs(&d, VFIO_PCI_INTX_IRQ_INDEX, &fd, 1), 0));
	fake_set_intx(dev, true);
	fake_set_intx(dev, false);
	fake_set_intx(dev, true);
	cr_assert(eq(long, (long)sys_read(fd, &n, 8), 8));
	cr_assert(eq(u64, n, 1));
	cr_assert(eq(int, vfio_device_unmask_intx(&d), 0)); /* still up: at once again */
	cr_assert(eq(long, (long)sys_read(fd, &n, 8), 8));
	cr_assert(eq(int, vfio_device_unmask_intx_on(&d, unmask), 0));
	cr_assert(dev->masked);
	sys_close(fd);
	sys_close(unmask);
	stop();
}
