/* SPDX-License-Identifier: BSD-2-Clause */
/* pci_irq.c: MSI and MSI-X are armed when firmware has given vectors and the guest enables them. */
#include "tests/unit/vfio/fixture.h"

static struct fake_hostdev *dev;
static struct vfio_pci *v;

#define MSIX_NVME 0x40
#define MSIX_E1000E 0xa0
#define MSI_E1000E 0xd0

static void start(enum fake_hostdev_kind kind)
{
	dev = fake_hostdev_new(kind, VX_BDF, VX_GROUP, "vfio-pci");
	vx_open(INTC_XIVE);
	v = vx_function(dev);
	vfio_pci_start(v);
	said_forget();
}

static void stop(void)
{
	vx_close();
	VX_NOTHING_LEFT();
}

TestSuite(pci_irq, .init = vx_setup, .timeout = 30);

/* ibm,change-msi: @function 3 MSI, 4 MSI-X, 0 query, 1 any. Return status; *@got vectors. */
static int32_t change_msi(uint32_t function, uint32_t n, uint32_t *got)
{
	struct rtas_call c = { .nargs = 6,
			       .nret = 4,
			       .args = { 0, (uint32_t)(PHB_BUID_BASE >> 32),
					 (uint32_t)PHB_BUID_BASE, function, n, 1 } };
	int32_t status = rtas_dispatch(&vx.sp, rtas_token("ibm,change-msi"), &c);

	*got = c.rets[1];
	return status;
}

static uint32_t give(uint32_t function, uint32_t n)
{
	uint32_t got;

	cr_assert(eq(int, change_msi(function, n, &got), RTAS_OK), "%s", said_all());
	return got;
}

static void enable(uint32_t cap, bool on)
{
	pci_func_config_write(&v->func, cap + PCI_MSIX_FLAGS, 2, on ? PCI_MSIX_FLAGS_ENABLE : 0);
}

static void enable_msi(bool on)
{
	pci_func_config_write(&v->func, MSI_E1000E + PCI_MSI_FLAGS, 2, on);
}

Test(pci_irq, intx_is_on_until_messages_are)
{
	start(FAKE_NVME);
	cr_assert(eq(int, dev->irqs, VFIO_PCI_INTX_IRQ_INDEX));
	cr_assert(eq(u32, give(4, 5), 5));
	cr_assert(eq(int, dev->irqs, VFIO_PCI_INTX_IRQ_INDEX)); /* not enabled yet */
	enable(MSIX_NVME, true);
	cr_assert(eq(int, dev->irqs, VFIO_PCI_MSIX_IRQ_INDEX));
	cr_assert(eq(u32, dev->nvectors, 5));
	enable(MSIX_NVME, false);
	cr_assert(eq(int, dev->irqs, VFIO_PCI_INTX_IRQ_INDEX));
	stop();
}

Test(pci_irq, a_message_arrives_at_its_source)
{
	start(FAKE_NVME);
	give(4, 5);
	enable(MSIX_NVME, true);
	for (uint32_t i = 0; i < 5; i++) {
		cr_assert(eq(int, fake_source_is_pending(v->func.vectors.first + i), 0));
		cr_assert(fake_send_msi(dev, i));
		cr_assert(fake_source_is_pending(v->func.vectors.first + i));
	}
	cr_assert(eq(int, fake_send_msi(dev, 5), 0));
	stop();
}

Test(pci_irq, enabling_before_firmware_waits_for_it)
{
	start(FAKE_NVME);
	enable(MSIX_NVME, true);
	cr_assert(eq(int, dev->irqs, -1)); /* INTx is off, and nothing else is on */
	give(4, 3);
	cr_assert(eq(int, dev->irqs, VFIO_PCI_MSIX_IRQ_INDEX));
	cr_assert(eq(u32, dev->nvectors, 3));
	stop();
}

