/* SPDX-License-Identifier: BSD-2-Clause */
/* passthrough.c and the machine around it: [[vfio]] entries from the configuration to the guest. */
#include "tests/unit/vmm/machine/passthrough_fixture.h"
#include "vmm/machine/machine_impl.h"

TestSuite(passthrough, .init = pt_setup, .fini = fx_teardown, .timeout = 110);

/* The start ends with status 3 and one line that says @text. */
static void refused(const char *sets, const char *text)
{
	struct machine *m;

	cr_assert(eq(int, (int)machine_create(&m, fx_options(sets)), STATUS_HOST), "%s",
		  said_all());
	cr_assert(said(text), "%s", said_all());
	cr_assert(eq(int, said_errors(), 1), "%s", said_all());
	FX_NOTHING_LEFT();
	cr_assert(eq(str, chars(fake_vfio_left()), ""), "%s", said_all());
	cr_assert(eq(str, chars(fake_faults()), ""), "%s", said_all());
}

/* ---- failure cases of the issue ---- */

Test(passthrough, a_host_address_that_does_not_exist)
{
	refused("vfio.0.host=0009:01:00.0", "0009:01:00.0: this host has no such PCI function: "
					    "\"lspci -D\" lists them");
}

Test(passthrough, a_function_without_iommu_group)
{
	nvme->group = -1;
	refused(ONE, BDF ": has no IOMMU group: it is not behind a TCE IOMMU");
}

Test(passthrough, a_group_that_is_not_viable)
{
	fake_hostdev_new(FAKE_E1000E, "0004:01:00.1", 26, "e1000e");
	refused(ONE, BDF ": group 26 is not viable: 0004:01:00.1 is driven by e1000e: bind every");
	cr_assert(eq(str, nvme->driver, "nvme"));
}

Test(passthrough, no_right_on_the_group)
{
	fake_group_deny(26, -EACCES);
	refused(ONE, "/dev/vfio/26: Permission denied: give this user the right (\"chown USER "
		     "/dev/vfio/26\")");
	cr_assert(eq(str, nvme->driver, "nvme"));
}

Test(passthrough, vfio_pci_is_not_loaded)
{
	fake_driver_unload("vfio-pci");
	refused(ONE, BDF ": the driver vfio-pci is not loaded: \"modprobe vfio-pci\"");
}

Test(passthrough, the_group_is_in_use)
{
	strcpy(nvme->driver, "vfio-pci");
	fake_group_take(26, true);
	refused(ONE "vfio.0.bind=manual", "VFIO group 26 is in use by another program");
	cr_assert(eq(str, nvme->driver, "vfio-pci"));
}

Test(passthrough, v2_is_not_offered)
{
	fake_vfio.has_spapr = false;
	refused(ONE, "this kernel offers no SPAPR TCE v2: \"modprobe vfio_iommu_spapr_tce\"");
	cr_assert(eq(str, nvme->driver, "nvme"));
}

Test(passthrough, too_little_locked_memory_is_told_before_anything_is_touched)
{
	fake_set_memlock(64 * MiB);
	refused(ONE,
		"vfio " BDF ": locked memory: 135 MiB needed (128 MiB guest RAM, 7 MiB DMA "
		"tables), limit is 64 MiB: raise it with \"ulimit -l 137536\" or LimitMEMLOCK=");
	cr_assert(eq(int, fake_at("open /dev/vfio/vfio"), -1));
	cr_assert(eq(int, fake_at("write driver_override"), -1));
	cr_assert(eq(int, fake_at("madvise 23"), -1));
}

Test(passthrough, more_groups_than_bridges)
{
	struct options opt;
	char bdf[16];

	opt = *fx_options(ONE);
	opt.nvfio = SPAPR_MAX_PHBS + 1;
	opt.vfio = calloc(opt.nvfio, sizeof(*opt.vfio));
	for (size_t i = 0; i < opt.nvfio; i++) {
		struct machine *m;

		snprintf(bdf, sizeof(bdf), "%04zx:02:00.0", i + 16);
		fake_hostdev_new(FAKE_NVME, bdf, 100 + (int)i, "vfio-pci");
		opt.vfio[i] = (struct opt_vfio){ strdup(bdf), OPT_BIND_MANUAL, true };
		if (i + 1 < opt.nvfio)
			continue;
		cr_assert(eq(int, (int)machine_create(&m, &opt), STATUS_HOST));
	}
	cr_assert(said("17 IOMMU groups: at most 16 can be passed through"), "%s", said_all());
	for (size_t i = 0; i < opt.nvfio; i++)
		free(opt.vfio[i].host);
	free(opt.vfio);
}

/* ---- running ---- */

static const char *const sets_of_hosts[] = { "machine.irqchip=xive ", "machine.irqchip=xics " };

