/* SPDX-License-Identifier: BSD-2-Clause */
/* pe.c, window.c, eeh.c: one group from its container to its windows, and all the way back. */
#include "tests/unit/vfio/fixture.h"

#define LIOBN 0x80000000u

static struct fake_hostdev *dev;

static void setup(void)
{
	vx_setup();
	dev = fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "vfio-pci");
}

TestSuite(pe, .init = setup, .timeout = 60);

Test(pe, the_default_window_is_linked_to_kvm)
{
	struct dma_window *w;

	vx_open(INTC_XICS);
	cr_assert(eq(int, vx_open_pe(true), 0), "%s", said_all());
	w = pe_dma_find(&vx.pe.phb->pe, LIOBN);
	cr_assert(eq(u64, w->npages, 1 * GiB / 4096));
	cr_assert(eq(long, fake_kvm_put_tce(LIOBN, 0x2000, 0x30003), H_SUCCESS));
	cr_assert(eq(u64, w->tces[2], 0x30003));
	cr_assert(eq(ptr, fake_dma(VX_GROUP, 0x2000, true), (uint8_t *)vx.ram + 0x30000));
	cr_assert(ge(int, fake_at("GROUP_ADD 26"), fake_at("VFIO_IOMMU_SPAPR_TCE_CREATE")));
	cr_assert(eq(int, fake_at("SET_SPAPR_TCE 26"), fake_at("GROUP_ADD 26") + 1));
	vx_close();
	VX_NOTHING_LEFT();
}

Test(pe, teardown_is_in_the_order_that_the_kernel_asks_for)
{
	struct dma_window *w;

	vx_open(INTC_XICS);
	vx_function(dev);
	cr_assert(eq(int, pe_dma_create(&vx.pe.phb->pe, &vx.mem, 16, 24, &w), 0), "%s", said_all());
	cr_assert(eq(int, fake_windows(), 2));
	cr_assert(eq(int, fake_kvm_tables(), 2));
	vx_close();
	cr_assert(lt(int, fake_at("munmap device " VX_BDF), fake_at("close device " VX_BDF)));
	cr_assert(lt(int, fake_at("GROUP_DEL 26 = 0"), fake_at("close device " VX_BDF)));
	cr_assert(lt(int, fake_last_at("close tce-table 0x80000001"),
		     fake_at("VFIO_IOMMU_SPAPR_TCE_REMOVE container 0 0x800000000000000 = 0")));
	cr_assert(lt(int, fake_last_at("VFIO_IOMMU_SPAPR_TCE_REMOVE"),
		     fake_at("VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY container 0 = 0")));
	cr_assert(lt(int, fake_at("VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY container 0 = 0"),
		     fake_at("close device " VX_BDF)));
	cr_assert(lt(int, fake_at("close device " VX_BDF),
		     fake_at("VFIO_GROUP_UNSET_CONTAINER group 26 = 0")));
	cr_assert(lt(int, fake_at("VFIO_GROUP_UNSET_CONTAINER group 26 = 0"),
		     fake_at("close group 26")));
	cr_assert(lt(int, fake_at("close group 26"), fake_at("close container 0")));
	cr_assert(lt(int, fake_at("close container 0"), fake_at("close kvm-vfio")));
	VX_NOTHING_LEFT();
}

/* The unbind goes on as soon as the last descriptor is closed, on another CPU. */
Test(pe, an_unbind_finds_nothing_left_of_the_container)
{
	vx_open(INTC_XICS);
	vx_function(dev);
	cr_assert(fake_request_device(dev));
	vx_close();
	cr_assert(not(said("does not leave")), "%s", said_all());
	cr_assert(gt(int, fake_at("VFIO_GROUP_UNSET_CONTAINER group 26 = -22"), 0));
	VX_NOTHING_LEFT();
}

Test(pe, nor_does_the_unbind_of_a_function_that_cannot_be_opened)
{
	vx_open(INTC_XICS);
	cr_assert(eq(int, vx_open_pe(true), 0), "%s", said_all());
	memset(dev->config, 0xff, 2); /* the device does not answer */
	dev->wanted = true;
	cr_assert(eq(int, vfio_pe_add_func(&vx.pe, VX_BDF, 0, VFIO_RESET_AUTO), -ENXIO));
	vx_close();
	cr_assert(not(said("does not leave")), "%s", said_all());
	VX_NOTHING_LEFT();
}

