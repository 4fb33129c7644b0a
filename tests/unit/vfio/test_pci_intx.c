/* SPDX-License-Identifier: BSD-2-Clause */
/* pci_intx.c: a level interrupt, and the three ways to learn that the guest has served it. */
#include "tests/unit/vfio/fixture.h"

static struct fake_hostdev *dev;
static struct vfio_pci *v;

static void start(enum intc_kind kind, bool resample)
{
	fake_set_cap(KVM_CAP_IRQFD_RESAMPLE, resample);
	dev = fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "vfio-pci");
	vx_open(kind);
	v = vx_function(dev);
	vfio_pci_start(v);
	cr_assert(eq(int, dev->irqs, VFIO_PCI_INTX_IRQ_INDEX));
	said_forget();
}

static void stop(void)
{
	cr_assert(eq(int, said_lines(), 0), "%s", said_all());
	vx_close();
	VX_NOTHING_LEFT();
}

TestSuite(pci_intx, .init = vx_setup, .timeout = 30);

static bool pending(void)
{
	return fake_source_is_pending(v->func.intx_lisn);
}

/* Rounds of the I/O loop until @ms are over or the line is unmasked. */
static void run_loop(int ms)
{
	uint64_t end = sys_now_ns() + (uint64_t)ms * 1000000;

	while (dev->masked && sys_now_ns() < end)
		loop_run_once(&vx.loop, 1);
}

/* ---- KVM tells ---- */

Test(pci_intx, with_resampling_nothing_passes_through_us)
{
	int calls;

	start(INTC_XICS, true);
	calls = (int)fake_calls();
	fake_set_intx(dev, true);
	cr_assert(pending());
	cr_assert(dev->masked);
	fake_guest_eoi(v->func.intx_lisn); /* not served: the line is still up */
	cr_assert(pending());
	cr_assert(dev->masked);
	fake_set_intx(dev, false);
	fake_guest_eoi(v->func.intx_lisn);
	cr_assert(eq(int, pending(), 0));
	cr_assert(eq(int, dev->masked, 0));
	cr_assert(eq(int, loop_run_once(&vx.loop, 0), 0));
	cr_assert(eq(int, (int)fake_calls(), calls + 1)); /* that look at the loop */
	stop();
}