Test(pci_irq, other_vectors_take_the_place_of_the_first)
{
	uint32_t first;

	start(FAKE_NVME);
	give(4, 3);
	enable(MSIX_NVME, true);
	first = v->func.vectors.first;
	give(4, 8);
	cr_assert(ne(u32, v->func.vectors.first, first));
	cr_assert(eq(u32, dev->nvectors, 8));
	cr_assert(eq(int, fake_irqfds(), 8));
	cr_assert(eq(u32, vx.vm.nirqfds, 8));
	give(4, 2);
	cr_assert(eq(u32, dev->nvectors, 2));
	cr_assert(eq(int, fake_irqfds(), 2));
	give(4, 0);
	cr_assert(eq(int, dev->irqs, -1)); /* the guest still has MSI-X enabled */
	cr_assert(eq(int, fake_irqfds(), 0));
	cr_assert(eq(u32, vx.vm.nirqfds, 0));
	stop();
}

Test(pci_irq, more_than_the_device_has_are_not_given)
{
	start(FAKE_NVME);
	cr_assert(eq(u32, give(4, 1000), 65));
	enable(MSIX_NVME, true);
	cr_assert(eq(u32, dev->nvectors, 65));
	stop();
}

Test(pci_irq, from_msi_to_msix_and_back)
{
	start(FAKE_E1000E);
	give(3, 1);
	enable_msi(true);
	cr_assert(eq(int, dev->irqs, VFIO_PCI_MSI_IRQ_INDEX));
	cr_assert(fake_send_msi(dev, 0));
	cr_assert(fake_source_is_pending(v->func.vectors.first));
	enable_msi(false);
	give(4, 5);
	enable(MSIX_E1000E, true);
	cr_assert(eq(int, dev->irqs, VFIO_PCI_MSIX_IRQ_INDEX));
	enable(MSIX_E1000E, false);
	give(3, 1);
	enable_msi(true);
	cr_assert(eq(int, dev->irqs, VFIO_PCI_MSI_IRQ_INDEX));
	cr_assert(eq(int, said_lines(), 0), "%s", said_all());
	stop();
}

Test(pci_irq, both_capabilities_enabled_deliver_what_firmware_gave)
{
	start(FAKE_E1000E);
	give(4, 5);
	enable_msi(true);
	cr_assert(eq(int, dev->irqs, -1));
	enable(MSIX_E1000E, true);
	cr_assert(eq(int, dev->irqs, VFIO_PCI_MSIX_IRQ_INDEX));
	stop();
}