Test(passthrough, a_guest_uses_its_disk_reboots_and_leaves_nothing)
{
	for (size_t i = 0; i < ARRAY_LEN(sets_of_hosts); i++) {
		char sets[128];

		snprintf(sets, sizeof(sets), ONE "%s", sets_of_hosts[i]);
		fake_guest(0, use_disk, NULL);
		cr_assert(eq(int, (int)fx_run(sets), STATUS_OFF), "%s", said_all());
		cr_assert(eq(int, said_errors(), 0), "%s", said_all());
		ALL_IS_GIVEN_BACK();
	}
}

static void create_window(struct guest *g)
{
	uint64_t liobn, start;

	guest_check(guest_rtas(g, "ibm,create-pe-dma-window", 5, 4, 0, BUID_HI, BUID_LO, 16, 27) ==
			    0,
		    "create");
	liobn = g->args[1];
	start = g->args[2] << 32 | g->args[3];
	guest_check(start == 1ul << 59, "where it is");
	guest_check(guest_hcall(g, H_PUT_TCE, 3, liobn, start, 0x30003ul) == H_SUCCESS, "put");
	guest_check(fake_dma(26, start, true) != NULL, "reaches");
	guest_rtas(g, "system-reboot", 0, 1);
}

static void after_reboot(struct guest *g)
{
	if (g->starts == 1)
		create_window(g);
	guest_check(fake_windows() == 1, "a dynamic window outlives the reboot");
	guest_check(fake_live_tces() == 0, "a mapping outlives the reboot");
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

Test(passthrough, a_reboot_takes_windows_and_mappings)
{
	fake_guest(0, after_reboot, NULL);
	cr_assert(eq(int, (int)fx_run(ONE), STATUS_OFF), "%s", said_all());
	ALL_IS_GIVEN_BACK();
}

Test(passthrough, bulk_calls_in_the_kernel_do_the_same)
{
	fake_guest(0, use_disk, NULL);
	cr_assert(eq(int, (int)fx_run(ONE "machine.tce=kernel"), STATUS_OFF), "%s", said_all());
	cr_assert(eq(int, fake_count("VFIO_IOMMU_MAP_DMA"), 0));
	ALL_IS_GIVEN_BACK();
}

Test(passthrough, nested_hosts_and_those_with_small_pages)
{
	static const enum fake_host_id hosts[] = { FAKE_L1, FAKE_P9_4K, FAKE_P10_64K, FAKE_HASH };

	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		fake_host(hosts[i]);
		nvme = fake_hostdev_new(FAKE_NVME, BDF, 26, "nvme");
		fake_guest(0, use_disk, NULL);
		cr_assert(eq(int, (int)fx_run(ONE), STATUS_OFF), "host %zu: %s", i, said_all());
		ALL_IS_GIVEN_BACK();
	}
}

/* ---- the host wants it back ---- */