Test(pci_intx, resampling_that_fails_is_undone)
{
	struct fake_hostdev *other;

	start(INTC_XICS, true);
	other = fake_hostdev_new(FAKE_E1000E, "0004:01:00.1", VX_GROUP, "vfio-pci");
	cr_assert(eq(int, vfio_pe_add_func(&vx.pe, other->bdf, 1, VFIO_RESET_AUTO), 0));
	pci_func_config_write(&v->func, PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
	fake_fail_all("KVM_IRQFD vm", -ENOMEM);
	pci_func_config_write(&v->func, PCI_COMMAND, 2, 0);
	fake_fail_all(NULL, 0);
	cr_assert(said(VX_BDF ": INTx: Cannot allocate memory: its interrupts are lost"), "%s",
		  said_all());
	cr_assert(eq(int, dev->irqs, -1));
	cr_assert(eq(int, fake_irqfds(), 1)); /* the other's */
	said_forget();
	stop();
}

/* ---- the EOI passes through us ---- */

/* H_INT_ESB: a load that ends the interrupt. */
static void eoi(void)
{
	uint64_t a[HCALL_MAX_ARGS] = { 0, v->func.intx_lisn, 0, 0 };

	cr_assert(eq(long, hcall_dispatch(&vx.sp, 0x3c8, a), H_SUCCESS));
}

Test(pci_intx, under_xive_the_eoi_unmasks)
{
	start(INTC_XIVE, false);
	fake_set_intx(dev, true);
	cr_assert(eq(int, loop_run_once(&vx.loop, 1000), 1));
	cr_assert(pending());
	run_loop(20);
	cr_assert(dev->masked); /* no timer here: only the guest's word counts */
	fake_set_intx(dev, false);
	eoi();
	cr_assert(eq(int, pending(), 0));
	cr_assert(eq(int, dev->masked, 0));
	fake_set_intx(dev, true);
	cr_assert(eq(int, loop_run_once(&vx.loop, 1000), 1));
	cr_assert(pending());
	eoi(); /* not served yet: it comes again */
	cr_assert(eq(int, loop_run_once(&vx.loop, 1000), 1));
	cr_assert(pending());
	stop();
}

/* A kernel that starts another one (kexec) resets the controller, and ends no interrupt. */
Test(pci_intx, under_xive_a_reset_of_the_controller_unmasks)
{
	uint64_t a[HCALL_MAX_ARGS] = { 0 };

	start(INTC_XIVE, false);
	fake_set_intx(dev, true);
	cr_assert(eq(int, loop_run_once(&vx.loop, 1000), 1));
	cr_assert(dev->masked);
	fake_set_intx(dev, false);
	cr_assert(eq(long, hcall_dispatch(&vx.sp, H_INT_RESET, a), H_SUCCESS));
	cr_assert(not(dev->masked));
	fake_set_intx(dev, true);
	cr_assert(eq(int, loop_run_once(&vx.loop, 1000), 1), "the next one is lost");
	stop();
}

/* ---- nobody tells ---- */

Test(pci_intx, without_either_a_timer_unmasks)
{
	start(INTC_XICS, false);
	fake_set_intx(dev, true);
	cr_assert(eq(int, loop_run_once(&vx.loop, 1000), 1));
	cr_assert(pending());
	cr_assert(eq(u64, v->intx.delay_ns, 20000));
	fake_set_intx(dev, false);
	run_loop(1000);
	cr_assert(eq(int, dev->masked, 0));
	cr_assert(eq(int, pending(), 0));
	stop();
}

Test(pci_intx, a_line_that_stays_up_is_asked_less_and_less_often)
{
	uint64_t longest = 0;

	start(INTC_XICS, false);
	fake_set_intx(dev, true);
	for (int i = 0; i < 200 && longest < 1000000; i++) {
		uint64_t delay = v->intx.delay_ns, last = v->intx.last_ns;

		loop_run_once(&vx.loop, 50);
		if (v->intx.last_ns == last)
			continue; /* that was the timer */
		/* Where this machine itself paused, it rightly begins anew. */
		delay = v->intx.last_ns - last > 4000000 ? 20000 : 2 * delay;
		cr_assert(eq(u64, v->intx.delay_ns, delay < 1000000 ? delay : 1000000));
		if (v->intx.delay_ns > longest)
			longest = v->intx.delay_ns;
	}
	cr_assert(gt(u64, longest, 20000)); /* and never more than a millisecond */
	fake_set_intx(dev, false);
	run_loop(1000);
	cr_assert(eq(int, pending(), 0));
	/* After a pause the first delay is short again. */
	for (uint64_t until = sys_now_ns() + 6000000; sys_now_ns() < until;)
		loop_run_once(&vx.loop, 1);
	fake_set_intx(dev, true);
	loop_run_once(&vx.loop, 1000);
	cr_assert(eq(u64, v->intx.delay_ns, 20000));
	stop();
}

Test(pci_intx, bars_stay_mapped_meanwhile)
{
	int calls;

	start(INTC_XICS, false);
	pci_func_config_write(&v->func, PCI_BASE_ADDRESS_0, 4, 0x80000000);
	pci_func_config_write(&v->func, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	calls = fake_count("KVM_SET_USER_MEMORY_REGION vm");
	fake_set_intx(dev, true);
	loop_run_once(&vx.loop, 1000);
	fake_set_intx(dev, false);
	run_loop(1000);
	cr_assert(eq(int, fake_count("KVM_SET_USER_MEMORY_REGION vm"), calls));
	stop();
}

/* ---- on and off ---- */

struct mode {
	enum intc_kind kind;
	bool resample;
};

ParameterizedTestParameters(pci_intx, off_takes_the_line_down_and_leaves_nothing)
{
	static struct mode cases[] = { { INTC_XICS, true },
				       { INTC_XICS, false },
				       { INTC_XIVE, false } };

	return cr_make_param_array(struct mode, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct mode *p, pci_intx, off_takes_the_line_down_and_leaves_nothing)
{
	int fds;

	start(p->kind, p->resample);
	fds = fake_open_fds();
	fake_set_intx(dev, true);
	loop_run_once(&vx.loop, 0);
	cr_assert(pending());
	vfio_intx_off(v);
	vfio_intx_off(v);
	cr_assert(eq(int, dev->irqs, -1));
	cr_assert(eq(int, pending(), 0), "the line stays up");
	cr_assert(eq(int, fake_open_fds(), fds - 1 - p->resample));
	cr_assert(eq(int, vfio_intx_on(v), 0));
	cr_assert(eq(int, vfio_intx_on(v), 0));
	loop_run_once(&vx.loop, 0);
	cr_assert(pending()); /* the device still wants something */
	stop();
}

ParameterizedTestParameters(pci_intx, every_call_that_fails_is_undone)
{
	static struct mode cases[] = { { INTC_XICS, true },
				       { INTC_XICS, false },
				       { INTC_XIVE, false } };

	return cr_make_param_array(struct mode, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct mode *p, pci_intx, every_call_that_fails_is_undone)
{
	unsigned int n = 0;
	int fds, r;

	start(p->kind, p->resample);
	vfio_intx_off(v);
	fds = fake_open_fds();
	do {
		fake_fail_nth(++n, -ENOMEM);
		r = vfio_intx_on(v);
		cr_assert(eq(int, r < 0, fake_has_failed()), "%s", fake_failed_call());
		fake_fail_nth(0, 0);
		vfio_intx_off(v);
		cr_assert(eq(int, fake_open_fds(), fds), "call %u", n);
		cr_assert(eq(int, fake_irqfds(), 0));
		cr_assert(eq(int, dev->irqs, -1));
	} while (r < 0);
	stop();
}