Test(pci_irq, intx_disable_is_obeyed)
{
	start(FAKE_E1000E);
	cr_assert(eq(int, dev->irqs, VFIO_PCI_INTX_IRQ_INDEX));
	pci_func_config_write(&v->func, PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
	cr_assert(eq(int, dev->irqs, -1));
	pci_func_config_write(&v->func, PCI_COMMAND, 2, 0);
	cr_assert(eq(int, dev->irqs, VFIO_PCI_INTX_IRQ_INDEX));
	stop();
}

Test(pci_irq, a_reset_of_the_machine_ends_them)
{
	start(FAKE_NVME);
	give(4, 5);
	enable(MSIX_NVME, true);
	cr_assert(eq(int, spapr_reset(&vx.sp), 0));
	cr_assert(eq(u32, v->func.vectors.count, 0));
	cr_assert(eq(int, dev->irqs, VFIO_PCI_INTX_IRQ_INDEX));
	cr_assert(eq(int, fake_irqfds(), 0));
	give(4, 5);
	enable(MSIX_NVME, true);
	cr_assert(fake_send_msi(dev, 4));
	cr_assert(fake_source_is_pending(v->func.vectors.first + 4));
	stop();
}

/* ---- without the machine lock ---- */

static unsigned int unlocked, waits; /* how often */

static int32_t call(const char *name, uint32_t nret, uint32_t reg, uint32_t a3, uint32_t a4)
{
	const struct rtas_desc *row = rtas_row(rtas_token(name) - RTAS_TOKEN_BASE);
	struct rtas_call c = { .nargs = row->nargs,
			       .nret = nret,
			       .args = { reg, (uint32_t)(PHB_BUID_BASE >> 32),
					 (uint32_t)PHB_BUID_BASE, a3, a4 } };

	return rtas_dispatch(&vx.sp, rtas_token(name), &c);
}

/* The call of the vCPU that is without the lock is over. */
static void over(void)
{
	waits++;
	v->func.changing = false;
}

/* Another vCPU comes by, with calls of no effect: each waits. */
static void comes_by(void)
{
	uint8_t byte;

	unlocked++;
	waits = 0;
	cr_assert(v->func.changing);
	cr_assert(eq(i32, call("ibm,change-msi", 4, 0, 0, 0), RTAS_OK));
	v->func.changing = true;
	cr_assert(eq(i32, call("ibm,set-eeh-option", 1, 0, 99, 0), RTAS_PARAMETER));
	v->func.changing = true;
	cr_assert(eq(i32, call("ibm,read-pci-config", 2, 0, 4, 0), RTAS_OK));
	v->func.changing = true;
	cr_assert(eq(i32, call("ibm,write-pci-config", 1, 0x3c, 1, 0), RTAS_OK));
	cr_assert(eq(u32, waits, 4));
	v->func.changing = true;
	if (!phb_mmio(&vx.sp, phb_range(0, PHB_MEM32).gpa, &byte, 1, false))
		return; /* no BAR is there yet */
	cr_assert(eq(u32, waits, 5));
	v->func.changing = true;
}

/* Vectors that are armed and let go in the piece without the lock. */
static unsigned int armed_unlocked, disarmed_unlocked;

static int counting(void *ctx, int (*fn)(void *arg), void *arg)
{
	int before = fake_irqfds(), r;

	comes_by();
	r = fn(arg);
	armed_unlocked += fake_irqfds() > before;
	disarmed_unlocked += fake_irqfds() < before;
	(void)ctx;
	return r;
}

Test(pci_irq, a_guest_has_vectors_armed_without_the_lock)
{
	start(FAKE_NVME);
	vx.plat.awaited = over;
	vx.sp.plat.without_lock = counting;
	call("ibm,write-pci-config", 1, 0x10, 4, 0x80000000);
	call("ibm,write-pci-config", 1, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	call("ibm,write-pci-config", 1, MSIX_NVME + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
	give(4, 5);
	cr_assert(eq(u32, armed_unlocked, 1));
	give(4, 8);
	cr_assert(eq(u32, armed_unlocked, 2));
	give(4, 0);
	cr_assert(eq(u32, disarmed_unlocked, 1));
	give(4, 8);
	call("ibm,write-pci-config", 1, MSIX_NVME + PCI_MSIX_FLAGS, 2, 0);
	cr_assert(eq(u32, disarmed_unlocked, 2));
	call("ibm,write-pci-config", 1, MSIX_NVME + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
	cr_assert(eq(u32, armed_unlocked, 4));
	cr_assert(not(v->func.changing));
	unlocked = 0;
	cr_assert(eq(i32, call("ibm,read-pci-config", 2, 0, 4, 0), RTAS_OK));
	call("ibm,write-pci-config", 1, 0x3c, 1, 5);
	cr_assert(eq(u32, unlocked, 0), "of a write that changes no interrupt");
	vx.sp.plat.without_lock = NULL; /* a reboot has the lock, and no vCPU runs */
	cr_assert(eq(int, spapr_reset(&vx.sp), 0));
	cr_assert(eq(int, fake_irqfds(), 0));
	stop();
}

static void while_it_resets(void)
{
	if (!v->pe->phb->pe.eeh_busy)
		return; /* not the host: vectors are let go, before and after */
	cr_assert(eq(int, dev->irqs, -1), "something is armed");
	cr_assert(eq(int, fake_irqfds(), 0));
}

static int32_t slot_reset(uint32_t how)
{
	struct rtas_call c = { .nargs = 4,
			       .nret = 1,
			       .args = { 0, (uint32_t)(PHB_BUID_BASE >> 32),
					 (uint32_t)PHB_BUID_BASE, how } };

	return rtas_dispatch(&vx.sp, rtas_token("ibm,set-slot-reset"), &c);
}

Test(pci_irq, none_is_armed_from_the_start_of_a_reset_to_its_end)
{
	for (int messages = 0; messages <= 1; messages++) {
		start(FAKE_NVME);
		if (messages) {
			give(4, 5);
			enable(MSIX_NVME, true);
		}
		vx.plat.meanwhile = while_it_resets;
		cr_assert(eq(int, slot_reset(1), RTAS_OK));
		cr_assert(eq(int, dev->irqs, -1), "held");
		cr_assert(eq(u32, give(4, 3), 3));
		cr_assert(eq(int, dev->irqs, -1), "held");
		cr_assert(eq(int, slot_reset(0), RTAS_OK));
		vx.plat.meanwhile = NULL;
		cr_assert(eq(int, dev->irqs, VFIO_PCI_INTX_IRQ_INDEX));
		enable(MSIX_NVME, true);
		cr_assert(eq(int, dev->irqs, VFIO_PCI_MSIX_IRQ_INDEX), "the vectors survive");
		cr_assert(eq(u32, dev->nvectors, 3));
		stop();
		vx_setup();
	}
}

/* A reset that fails leaves the device with the interrupts that it has at first. */
Test(pci_irq, a_reset_that_fails_arms_again)
{
	start(FAKE_NVME);
	fake_vfio.eeh_err = -EIO;
	cr_assert(eq(int, slot_reset(1), RTAS_HARDWARE));
	cr_assert(eq(int, dev->irqs, VFIO_PCI_INTX_IRQ_INDEX));
	fake_vfio.eeh_err = 0;
	stop();
}

Test(pci_irq, a_host_without_enough_vectors_is_a_failure_not_half_a_success)
{
	start(FAKE_NVME);
	fake_vfio.msi_vectors = 3;
	give(4, 8);
	enable(MSIX_NVME, true);
	cr_assert(said("8 MSI-X vectors: "), "%s", said_all());
	cr_assert(said("interrupts are lost"), "%s", said_all());
	cr_assert(eq(int, fake_irqfds(), 0));
	give(4, 2);
	cr_assert(eq(u32, dev->nvectors, 2)); /* fewer are to be had */
	cr_assert(eq(int, fake_irqfds(), 2));
	stop();
}

struct lost_case {
	char call[40];
	int err;
};

ParameterizedTestParameters(pci_irq, vectors_that_cannot_be_armed_leave_nothing)
{
	static struct lost_case cases[] = {
		{ "eventfd", -EMFILE },
		{ "KVM_IRQFD vm", -ENOMEM },
		{ "VFIO_DEVICE_SET_IRQS", -ENOSPC },
	};

	return cr_make_param_array(struct lost_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct lost_case *p, pci_irq, vectors_that_cannot_be_armed_leave_nothing)
{
	int fds;

	start(FAKE_NVME);
	pci_func_config_write(&v->func, PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
	fds = fake_open_fds();
	give(4, 5);
	fake_fail_all(p->call, p->err);
	enable(MSIX_NVME, true);
	fake_fail_all(NULL, 0);
	cr_assert(said(VX_BDF ": 5 MSI-X vectors: "), "%s", said_all());
	cr_assert(eq(int, fake_open_fds(), fds));
	cr_assert(eq(int, fake_irqfds(), 0));
	enable(MSIX_NVME, false);
	enable(MSIX_NVME, true);
	cr_assert(eq(u32, dev->nvectors, 5));
	stop();
}

Test(pci_irq, closing_disarms_before_eventfds_close)
{
	start(FAKE_NVME);
	give(4, 2);
	enable(MSIX_NVME, true);
	vx_close_pe();
	cr_assert(lt(int, fake_last_at("VFIO_DEVICE_SET_IRQS"), fake_last_at("close eventfd")));
	cr_assert(lt(int, fake_last_at("KVM_IRQFD"), fake_last_at("close eventfd")));
	cr_assert(lt(int, fake_last_at("close eventfd"), fake_at("close device " VX_BDF)));
	stop();
}