static void device_is_wanted(struct guest *g)
{
	guest_unmask(g, LISN_EPOW);
	guest_check(fake_request_device(nvme), "nobody listens");
	guest_wait_irq(g, LISN_EPOW);
	guest_check(guest_rtas(g, "check-exception", 6, 1, 0x500, LISN_EPOW, 0x40000000u, 0,
			       0x30000, 2048) == 0,
		    "check-exception");
	guest_check(fake_request_device(nvme), "nobody listens"); /* that is no second signal */
	guest_wait_ms(g, 300);
	*(bool *)g->ctx = true;
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

Test(passthrough, a_device_that_the_host_wants_back_powers_the_guest_off)
{
	bool by_itself = false;

	fake_guest(0, device_is_wanted, &by_itself);
	cr_assert(eq(int, (int)fx_run(ONE "machine.irqchip=xics"), STATUS_OFF), "%s", said_all());
	cr_assert(by_itself, "it lost power");
	cr_assert(said("vfio " BDF ": the host wants the device back"), "%s", said_all());
	cr_assert(said("asked the guest to power off"), "%s", said_all());
	cr_assert(not(said("pulling the plug")), "%s", said_all());
	ALL_IS_GIVEN_BACK();
}

static void device_is_wanted_in_vain(struct guest *g)
{
	guest_unmask(g, LISN_EPOW);
	guest_check(fake_request_device(nvme), "nobody listens");
	guest_check(!guest_wait_ms(g, 300), "something came");
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

Test(passthrough, or_the_host_waits_where_the_user_wants_that)
{
	fake_guest(0, device_is_wanted_in_vain, NULL);
	cr_assert(eq(int, (int)fx_run(ONE "vfio.0.on_unbind=ignore machine.irqchip=xics"),
		     STATUS_OFF),
		  "%s", said_all());
	cr_assert(said("vfio " BDF ": the host wants the device back"), "%s", said_all());
	cr_assert(not(said("asked the guest")), "%s", said_all());
	ALL_IS_GIVEN_BACK();
}

/* ---- who had the driver ---- */

#define NOTE "/run/spapr-vmm/" BDF ".driver"

Test(passthrough, what_a_crashed_run_took_is_given_back_at_the_end_of_the_next)
{
	struct machine *m;

	strcpy(nvme->driver, "vfio-pci");
	strcpy(nvme->override, "vfio-pci");
	fake_text(NOTE, "nvme\n");
	m = fx_machine(ONE);
	cr_assert(eq(str, nvme->driver, "vfio-pci"));
	machine_destroy(m);
	ALL_IS_GIVEN_BACK();
	cr_assert(eq(ptr, pointer(fake_text_of(NOTE)), NULL));
}

/* The host's driver would meet a device that does not answer: that can end the host. */
Test(passthrough, a_device_that_a_crashed_run_left_in_reset_is_not_given_back_so)
{
	struct machine *m;

	strcpy(nvme->driver, "vfio-pci");
	strcpy(nvme->override, "vfio-pci");
	fake_text(NOTE, "nvme\n");
	fake_vfio.eeh_held = true;
	fake_vfio.eeh = false; /* nobody can release it */
	cr_assert(eq(int, (int)machine_create(&m, fx_options(ONE)), STATUS_HOST), "%s", said_all());
	cr_assert(said(BDF ": the device does not answer"), "%s", said_all());
	cr_assert(said(BDF ": does not answer, so nvme does not get it back"), "%s", said_all());
	cr_assert(eq(str, nvme->driver, "vfio-pci"));
	cr_assert(eq(str, chars(fake_text_of(NOTE)), "nvme\n"));
	fake_vfio.eeh = true; /* the next start can */
	m = fx_machine(ONE);
	machine_destroy(m);
	ALL_IS_GIVEN_BACK();
}

Test(passthrough, a_second_vmm_leaves_the_first_its_device)
{
	struct machine *first = fx_machine(ONE), *second;

	cr_assert(eq(int, (int)machine_create(&second, &fx.opt), STATUS_HOST), "%s", said_all());
	cr_assert(said("VFIO group 26 is in use by another program"), "%s", said_all());
	cr_assert(eq(int, said_errors(), 1), "%s", said_all());
	cr_assert(eq(str, nvme->driver, "vfio-pci"));
	cr_assert(eq(str, chars(fake_text_of(NOTE)), "nvme\n"));
	machine_destroy(first);
	ALL_IS_GIVEN_BACK();
}

/* The tree needs the device, but none of the guest's memory. */
Test(passthrough, a_tree_is_made_without_pinning_and_not_while_the_guest_runs)
{
	struct machine *m = fx_machine(ONE);
	int populated = fake_count("madvise 23");

	cr_assert(eq(int, (int)machine_dump_dtb(&fx.opt, fx_path("t.dtb")), STATUS_HOST));
	cr_assert(said("VFIO group 26 is in use by another program"), "%s", said_all());
	cr_assert(eq(int, fake_count("madvise 23"), populated));
	cr_assert(eq(str, nvme->driver, "vfio-pci"));
	cr_assert(eq(str, chars(fake_text_of(NOTE)), "nvme\n"));
	machine_destroy(m);
	ALL_IS_GIVEN_BACK();
	cr_assert(eq(int, (int)machine_dump_dtb(&fx.opt, fx_path("t.dtb")), STATUS_OFF));
	cr_assert(eq(int, fake_count("VFIO_IOMMU_SPAPR_REGISTER_MEMORY"), 1));
	ALL_IS_GIVEN_BACK();
}

/* ---- several functions ---- */

Test(passthrough, functions_of_one_group_share_a_bridge_others_have_their_own)
{
	struct fake_hostdev *second = fake_hostdev_new(FAKE_E1000E, "0004:01:00.1", 26, "e1000e");
	struct machine *m;
	const struct phb *phb;

	fake_hostdev_new(FAKE_E1000E, "0005:01:00.0", 27, "");
	m = fx_machine(ONE "vfio.1.host=0005:01:00.0 vfio.2.host=0004:01:00.1");
	phb = spapr_first_phb(&m->sp);
	cr_assert(eq(u32, m->sp.nphbs, 2));
	cr_assert(eq(u32, phb->nfuncs, 2));
	cr_assert(eq(u8, phb->funcs[0]->devfn, 0));
	cr_assert(eq(u8, phb->funcs[1]->devfn, 1));
	phb = spapr_find_phb(&m->sp, (uint32_t)(phb->buid >> 32), (uint32_t)phb->buid + 1);
	cr_assert(eq(u32, phb->nfuncs, 1));
	cr_assert(eq(int, fake_containers(), 2));
	cr_assert(eq(u64, fake_pinned(), 128 * MiB)); /* once */
	machine_destroy(m);
	cr_assert(eq(str, second->driver, "e1000e"));
	/* Every function is quiet first, then groups go. */
	cr_assert(lt(int, fake_last_at("VFIO_DEVICE_RESET device 0004:01:00.0"),
		     fake_at("GROUP_DEL 27")));
	cr_assert(lt(int, fake_last_at("VFIO_DEVICE_RESET device 0005:01:00.0"),
		     fake_at("GROUP_DEL 26")));
	ALL_IS_GIVEN_BACK();
}
