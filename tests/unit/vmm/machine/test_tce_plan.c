/* SPDX-License-Identifier: BSD-2-Clause */
/* tce_plan.c, calls.c: who serves TCE calls; and what KVM is told and given for it. */
#include "tests/unit/vmm/machine/passthrough_fixture.h"
#include "vmm/machine/tce_plan.h"

TestSuite(tce_plan, .init = pt_setup, .fini = fx_teardown, .timeout = 60);

struct plan_case {
	char sets[80];
	uint32_t lacks; /* a capability, or 0 */
	bool tables, unlinked, linked, put, bulk;
	char why[48];
};

ParameterizedTestParameters(tce_plan, of_configuration_and_host)
{
	static struct plan_case cases[] = {
		{ "", 0, true, false, false, true, false, "no device of the host" },
		{ "machine.vcpus=8", 0, true, false, false, true, false, "no device of the host" },
		{ ONE, 0, true, false, true, true, false, "safe with one vCPU" },
		{ ONE "machine.vcpus=2", 0, true, true, false, false, false, "not safe with more" },
		{ ONE "machine.vcpus=2 machine.tce=kernel", 0, true, false, true, true, true,
		  "trusted" },
		{ "machine.tce=kernel", 0, true, false, false, true, true, "trusted" },
		{ ONE "machine.tce=kernel", KVM_CAP_SPAPR_MULTITCE, true, false, true, true, false,
		  "trusted" },
		{ ONE, KVM_CAP_SPAPR_TCE_VFIO, true, false, false, true, false, "does not link" },
		{ ONE "machine.vcpus=2", KVM_CAP_SPAPR_TCE_VFIO, true, true, false, false, false,
		  "not safe with more" },
		{ ONE, KVM_CAP_SPAPR_TCE_64, false, false, false, false, false, "no tables" },
		{ ONE "machine.vcpus=2", KVM_CAP_PPC_ENABLE_HCALL, false, false, false, false,
		  false, "cannot be kept" },
		{ ONE, KVM_CAP_PPC_ENABLE_HCALL, true, false, true, true, false, "one vCPU" },
	};

	return cr_make_param_array(struct plan_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct plan_case *p, tce_plan, of_configuration_and_host)
{
	struct kvm_caps caps;
	struct tce_plan plan;
	struct kvm_vm vm;

	if (p->lacks)
		fake_set_cap(p->lacks, 0);
	cr_assert(eq(int, fx_kvm_open(&vm), 0));
	caps = fx_caps(&vm);
	kvm_vm_close(&vm);
	plan = tce_plan(fx_options(p->sets), &caps);
	cr_assert(eq(int, plan.tables, p->tables));
	cr_assert(eq(int, plan.unlinked, p->unlinked));
	cr_assert(eq(int, plan.linked, p->linked));
	cr_assert(eq(int, plan.put, p->put));
	cr_assert(eq(int, plan.bulk, p->bulk));
	cr_assert(strstr(plan.why, p->why) != NULL, "%s", plan.why);
}

/* ---- what KVM is told ---- */

#define OFF_PUT "KVM_ENABLE_CAP vm 104 0x20"

Test(tce_plan, several_vcpus_with_a_device_have_no_link_and_no_call_that_wants_one)
{
	struct machine *m = fx_machine(ONE "machine.vcpus=2");

	cr_assert(eq(int, fake_count(OFF_PUT), 1));
	cr_assert(not(fake_hcall_is_enabled(H_PUT_TCE)));
	cr_assert(fake_hcall_is_enabled(H_GET_TCE));
	cr_assert(eq(int, fake_count("GROUP_ADD"), 0));
	cr_assert(eq(int, fake_count("SET_SPAPR_TCE"), 0));
	cr_assert(eq(int, fake_kvm_tables(), 1), "for H_GET_TCE");
	machine_destroy(m);
	ALL_IS_GIVEN_BACK();
}

Test(tce_plan, one_vcpu_leaves_the_calls_to_kvm)
{
	struct machine *m = fx_machine(ONE);

	cr_assert(fake_hcall_is_enabled(H_PUT_TCE));
	cr_assert(eq(int, fake_count("SET_SPAPR_TCE 26"), 1));
	cr_assert(not(said("warning")), "%s", said_all());
	machine_destroy(m);
	ALL_IS_GIVEN_BACK();
}

Test(tce_plan, trusted_guests_have_it_all_in_kvm_and_their_owner_a_warning)
{
	struct machine *m;

	fake_vfio.trusting = true;
	m = fx_machine(ONE "machine.vcpus=2 machine.tce=kernel");
	cr_assert(fake_hcall_is_enabled(H_PUT_TCE));
	cr_assert(fake_hcall_is_enabled(H_STUFF_TCE));
	cr_assert(eq(int, fake_count("SET_SPAPR_TCE 26"), 1));
	cr_assert(said("can crash the host with it, or keep the memory that it had"), "%s",
		  said_all());
	machine_destroy(m);
	ALL_IS_GIVEN_BACK();
}

/* KVM would then only write its table, and no device would see the entry. */
Test(tce_plan, no_table_where_kvm_does_not_let_go_of_the_call)
{
	const char *warning = "H_PUT_TCE: KVM: Invalid argument: H_GET_TCE is served in user space";

	for (unsigned int n = 1; !said(warning); n++) {
		const struct options *opt = fx_options(ONE "machine.vcpus=2 rng.iommu=true");
		struct machine *m;

		fake_fail_nth(n, -EINVAL);
		if (machine_create(&m, opt) == STATUS_OFF) {
			cr_assert(fake_has_failed(), "no call was the one");
			cr_assert(eq(int, said(warning) && fake_kvm_tables(), false), "%s",
				  said_all());
			machine_destroy(m);
		}
		fake_fail_nth(0, 0);
		ALL_IS_GIVEN_BACK();
	}
}

/* ---- what the guest notices: nothing ---- */

static void other(struct guest *g)
{
	guest_wait(g);
}

static void use_disk_with_two(struct guest *g)
{
	if (g->starts == 1)
		guest_rtas(g, "start-cpu", 3, 1, 1, 0x100, 0);
	use_disk(g);
}

Test(tce_plan, with_several_vcpus_puts_come_to_us_and_gets_do_not)
{
	log_set_level(LOG_DEBUG);
	fake_guest(0, use_disk_with_two, NULL);
	fake_guest(1, other, NULL);
	cr_assert(eq(int, (int)fx_run(ONE "machine.vcpus=2"), STATUS_OFF), "%s", said_all());
	log_set_level(LOG_INFO);
	cr_assert(said("H_PUT_TCE: 2 calls reached user space"), "%s", said_all());
	cr_assert(not(said("H_GET_TCE: ")), "%s", said_all());
	ALL_IS_GIVEN_BACK();
}

static void two_windows(struct guest *g)
{
	guest_rtas(g, "start-cpu", 3, 1, 1, 0x100, 0);
	for (int i = 0; i < 20; i++) {
		guest_check(guest_rtas(g, "ibm,create-pe-dma-window", 5, 4, 0, BUID_HI, BUID_LO, 16,
				       27) == 0,
			    "create");
		guest_check(guest_rtas(g, "ibm,remove-pe-dma-window", 1, 1, (uint32_t)g->args[1]) ==
				    0,
			    "remove");
	}
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

static void reader(struct guest *g)
{
	for (;;)
		guest_hcall(g, H_GET_TCE, 2, LIOBN + 1, 1ul << 59);
}

/* The fake complains when a vCPU is inside KVM while a table is closed, be it asleep or calling. */
Test(tce_plan, a_table_is_closed_while_no_vcpu_is_in_kvm)
{
	guest_fn *const second[] = { other, reader };

	for (size_t i = 0; i < ARRAY_LEN(second); i++) {
		fake_guest(0, two_windows, NULL);
		fake_guest(1, second[i], NULL);
		cr_assert(eq(int, (int)fx_run(ONE "machine.vcpus=2"), STATUS_OFF), "%s",
			  said_all());
		ALL_IS_GIVEN_BACK();
	}
}
