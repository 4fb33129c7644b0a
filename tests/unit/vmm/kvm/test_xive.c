/* SPDX-License-Identifier: BSD-2-Clause */
/* xive.c and irqchip.c: PAPR's XIVE calls all the way into KVM's device. */
#include "tests/unit/vmm/machine/fixture.h"
#include "vmm/machine/machine_impl.h"

#include "sphapr/hcall.h"
#include "sphapr/layout.h"

static struct machine *m;

static void setup(void)
{
	fx_setup();
	m = fx_machine("machine.vcpus=2 machine.irqchip=xive");
}

static void teardown(void)
{
	machine_destroy(m);
	FX_NOTHING_LEFT();
	fx_teardown();
}

TestSuite(xive, .init = setup, .fini = teardown, .timeout = 30);

static long call(uint64_t nr, uint64_t *a)
{
	return hcall_dispatch(&m->sp, nr, a);
}

static long set_queue(uint64_t server, uint64_t prio, uint64_t addr, uint64_t shift)
{
	uint64_t a[9] = { 1, server, prio, addr, shift };

	return call(H_INT_SET_QUEUE_CONFIG, a);
}

static long set_source(uint64_t lisn, uint64_t server, uint64_t prio, uint64_t eisn)
{
	uint64_t a[9] = { 2, lisn, server, prio, eisn };

	return call(H_INT_SET_SOURCE_CONFIG, a);
}

Test(xive, the_guest_sees_tima_and_esb_pages_as_memory)
{
	const struct layout_row *esb = &layout[LAYOUT_XIVE_ESB], *tima = &layout[LAYOUT_XIVE_TIMA];

	cr_assert(eq(ptr, fake_guest_memory(tima->base, tima->size), m->chip.tima));
	cr_assert(eq(ptr, fake_guest_memory(esb->base, esb->size), m->chip.esb));
	cr_assert(eq(u64, (uintptr_t)m->chip.esb % (64 * KiB), 0));
}

Test(xive, servers_are_counted_before_the_first_vcpu_connects)
{
	cr_assert(lt(int, fake_at("KVM_SET_DEVICE_ATTR xive 1:0x3"),
		     fake_at("KVM_ENABLE_CAP vcpu 0 169")));
	cr_assert(ge(int, fake_at("KVM_SET_DEVICE_ATTR xive 1:0x3"), 0));
	cr_assert(ge(int, fake_at("KVM_ENABLE_CAP vcpu 1 169"), 0));
}

Test(xive, sources_of_the_machine_exist_and_no_others)
{
	cr_assert(fake_has_source(LISN_EPOW));
	cr_assert(fake_has_source(LISN_VIO));
	cr_assert(fake_has_source(LISN_IPI));
	cr_assert(fake_has_source(LISN_IPI + 1));
	cr_assert(not(fake_has_source(LISN_IPI + 2)));
}

Test(xive, a_queue_and_a_source_are_configured_and_read_back)
{
	uint64_t a[9] = { 1, 1, 6 };
	uint64_t b[9] = { 0, LISN_EPOW };

	cr_assert(eq(long, set_queue(1, 6, 0x100000, 16), H_SUCCESS));
	cr_assert(eq(long, call(H_INT_GET_QUEUE_CONFIG, a), H_SUCCESS));
	cr_assert(eq(u64, a[0] & 1, 1));
	cr_assert(eq(u64, a[1], 0x100000));
	cr_assert(eq(u64, a[2], 16));
	cr_assert(eq(long, set_source(LISN_EPOW, 1, 6, 0x10), H_SUCCESS));
	cr_assert(eq(long, call(H_INT_GET_SOURCE_CONFIG, b), H_SUCCESS));
	cr_assert(eq(u64, b[0], 1));
	cr_assert(eq(u64, b[1], 6));
	cr_assert(eq(u64, b[2], 0x10));
	cr_assert(intc_is_enabled(&m->sp.intc, LISN_EPOW));
}

Test(xive, a_source_goes_where_a_queue_is)
{
	cr_assert(eq(long, set_source(LISN_EPOW, 0, 5, 1), H_P4));
	cr_assert(eq(long, set_queue(0, 5, 0x100000, 16), H_SUCCESS));
	cr_assert(eq(long, set_source(LISN_EPOW, 0, 5, 1), H_SUCCESS));
	cr_assert(eq(long, set_source(LISN_EPOW, 0, 0xff, 0), H_SUCCESS)); /* masked again */
	cr_assert(not(intc_is_enabled(&m->sp.intc, LISN_EPOW)));
}

Test(xive, a_line_that_is_pulled_arrives_at_the_device)
{
	intc_set_line(&m->sp.intc, LISN_VIO, true);
	cr_assert(fake_source_is_pending(LISN_VIO));
	cr_assert(not(fake_source_is_pending(LISN_EPOW)));
}

Test(xive, esb_accesses_touch_the_management_page_big_endian)
{
	uint8_t *page = m->chip.esb + (((size_t)LISN_EPOW * 2 + 1) << 16);
	uint64_t a[9] = { 0, LISN_EPOW, 0x800 };
	uint64_t b[9] = { 1, LISN_EPOW, 0, 0x0102030405060708 };

	be64_store(page + 0x800, 2);
	cr_assert(eq(long, call(H_INT_ESB, a), H_SUCCESS));
	cr_assert(eq(u64, a[0], 2));
	cr_assert(eq(long, call(H_INT_ESB, b), H_SUCCESS));
	cr_assert(eq(u64, be64_load(page), 0x0102030405060708));
}

Test(xive, syncs_and_resets_reach_the_device)
{
	uint64_t a[9] = { 0, LISN_VIO }, b[9] = { 0 };

	cr_assert(eq(long, call(H_INT_SYNC, a), H_SUCCESS));
	cr_assert(eq(int, fake_count("KVM_SET_DEVICE_ATTR xive 5:0x1100"), 1));
	cr_assert(eq(long, set_queue(0, 5, 0x100000, 16), H_SUCCESS));
	cr_assert(eq(long, call(H_INT_RESET, b), H_SUCCESS));
	cr_assert(eq(int, fake_count("KVM_SET_DEVICE_ATTR xive 1:0x1"), 1));
	cr_assert(eq(long, set_source(LISN_VIO, 0, 5, 1), H_P4)); /* its queue is gone */
}

Test(xive, what_the_device_refuses_is_h_hardware)
{
	uint64_t a[9] = { 1, 0, 5 };

	fake_fail_all("KVM_SET_DEVICE_ATTR xive", -EIO);
	cr_assert(eq(long, set_queue(0, 5, 0x100000, 16), H_HARDWARE));
	fake_fail_all("KVM_GET_DEVICE_ATTR xive", -EIO);
	cr_assert(eq(long, call(H_INT_GET_QUEUE_CONFIG, a), H_HARDWARE));
}
