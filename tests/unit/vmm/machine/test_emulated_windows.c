/* SPDX-License-Identifier: BSD-2-Clause */
/* emulated_windows.c: tables in KVM where it has them, else in our memory. */
#include "tests/fake/vfio.h"
#include "tests/unit/vmm/machine/fixture.h"
#include "vmm/machine/machine_impl.h"

#include "sphapr/hcall.h"

#include <stdatomic.h>

TestSuite(emulated_windows, .init = fx_setup, .fini = fx_teardown, .timeout = 60);

#define LIOBN 0x80000000ul

static atomic_int asleep; /* in KVM */

static void sleeper(struct guest *g)
{
	asleep++;
	guest_wait(g);
}

static void create(struct guest *g)
{
	guest_check(guest_rtas(g, "ibm,create-pe-dma-window", 5, 4, 0,
			       (uint32_t)(PHB_BUID_BASE >> 32), (uint32_t)PHB_BUID_BASE, 16,
			       27) == 0,
		    "create");
}

static void maps_by_itself(struct guest *g)
{
	uint64_t start;

	guest_rtas(g, "start-cpu", 3, 1, 1, 0x100, 0);
	while (asleep < 1)
		guest_wait_ms(g, 1);
	guest_check(guest_hcall(g, H_PUT_TCE, 3, LIOBN, 0x3000ul, 0x20003ul) == H_SUCCESS, "put");
	guest_check(guest_hcall(g, H_GET_TCE, 2, LIOBN, 0x3000ul) == H_SUCCESS, "get");
	guest_check(g->args[0] == 0x20003, "what was put");
	guest_check(guest_hcall(g, H_PUT_TCE, 3, LIOBN, 0x3000ul, 0xf0000003ul) == H_PARAMETER,
		    "a page that is not RAM");
	guest_check(guest_hcall(g, H_STUFF_TCE, 4, LIOBN, 0x3000ul, 0ul, 1ul) == H_SUCCESS,
		    "stuff");
	guest_check(guest_hcall(g, H_GET_TCE, 2, LIOBN, 0x3000ul) == H_SUCCESS, "get");
	guest_check(g->args[0] == 0, "what was stuffed");
	create(g);
	start = g->args[2] << 32 | g->args[3];
	guest_check(fake_kvm_tables() == 2, "tables");
	guest_check(guest_hcall(g, H_PUT_TCE, 3, LIOBN + 1, start, 3ul) == H_SUCCESS, "put");
	if (g->starts > 1)
		guest_rtas(g, "power-off", 2, 1, 0, 0);
	guest_check(guest_rtas(g, "ibm,remove-pe-dma-window", 1, 1, (uint32_t)LIOBN + 1) == 0,
		    "remove");
	guest_check(fake_kvm_tables() == 1, "tables left");
	create(g);
	guest_rtas(g, "system-reboot", 0, 1);
}

/* Only the H_PUT_TCE that KVM does not take comes to us. */
Test(emulated_windows, kvm_serves_their_calls)
{
	log_set_level(LOG_DEBUG);
	fake_guest(0, maps_by_itself, NULL);
	fake_guest(1, sleeper, NULL);
	cr_assert(eq(int, (int)fx_run("rng.iommu=true machine.vcpus=2"), STATUS_OFF), "%s",
		  said_all());
	log_set_level(LOG_INFO);
	cr_assert(said("H_PUT_TCE: 2 calls reached user space"), "%s", said_all());
	cr_assert(not(said("H_GET_TCE: ")), "%s", said_all());
	cr_assert(eq(str, chars(fake_faults()), ""));
	FX_NOTHING_LEFT();
}

Test(emulated_windows, the_devices_see_what_kvm_has_entered)
{
	struct machine *m = fx_machine("rng.iommu=true");
	const struct device_env *env = &m->emu.env;
	uint64_t len = 0x1000;
	gpa_t gpa;

	cr_assert(eq(long, fake_kvm_put_tce(LIOBN, 0x3000, 0x20003), H_SUCCESS));
	cr_assert(eq(int, env->translate(env->ctx, 0x3010, true, &gpa, &len), 0));
	cr_assert(eq(u64, gpa, 0x20010));
	machine_destroy(m);
	FX_NOTHING_LEFT();
}

/* Beside a device of the host, and with two vCPUs, H_PUT_TCE is off in KVM for all windows. */
Test(emulated_windows, or_reads_them_alone)
{
	struct machine *m;
	const struct dma_window *w;

	fake_hostdev_new(FAKE_NVME, "0004:01:00.0", 26, "nvme");
	m = fx_machine("rng.iommu=true machine.vcpus=2 vfio.0.host=0004:01:00.0");
	w = &m->emu.phb->pe.windows[0];
	cr_assert(w->kvm_reads);
	cr_assert(not(w->in_kernel));
	machine_destroy(m);
	FX_NOTHING_LEFT();
}

/* KVM's table is locked memory; a guest runs without, but slower. */
Test(emulated_windows, a_limit_that_does_not_allow_a_table_costs_speed_only)
{
	struct machine *m;

	fake_set_memlock(64 * KiB);
	m = fx_machine("rng.iommu=true");
	cr_assert(eq(int, fake_kvm_tables(), 0));
	cr_assert(spapr_first_phb(&m->sp)->pe.live[0]);
	cr_assert(eq(int, said_errors(), 0), "%s", said_all());
	machine_destroy(m);
	FX_NOTHING_LEFT();
}

Test(emulated_windows, what_a_limit_allows_is_for_the_devices_of_the_host)
{
	struct machine *m;

	fake_hostdev_new(FAKE_NVME, "0004:01:00.0", 26, "nvme");
	fake_set_memlock(1 * GiB);
	m = fx_machine("rng.iommu=true vfio.0.host=0004:01:00.0");
	cr_assert(eq(int, fake_kvm_tables(), 1));
	machine_destroy(m);
	FX_NOTHING_LEFT();
}