Test(pe, live_mappings_of_the_guest_do_not_hold_its_memory)
{
	vx_open(INTC_XICS);
	cr_assert(eq(int, vx_open_pe(true), 0));
	for (uint64_t i = 0; i < 64; i++)
		cr_assert(eq(long, fake_kvm_put_tce(LIOBN, i << 12, i << 12 | 3), H_SUCCESS));
	cr_assert(eq(u64, fake_live_tces(), 64));
	vx_close();
	cr_assert(eq(int, said("still mapped"), 0), "%s", said_all());
	VX_NOTHING_LEFT();
}

/* ---- without KVM ---- */

struct slow_case {
	char fails[40];
	int err;
	bool no_device;
	int added; /* times the group was added to KVM */
};

ParameterizedTestParameters(pe, tce_calls_come_to_us_where_kvm_serves_none)
{
	static struct slow_case cases[] = {
		{ "", 0, true, 0 },
		{ "KVM_CREATE_SPAPR_TCE_64 vm", -ENOMEM, false, 0 },
		{ "KVM_CREATE_SPAPR_TCE_64 vm", -EBUSY, false, 0 },
		{ "GROUP_ADD 26", -ENOMEM, false, 1 },
		{ "SET_SPAPR_TCE 26", -EINVAL, false, 1 },
		{ "mmap tce-table", -ENOMEM, false, 0 },
	};

	return cr_make_param_array(struct slow_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct slow_case *p, pe, tce_calls_come_to_us_where_kvm_serves_none)
{
	struct dma_window *w;
	uint64_t tce = 0x40003;

	vx_open(INTC_XICS);
	if (p->no_device) {
		sys_close(vx.env.kvm_vfio_fd);
		vx.env.kvm_vfio_fd = -1;
	} else {
		fake_fail_all(p->fails, p->err);
	}
	cr_assert(eq(int, vx_open_pe(true), 0), "%s", said_all());
	cr_assert(eq(int, said_errors(), 0), "%s", said_all());
	cr_assert(eq(int, said("KVM serves no TCE calls for it: "), !p->no_device));
	cr_assert(eq(int, fake_count("GROUP_ADD 26"), p->added));
	fake_fail_all(NULL, 0);
	w = pe_dma_find(&vx.pe.phb->pe, LIOBN);
	cr_assert(eq(long, fake_kvm_put_tce(LIOBN, 0, tce), FAKE_TOO_HARD));
	cr_assert(eq(long, hcall_dispatch(&vx.sp, H_PUT_TCE, (uint64_t[9]){ LIOBN, 0x5000, tce }),
		     H_SUCCESS));
	cr_assert(eq(u64, w->tces[5], tce));
	cr_assert(eq(ptr, fake_dma(VX_GROUP, 0x5000, false), (uint8_t *)vx.ram + 0x40000));
	vx_close();
	VX_NOTHING_LEFT();
}

/* KVM warns at the end of a group that it knows without a link. */
Test(pe, a_link_that_fails_takes_the_group_out_of_kvm_at_once)
{
	struct dma_window *w;

	vx_open(INTC_XICS);
	fake_fail_all("SET_SPAPR_TCE 26", -ENOMEM);
	cr_assert(eq(int, vx_open_pe(true), 0), "%s", said_all());
	fake_fail_all(NULL, 0);
	cr_assert(eq(int, fake_at("GROUP_DEL 26"), fake_at("SET_SPAPR_TCE 26") + 1));
	cr_assert(not(vx.pe.in_kvm));
	/* The next window may have better luck; from then on the group stays, whatever fails. */
	cr_assert(eq(int, pe_dma_create(&vx.pe.phb->pe, &vx.mem, 16, 25, &w), 0), "%s", said_all());
	cr_assert(eq(int, fake_count("GROUP_ADD 26"), 2));
	cr_assert(eq(int, pe_dma_reset(&vx.pe.phb->pe), 0));
	fake_fail_all("SET_SPAPR_TCE 26", -ENOMEM);
	cr_assert(eq(int, pe_dma_create(&vx.pe.phb->pe, &vx.mem, 16, 25, &w), 0), "%s", said_all());
	fake_fail_all(NULL, 0);
	cr_assert(eq(int, fake_count("GROUP_DEL 26"), 1));
	vx_close();
	VX_NOTHING_LEFT();
}

/* ---- failures ---- */

struct fail_case {
	char call[48];
	int err;
	char said[112];
};

ParameterizedTestParameters(pe, each_failure_is_one_line)
{
	static struct fail_case cases[] = {
		{ "VFIO_IOMMU_SPAPR_REGISTER_MEMORY", -ENOMEM,
		  "group 26: registering guest RAM: the host is short of memory: lower "
		  "machine.memory" },
		{ "VFIO_IOMMU_SPAPR_REGISTER_MEMORY", -EFAULT,
		  "group 26: registering guest RAM: its pages cannot be pinned: choose another" },
		{ "VFIO_IOMMU_SPAPR_REGISTER_MEMORY", -EINVAL,
		  "group 26: registering guest RAM: it overlaps a registration of" },
		{ "VFIO_IOMMU_SPAPR_REGISTER_MEMORY", -EPERM,
		  "group 26: registering guest RAM: the container belongs to another" },
		{ "VFIO_IOMMU_SPAPR_TCE_CREATE", -ENOMEM,
		  "its 32-bit DMA window of 1024 MiB: no memory for its table: raise the limit "
		  "on" },
		{ "VFIO_IOMMU_SPAPR_TCE_CREATE", -EINVAL,
		  "1024 MiB: the host's IOMMU has no window of this size with such pages" },
		{ "VFIO_IOMMU_SPAPR_TCE_CREATE", -EPERM,
		  "1024 MiB: VFIO was set up in another process, or firmware status -1" },
		{ "VFIO_IOMMU_SPAPR_TCE_CREATE", -ENOSPC, "1024 MiB: the host has no window left" },
		{ "VFIO_IOMMU_SPAPR_TCE_CREATE", -EBADF, "1024 MiB: firmware status -9" },
		{ "VFIO_IOMMU_SPAPR_TCE_CREATE", -ESRCH,
		  "group 26: its 32-bit DMA window of 1024 MiB: firmware status -3" },
		{ "VFIO_IOMMU_SPAPR_TCE_GET_INFO", -ENXIO,
		  VX_BDF ": SPAPR TCE v2: No such device or" },
		{ "VFIO_SET_IOMMU", -EINVAL,
		  VX_BDF ": its PCI host bridge has no dynamic DMA windows" },
		{ "VFIO_GROUP_SET_CONTAINER", -EPERM, "group 26 cannot join a container" },
		{ "open /dev/vfio/26", -EACCES, "give this user the right" },
		{ "open /dev/vfio/vfio", -EACCES,
		  "/dev/vfio/vfio: Permission denied: \"chmod a+rw" },
	};

	return cr_make_param_array(struct fail_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct fail_case *p, pe, each_failure_is_one_line)
{
	vx_open(INTC_XICS);
	fake_fail_all(p->call, p->err);
	cr_assert(lt(int, vx_open_pe(true), 0));
	cr_assert(said(p->said), "%s", said_all());
	cr_assert(eq(int, said_errors(), 1), "%s", said_all());
	cr_assert(eq(int, said_lines(), 1), "%s", said_all());
	fake_fail_all(NULL, 0);
	vx_close();
	VX_NOTHING_LEFT();
}

Test(pe, a_limit_that_is_met_late_is_told_with_numbers)
{
	vx_open(INTC_XICS);
	vx.env.need = vfio_memlock_need(VX_RAM, 1, 1 * GiB, true, 64 * KiB);
	fake_set_memlock(VX_RAM - 1);
	cr_assert(eq(int, vx_open_pe(true), -ENOMEM));
	cr_assert(said("vfio group 26: locked memory: "), "%s", said_all());
	cr_assert(eq(int, said_lines(), 1), "%s", said_all());
	vx_close();
	VX_NOTHING_LEFT();
}

Test(pe, a_refusal_of_the_outer_hypervisor)
{
	fake_host(FAKE_L1);
	fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "vfio-pci");
	vx_open(INTC_XICS);
	fake_fail_all("VFIO_IOMMU_SPAPR_TCE_CREATE", -ENODEV);
	cr_assert(eq(int, vx_open_pe(true), -ENODEV));
	cr_assert(said("1024 MiB: the outer hypervisor refused it, and will until"), "%s",
		  said_all());
	cr_assert(eq(int, said_lines(), 1), "%s", said_all());
	fake_fail_all(NULL, 0);
	vx_close();
	VX_NOTHING_LEFT();
}

Test(pe, every_call_that_fails_is_undone)
{
	unsigned int n = 0;
	int r;

	do {
		vx_open(INTC_XICS);
		fake_fail_nth(++n, -EIO);
		r = vx_open_pe(true);
		if (r == 0)
			r = vfio_pe_add_func(&vx.pe, VX_BDF, 0, VFIO_RESET_AUTO);
		cr_assert(eq(int, r < 0, said_errors() > 0), "call %u, %s: %s", n,
			  fake_failed_call(), said_all());
		cr_assert(le(int, said_errors(), 1), "call %u, %s: %s", n, fake_failed_call(),
			  said_all());
		vx_close();
		VX_NOTHING_LEFT();
	} while (fake_has_failed());
	cr_assert(gt(uint, n, 40u), "so few calls?");
}

Test(pe, memory_that_stays_mapped_is_said_and_goes_with_the_container)
{
	vx_open(INTC_XICS);
	cr_assert(eq(int, vx_open_pe(true), 0));
	fake_fail_all("VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY", -EBUSY);
	vx_close();
	cr_assert(
		said("group 26: unregistering guest RAM: Device or resource busy: the host counts 32 MiB of it"),
		"%s", said_all());
	VX_NOTHING_LEFT();
}

/* ---- error recovery ---- */

Test(pe, eeh_is_offered_where_the_host_has_it)
{
	const struct eeh_ops *eeh;

	vx_open(INTC_XICS);
	cr_assert(eq(int, vx_open_pe(true), 0));
	eeh = vx.pe.phb->pe.eeh;
	cr_assert(ne(ptr, pointer(eeh), NULL));
	fake_vfio.eeh_state = 4;
	cr_assert(eq(int, eeh->read_state(&vx.pe), 4));
	cr_assert(eq(int, eeh->reset(&vx.pe, 1), 0));
	cr_assert(eq(int, fake_count("VFIO_EEH_PE_OP container 0 6"), 1));
	cr_assert(eq(int, eeh->reset(&vx.pe, 3), 0));
	cr_assert(eq(int, eeh->reset(&vx.pe, 0), 0));
	cr_assert(eq(int, eeh->reset(&vx.pe, 2), -EINVAL));
	cr_assert(eq(int, eeh->set_option(&vx.pe, 3), 0));
	cr_assert(eq(int, fake_count("VFIO_EEH_PE_OP container 0 3"), 1));
	cr_assert(eq(int, eeh->set_option(&vx.pe, 4), -EINVAL));
	fake_vfio.eeh_err = -EIO;
	cr_assert(eq(int, eeh->configure(&vx.pe), -EIO));
	vx_close();
	VX_NOTHING_LEFT();
}

/* Left so, the host's driver finds a device that does not answer until the host reboots. */
Test(pe, a_device_that_the_guest_held_in_reset_is_released)
{
	struct fake_hostdev *d;
	unsigned int resets;

	vx_open(INTC_XICS);
	d = fake_hostdev_find(VX_BDF);
	cr_assert(eq(int, vx_open_pe(true), 0));
	cr_assert(eq(int, vfio_pe_add_func(&vx.pe, VX_BDF, 0, VFIO_RESET_AUTO), 0), "%s",
		  said_all());
	cr_assert(eq(int, vx.pe.phb->pe.eeh->reset(&vx.pe, 1), 0));
	vx.pe.phb->pe.eeh_held = true; /* as the RTAS call notes */
	cr_assert(fake_vfio.eeh_held);
	resets = d->resets;
	vfio_pe_stop_functions(&vx.pe);
	cr_assert(not(fake_vfio.eeh_held));
	cr_assert(gt(uint, d->resets, resets), "the reset at the end works");
	vx_close();
	VX_NOTHING_LEFT();
}

/* Killed while its guest held the PE: the host keeps it so. */
Test(pe, a_device_that_a_killed_user_held_in_reset_is_released)
{
	vx_open(INTC_XICS);
	fake_vfio.eeh_held = true;
	cr_assert(eq(int, vx_open_pe(true), 0), "%s", said_all());
	cr_assert(not(fake_vfio.eeh_held));
	cr_assert(said("info: vfio " VX_BDF
		       ": a program that was killed had left it in reset: released"),
		  "%s", said_all());
	cr_assert(eq(int, vfio_pe_add_func(&vx.pe, VX_BDF, 0, VFIO_RESET_AUTO), 0), "%s",
		  said_all());
	cr_assert(lt(int, fake_at("VFIO_EEH_PE_OP container 0 5"),
		     fake_at("VFIO_GROUP_GET_DEVICE_FD")));
	vx_close();
	VX_NOTHING_LEFT();
}

Test(pe, a_device_whose_bars_the_host_lost_is_refused)
{
	vx_open(INTC_XICS);
	fake_vfio.eeh_held = fake_vfio.eeh_loses_bars = true;
	for (int i = 0; i < 2; i++) { /* the second time it is not held any more */
		cr_assert(eq(int, vx_open_pe(true), -ENXIO));
		cr_assert(said("the host lost its BARs: \"echo 1 > /sys/bus/pci/devices/" VX_BDF
			       "/remove"),
			  "%s", said_all());
		cr_assert(eq(int, said_lines(), 1), "%s", said_all());
		vx_close_pe();
		said_forget();
	}
	vx_close();
	VX_NOTHING_LEFT();
}

Test(pe, a_device_that_does_not_answer_is_refused)
{
	struct fake_hostdev *d;

	vx_open(INTC_XICS);
	d = fake_hostdev_find(VX_BDF);
	memset(d->config, 0xff, sizeof(d->config));
	cr_assert(eq(int, vx_open_pe(true), -ENXIO));
	cr_assert(said(VX_BDF ": the device does not answer: reset it"), "%s", said_all());
	cr_assert(eq(uint, d->opens, 0u), "opening it waits a minute for it");
	cr_assert(eq(int, said_lines(), 1), "%s", said_all());
	vx_close();
	VX_NOTHING_LEFT();
}

Test(pe, a_device_that_stops_answering_meanwhile_is_refused)
{
	struct fake_hostdev *d;

	vx_open(INTC_XICS);
	d = fake_hostdev_find(VX_BDF);
	cr_assert(eq(int, vx_open_pe(true), 0));
	memset(d->config, 0xff, sizeof(d->config));
	cr_assert(eq(int, vfio_pe_add_func(&vx.pe, VX_BDF, 0, VFIO_RESET_AUTO), -ENXIO));
	cr_assert(said(VX_BDF ": the device does not answer: reset it"), "%s", said_all());
	vx_close();
	VX_NOTHING_LEFT();
}

Test(pe, eeh_is_not_offered_where_it_does_not_work)
{
	vx_open(INTC_XICS);
	fake_vfio.eeh_err = -ENODEV;
	cr_assert(eq(int, vx_open_pe(true), 0), "%s", said_all());
	cr_assert(eq(ptr, pointer(vx.pe.phb->pe.eeh), NULL));
	vx_close();
	fake_vfio.eeh = false;
	vx_open(INTC_XICS);
	cr_assert(eq(int, vx_open_pe(true), 0), "%s", said_all());
	cr_assert(eq(ptr, pointer(vx.pe.phb->pe.eeh), NULL));
	vx_close();
	VX_NOTHING_LEFT();
}
