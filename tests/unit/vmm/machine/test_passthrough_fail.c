/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine with passed-through functions, and each call to the kernel refused: nothing is left. */
#include "tests/unit/vmm/machine/passthrough_fixture.h"

TestSuite(passthrough_fail, .init = pt_setup, .fini = fx_teardown, .timeout = 110);

#define BEFORE 30 /* calls from binding the driver to the container; those of giving it back */

struct injected {
	char sets[80];
	enum fake_host_id host;
	int err;
};

ParameterizedTestParameters(passthrough_fail, every_call_that_fails_is_undone)
{
	static struct injected cases[] = {
		{ "machine.irqchip=xive", FAKE_P9_64K, -ENOMEM },
		{ "machine.irqchip=xics", FAKE_P9_4K, -EIO },
		{ "", FAKE_L1, -EPERM },
	};

	return cr_make_param_array(struct injected, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct injected *p, passthrough_fail, every_call_that_fails_is_undone)
{
	struct fake_hostdev *card;
	enum exit_status status;
	struct machine *m;
	unsigned int n = 0, ntries = 0;
	char sets[160];

	fake_host(p->host);
	nvme = fake_hostdev_new(FAKE_NVME, BDF, 26, "nvme");
	card = fake_hostdev_new(FAKE_E1000E, "0005:01:00.0", 27, "vfio-pci");
	nvme->config_size = card->config_size = 256; /* less to read */
	snprintf(sets, sizeof(sets), ONE "vfio.1.host=0005:01:00.0 vfio.1.bind=manual %s", p->sets);
	fx_options(sets);
	/* What comes before the first of our calls has its own test. */
	n = fake_calls();
	fake_fail_all("open /dev/vfio/vfio", -ENOENT);
	cr_assert(eq(int, (int)machine_create(&m, &fx.opt), STATUS_HOST));
	fake_fail_all(NULL, 0);
	n = fake_calls() - n - BEFORE;
	do {
		said_forget();
		fake_fail_nth(++n, p->err);
		ntries++;
		m = (void *)1;
		status = machine_create(&m, &fx.opt);
		if (status == STATUS_OFF)
			machine_destroy(m);
		FX_NOTHING_LEFT();
		cr_assert(eq(str, chars(fake_vfio_left()), ""), "call %u %s: %s", n,
			  fake_failed_call(), said_all());
		cr_assert(eq(str, chars(fake_faults()), ""), "call %u %s: %s", n,
			  fake_failed_call(), said_all());
		cr_assert(eq(str, card->driver, "vfio-pci"));
		if (strcmp(nvme->driver, "nvme") != 0) { /* its way back failed, which was said */
			cr_assert(said("giving it back to nvme"), "call %u %s: %s", n,
				  fake_failed_call(), said_all());
			strcpy(nvme->driver, "nvme");
			nvme->override[0] = '\0';
		}
		if (fake_has_failed() && status != STATUS_OFF)
			cr_assert(eq(int, said_errors(), 1), "call %u %s: %s", n,
				  fake_failed_call(), said_all());
		if (strncmp(fake_failed_call(), "pread", 5) == 0)
			n += 7; /* so many alike */
	} while (fake_has_failed());
	cr_assert(eq(int, (int)status, STATUS_OFF), "%s", said_all());
	cr_assert(gt(uint, ntries, 100u), "so few calls?");
}

Test(passthrough_fail, who_cannot_have_its_caretaker_says_so_once)
{
	struct machine *m;

	fake_host(FAKE_P9_64K);
	nvme = fake_hostdev_new(FAKE_NVME, BDF, 26, "nvme");
	fx_options(ONE);
	fake_fail_all("fork", -ENOMEM);
	cr_assert(eq(int, (int)machine_create(&m, &fx.opt), STATUS_HOST));
	cr_expect(eq(int, said_errors(), 1), "%s", said_all());
	cr_expect(eq(str, nvme->driver, "nvme"));
	FX_NOTHING_LEFT();
}

struct broken {
	char call[40];
	bool kept; /* fails at the end, too */
};

ParameterizedTestParameters(passthrough_fail, what_fails_while_the_guest_runs_leaves_nothing)
{
	static struct broken cases[] = {
		{ "VFIO_IOMMU_MAP_DMA", true },
		{ "VFIO_IOMMU_UNMAP_DMA", true },
		{ "VFIO_IOMMU_SPAPR_TCE_CREATE", false },
		{ "VFIO_IOMMU_SPAPR_TCE_REMOVE", true },
		{ "VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY", true },
		{ "VFIO_GROUP_UNSET_CONTAINER", true },
		{ "VFIO_EEH_PE_OP", true },
		{ "VFIO_DEVICE_SET_IRQS", true },
		{ "VFIO_DEVICE_RESET", true },
		{ "KVM_CREATE_SPAPR_TCE_64 vm", false },
		{ "KVM_IRQFD vm", true },
		{ "KVM_SET_USER_MEMORY_REGION vm", false },
		{ "GROUP_DEL 26", true },
		{ "SET_SPAPR_TCE 26", true },
		{ "pread device " BDF, true },
		{ "pwrite device " BDF, true },
		{ "eventfd", false },
	};

	return cr_make_param_array(struct broken, cases, ARRAY_LEN(cases));
}

/* A dynamic window and a mapped BAR besides. */
static void use_all(struct guest *g)
{
	guest_rtas(g, "ibm,create-pe-dma-window", 5, 4, 0, BUID_HI, BUID_LO, 16, 27);
	guest_rtas(g, "ibm,write-pci-config", 5, 1, PCI_BASE_ADDRESS_0, BUID_HI, BUID_LO, 4,
		   0x80000000u);
	guest_rtas(g, "ibm,write-pci-config", 5, 1, PCI_BASE_ADDRESS_1, BUID_HI, BUID_LO, 4, 0);
	use_disk(g);
}

/* What the guest was told is its own affair. */
ParameterizedTest(struct broken *p, passthrough_fail,
		  what_fails_while_the_guest_runs_leaves_nothing)
{
	struct machine *m;

	fake_guest(0, use_all, NULL);
	m = fx_machine(ONE);
	fake_fail_all(p->call, -EIO);
	machine_run(m);
	if (!p->kept)
		fake_fail_all(NULL, 0);
	machine_destroy(m);
	fake_fail_all(NULL, 0);
	ALL_IS_GIVEN_BACK();
}

/* ---- while threads give guest RAM its pages ---- */

Test(passthrough_fail, a_host_without_memory_is_told_in_one_line)
{
	struct machine *m;

	fake_fail_all("madvise 23", -ENOMEM);
	cr_assert(eq(int, (int)machine_create(&m, fx_options(ONE)), STATUS_HOST));
	cr_assert(said("guest RAM: Cannot allocate memory while it was populated: lower "
		       "machine.memory"),
		  "%s", said_all());
	cr_assert(eq(int, said_errors(), 1), "%s", said_all());
	cr_assert(eq(int, fake_count("VFIO_IOMMU_SPAPR_REGISTER_MEMORY"), 0));
	fake_fail_all(NULL, 0);
	ALL_IS_GIVEN_BACK();
}

struct early {
	char call[40];
};

ParameterizedTestParameters(passthrough_fail, a_start_that_fails_waits_for_its_threads)
{
	static struct early cases[] = {
		{ "open /dev/vfio/vfio" },
		{ "VFIO_GROUP_SET_CONTAINER" },
		{ "VFIO_IOMMU_SPAPR_TCE_CREATE" },
		{ "VFIO_GROUP_GET_DEVICE_FD" },
		{ "VFIO_IOMMU_SPAPR_REGISTER_MEMORY" },
	};

	return cr_make_param_array(struct early, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct early *p, passthrough_fail, a_start_that_fails_waits_for_its_threads)
{
	struct machine *m;

	fake_populates = true; /* they are at it when the call fails */
	fake_fail_all(p->call, -EIO);
	cr_assert(eq(int, (int)machine_create(&m, fx_options(ONE "machine.memory=512MiB")),
		     STATUS_HOST));
	cr_assert(eq(int, said_errors(), 1), "%s", said_all());
	fake_fail_all(NULL, 0);
	ALL_IS_GIVEN_BACK();
}
