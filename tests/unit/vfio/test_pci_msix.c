/* SPDX-License-Identifier: BSD-2-Clause */
/* pci_msix.c: what the mask bits of a trapped table do, and what a reset leaves of it. */
#include "tests/unit/vfio/fixture.h"

#define CAP 0x40
#define TABLE 0x2000u
#define PBA 0x3000u
#define CONTROL(vector) (TABLE + 16 * (vector) + 12)

static struct fake_hostdev *dev;
static struct vfio_pci *v;

static void control(uint32_t flags)
{
	pci_func_config_write(&v->func, CAP + PCI_MSIX_FLAGS, 2, flags);
}

static void mask(uint32_t vector, bool on)
{
	vfio_bar_write(&v->func, 0, CONTROL(vector), 4, on);
}

static int32_t rtas(const char *name, uint32_t nret, uint32_t a3, uint32_t a4)
{
	const struct rtas_desc *row = rtas_row(rtas_token(name) - RTAS_TOKEN_BASE);
	struct rtas_call c = { .nargs = row->nargs,
			       .nret = nret,
			       .args = { 0, (uint32_t)(PHB_BUID_BASE >> 32),
					 (uint32_t)PHB_BUID_BASE, a3, a4, 1 } };

	return rtas_dispatch(&vx.sp, rtas_token(name), &c);
}

static bool pending(uint32_t vector)
{
	return fake_source_is_pending(v->func.vectors.first + vector);
}

/* Small pages: the table has one to itself. Five vectors, enabled, all masked as born. */
static void setup(void)
{
	vx_setup();
	fake_host(FAKE_P9_4K);
	dev = fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "vfio-pci");
	vx_open(INTC_XICS);
	v = vx_function(dev);
	cr_assert(v->msix_trapped);
	cr_assert(eq(int, rtas("ibm,change-msi", 4, 4, 5), RTAS_OK));
	control(PCI_MSIX_FLAGS_ENABLE);
	cr_assert(eq(u32, dev->nvectors, 5));
	said_forget();
}

static void stop(void)
{
	cr_assert(eq(int, said_lines(), 0), "%s", said_all());
	vx_close();
	VX_NOTHING_LEFT();
}

TestSuite(pci_msix_trap, .init = setup, .timeout = 30);

Test(pci_msix_trap, a_masked_vector_is_pending_until_it_is_unmasked)
{
	cr_assert(eq(int, fake_irqfds(), 0));
	mask(1, false);
	cr_assert(eq(int, fake_irqfds(), 1));
	cr_assert(fake_send_msi(dev, 0));
	cr_assert(not(pending(0)));
	cr_assert(fake_send_msi(dev, 1));
	cr_assert(pending(1), "the other one is open");
	mask(0, false);
	cr_assert(pending(0));
	stop();
}

Test(pci_msix_trap, a_mask_closes_and_opens_again)
{
	mask(2, false);
	mask(2, true);
	cr_assert(eq(int, fake_irqfds(), 0));
	mask(2, true);
	mask(2, false);
	cr_assert(eq(int, fake_irqfds(), 1));
	cr_assert(not(pending(2)), "nothing was sent");
	cr_assert(fake_send_msi(dev, 2));
	cr_assert(pending(2));
	stop();
}

Test(pci_msix_trap, the_function_mask_closes_all)
{
	for (uint32_t i = 0; i < 4; i++)
		mask(i, false);
	cr_assert(eq(int, fake_irqfds(), 4));
	control(PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	cr_assert(eq(int, fake_irqfds(), 0));
	cr_assert(eq(u32, dev->nvectors, 5), "they stay armed");
	cr_assert(fake_send_msi(dev, 3));
	cr_assert(fake_send_msi(dev, 4));
	control(PCI_MSIX_FLAGS_ENABLE);
	cr_assert(eq(int, fake_irqfds(), 4));
	cr_assert(pending(3));
	cr_assert(not(pending(4)), "its own mask is still set");
	stop();
}

/* As Linux does it: all masked while the table is filled. */
Test(pci_msix_trap, masks_that_were_set_before_it_is_armed_count)
{
	control(PCI_MSIX_FLAGS_MASKALL);
	mask(0, false);
	control(PCI_MSIX_FLAGS_MASKALL | PCI_MSIX_FLAGS_ENABLE);
	cr_assert(eq(u32, dev->nvectors, 5));
	cr_assert(eq(int, fake_irqfds(), 0));
	control(PCI_MSIX_FLAGS_ENABLE);
	cr_assert(eq(int, fake_irqfds(), 1));
	cr_assert(fake_send_msi(dev, 0));
	cr_assert(pending(0));
	stop();
}

Test(pci_msix_trap, pending_bits_can_be_read_and_are_not_lost_by_it)
{
	cr_assert(eq(u64, vfio_bar_read(&v->func, 0, PBA, 8), 0));
	cr_assert(fake_send_msi(dev, 3));
	mask(1, false);
	cr_assert(fake_send_msi(dev, 1));
	cr_assert(eq(u64, vfio_bar_read(&v->func, 0, PBA, 8), 1u << 3));
	cr_assert(eq(u64, vfio_bar_read(&v->func, 0, PBA, 1), 1u << 3));
	cr_assert(eq(u64, vfio_bar_read(&v->func, 0, PBA + 8, 8), 0));
	mask(3, false);
	cr_assert(pending(3));
	cr_assert(eq(u64, vfio_bar_read(&v->func, 0, PBA, 8), 0));
	stop();
}

Test(pci_msix_trap, a_vector_that_kvm_refuses_is_said)
{
	fake_fail_all("KVM_IRQFD vm", -ENOMEM);
	mask(1, false);
	fake_fail_all(NULL, 0);
	cr_assert(said(VX_BDF ": MSI-X vector 1 cannot be unmasked: Cannot allocate memory"), "%s",
		  said_all());
	said_forget();
	stop();
}

static void is_new(void)
{
	for (uint32_t i = 0; i < 5; i++) {
		cr_assert(eq(u64, vfio_bar_read(&v->func, 0, TABLE + 16 * i, 8), 0));
		cr_assert(eq(u64, vfio_bar_read(&v->func, 0, CONTROL(i), 4), 1));
	}
}

static void use(void)
{
	vfio_bar_write(&v->func, 0, TABLE, 8, 0x1122334455667788);
	mask(0, false);
	mask(4, false);
}

Test(pci_msix_trap, a_reboot_makes_the_table_new)
{
	use();
	cr_assert(eq(int, spapr_reset(&vx.sp), 0));
	is_new();
	stop();
}

Test(pci_msix_trap, a_reset_of_the_pe_makes_the_table_new)
{
	use();
	cr_assert(eq(int, rtas("ibm,set-slot-reset", 1, 1, 0), RTAS_OK));
	cr_assert(eq(int, rtas("ibm,set-slot-reset", 1, 0, 0), RTAS_OK));
	is_new();
	control(PCI_MSIX_FLAGS_ENABLE);
	cr_assert(eq(int, fake_irqfds(), 0));
	stop();
}
