/* SPDX-License-Identifier: BSD-2-Clause */
/* xics.c: sources of KVM's XICS device. */
#include "tests/unit/vmm/machine/fixture.h"

#include "tests/fake/kernel.h"
#include "vmm/machine/machine_impl.h"

TestSuite(xics, .init = fx_setup, .fini = fx_teardown, .timeout = 30);

static struct machine *machine(void)
{
	fake_host(FAKE_P9_4K);
	return fx_machine("machine.vcpus=2");
}

Test(xics, sources_are_born_masked)
{
	struct machine *m = machine();

	cr_assert(fake_has_source(LISN_EPOW));
	cr_assert(fake_has_source(LISN_VIO));
	cr_assert(not(fake_has_source(LISN_IPI))); /* IPIs are the presenter's own here */
	cr_assert(not(intc_is_enabled(&m->sp.intc, LISN_EPOW)));
	machine_destroy(m);
}

static void unmask(struct guest *g)
{
	guest_unmask(g, LISN_EPOW);
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

Test(xics, a_source_is_enabled_when_the_guest_unmasked_it_in_the_kernel)
{
	struct machine *m;

	fake_guest(0, unmask, NULL);
	m = machine();
	cr_assert(eq(int, (int)machine_run(m), STATUS_OFF));
	cr_assert(intc_is_enabled(&m->sp.intc, LISN_EPOW));
	cr_assert(not(intc_is_enabled(&m->sp.intc, LISN_VIO)));
	cr_assert(eq(int, intc_reset(&m->sp.intc), 0));
	cr_assert(not(intc_is_enabled(&m->sp.intc, LISN_EPOW)));
	machine_destroy(m);
}

Test(xics, a_line_that_is_pulled_arrives_at_the_device_and_a_reset_ends_it)
{
	struct machine *m = machine();

	intc_set_line(&m->sp.intc, LISN_EPOW, true);
	cr_assert(fake_source_is_pending(LISN_EPOW));
	cr_assert(eq(int, intc_reset(&m->sp.intc), 0));
	cr_assert(not(fake_source_is_pending(LISN_EPOW)));
	machine_destroy(m);
}

/* Without XIVE below it the device knows no number of servers, and needs none. */
Test(xics, a_device_without_a_number_of_servers_is_fine)
{
	fake_host(FAKE_P9_4K);
	fake_facts.xics_on_xive = false;
	machine_destroy(fx_machine("machine.vcpus=2"));
	cr_assert(eq(int, fake_count("KVM_SET_DEVICE_ATTR xics"), 3)); /* and two sources */
	FX_NOTHING_LEFT();
}

Test(xics, every_vcpu_is_connected_before_it_runs)
{
	machine_destroy(machine());
	cr_assert(eq(int, fake_count("KVM_ENABLE_CAP vcpu 0 92"), 1));
	cr_assert(eq(int, fake_count("KVM_ENABLE_CAP vcpu 1 92"), 1));
}
