/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * findings.c, findings_vfio.c: on each host that cannot run a guest, a start and `check` find the same,
 * and say it in the same words.
 */
#include "tests/unit/vmm/machine/passthrough_fixture.h"

#include <criterion/redirect.h>

static void setup(void)
{
	pt_setup();
	cr_redirect_stdout();
	fx.fds = fx_entries("/proc/self/fd");
}

TestSuite(findings, .init = setup, .fini = fx_teardown, .timeout = 110);

/* ---- hosts with a fault ---- */

static void nothing(void)
{
}

static void no_group(void)
{
	nvme->group = -1;
}

static void neighbour_is_driven(void)
{
	fake_hostdev_new(FAKE_E1000E, "0004:01:00.1", 26, "e1000e");
}

static void vfio_pci_is_not_loaded(void)
{
	fake_driver_unload("vfio-pci");
}

static void no_right_to_bind(void)
{
	fake_fail_all("open /sys/bus/pci/devices/" BDF "/driver_override", -EACCES);
}

static void disk_is_mounted(void)
{
	fake_class_device("block", "nvme0n1", BDF);
	fake_text("/proc/mounts", "/dev/nvme0n1 / ext4 rw 0 0\n");
}

static void no_driver(void)
{
	nvme->driver[0] = '\0';
}

static void is_bound(void)
{
	strcpy(nvme->driver, "vfio-pci");
}

static void group_is_taken(void)
{
	is_bound();
	fake_group_take(26, true);
}

static void no_right_on_the_group(void)
{
	is_bound();
	fake_group_deny(26, -EACCES);
}

static void group_does_not_open(void)
{
	is_bound();
	fake_group_deny(26, -ENFILE);
}

static void no_container(void)
{
	fake_vfio.open_err = -ENOENT;
}

static void no_right_on_the_container(void)
{
	fake_vfio.open_err = -EACCES;
}

static void no_v2(void)
{
	fake_vfio.has_spapr = false;
}

static void no_dynamic_windows(void)
{
	is_bound();
	fake_vfio.attach_err = -EINVAL;
}

static void no_tce_iommu(void)
{
	is_bound();
	fake_vfio.attach_err = -ENODEV;
}

static void does_not_answer(void)
{
	is_bound();
	fake_vfio.eeh_held = true;
	fake_vfio.eeh = false;
}

static void lost_its_bars(void)
{
	is_bound();
	fake_vfio.eeh_held = true;
	fake_vfio.eeh_loses_bars = true;
}

static void too_little_locked_memory(void)
{
	fake_set_memlock(64 * MiB);
}

static void kvm_hv_is_not_loaded(void)
{
	fake_host(FAKE_NO_HV);
}

static void no_kvm(void)
{
	fake_host(FAKE_NO_KVM);
}

static void not_power(void)
{
	fake_host(FAKE_NOT_POWER);
}

static void no_register_access(void)
{
	fake_set_cap(KVM_CAP_ONE_REG, 0);
}

static void no_controller(void)
{
	fake_set_cap(KVM_CAP_IRQ_XICS, 0);
	fake_set_cap(KVM_CAP_PPC_IRQ_XIVE, 0);
}

static void eight_vcpus_at_most(void)
{
	fake_set_cap(KVM_CAP_MAX_VCPUS, 8);
}

static void eight_ids_at_most(void)
{
	fake_set_cap(KVM_CAP_MAX_VCPU_ID, 8);
}

static void one_thread_a_core(void)
{
	fake_set_cap(KVM_CAP_PPC_SMT_POSSIBLE, 1);
}

static void no_xive(void)
{
	fake_set_cap(KVM_CAP_PPC_IRQ_XIVE, 0);
}

static void no_xics(void)
{
	fake_set_cap(KVM_CAP_IRQ_XICS, 0);
}

static void no_large_pages(void)
{
	fake_host(FAKE_P9_4K);
}

static void hash_only(void)
{
	fake_host(FAKE_HASH);
}

static void radix_only(void)
{
	fake_host(FAKE_L1);
}

#define MANUAL ONE "vfio.0.bind=manual"
#define ABSENT "vfio.0.host=0009:01:00.0"

static const struct state {
	void (*make)(void);
	const char *sets;
	bool runs;
} states[] = {
	{ nothing, ONE, .runs = true },
	{ is_bound, MANUAL, .runs = true },
	{ nothing, ABSENT },
	{ no_group, ONE },
	{ neighbour_is_driven, ONE },
	{ nothing, MANUAL },
	{ no_driver, MANUAL },
	{ vfio_pci_is_not_loaded, ONE },
	{ no_right_to_bind, ONE },
	{ disk_is_mounted, ONE },
	{ group_is_taken, ONE },
	{ group_is_taken, MANUAL },
	{ no_right_on_the_group, ONE },
	{ group_does_not_open, MANUAL },
	{ no_container, ONE },
	{ no_right_on_the_container, ONE },
	{ no_v2, ONE },
	{ no_dynamic_windows, MANUAL },
	{ no_tce_iommu, ONE },
	{ does_not_answer, ONE },
	{ lost_its_bars, MANUAL },
	{ too_little_locked_memory, ONE },
	{ kvm_hv_is_not_loaded, "" },
	{ no_kvm, "" },
	{ no_controller, "" },
	{ no_controller, "machine.irqchip=xive" },
	{ eight_vcpus_at_most, "machine.vcpus=8", .runs = true },
	{ eight_vcpus_at_most, "machine.vcpus=9" },
	{ eight_ids_at_most, "machine.vcpus=9" },
	{ one_thread_a_core, "machine.vcpus=8 machine.threads_per_core=8" },
	{ no_xive, "machine.irqchip=xive" },
	{ no_xics, "machine.irqchip=xics" },
	{ no_large_pages, "machine.irqchip=xive" },
	{ hash_only, "machine.mmu=radix" },
	{ radix_only, "machine.mmu=hash" },
	{ not_power, "" },
	{ no_register_access, "" },
};

/* ---- the two sinks ---- */

/* What a start's only complaint says, without the words in front that a list leaves out. */
static const char *complaint(void)
{
	static const char *const left_out[] = { "error: ", "machine: ", "vfio " };
	static char line[1024];
	const char *at = said_all();

	while (strncmp(at, "info: ", 6) == 0 || strncmp(at, "warning: ", 9) == 0)
		at = strchr(at, '\n') + 1;
	for (size_t i = 0; i < ARRAY_LEN(left_out); i++)
		if (strncmp(at, left_out[i], strlen(left_out[i])) == 0)
			at += strlen(left_out[i]);
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
	return line;
}

/* A line of @text that begins with FAIL and ends in @what. */
static bool has_failed_line(const char *text, const char *what)
{
	for (const char *at = text; (at = strstr(at, "FAIL ")); at++) {
		const char *end = at + strcspn(at, "\n");
		size_t len = strlen(what);

		if ((at == text || at[-1] == '\n') && (size_t)(end - at) > len &&
		    strncmp(end - len, what, len) == 0)
			return true;
	}
	return false;
}

static enum exit_status start(const struct state *s)
{
	enum exit_status status;
	struct machine *m = NULL;

	s->make();
	status = machine_create(&m, fx_options(s->sets));
	machine_destroy(m);
	FX_NOTHING_LEFT();
	return status;
}

/* What `check` prints. */
static const char *check(enum exit_status *status)
{
	static char text[16384];
	FILE *out;

	*status = machine_check(&fx.opt, false);
	FX_NOTHING_LEFT();
	fflush(stdout);
	out = cr_get_redirected_stdout();
	text[fread(text, 1, sizeof(text) - 1, out)] = '\0';
	return text;
}

ParameterizedTestParameters(findings, a_start_and_check_judge_alike)
{
	static int numbers[ARRAY_LEN(states)];

	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		numbers[i] = (int)i;
	return cr_make_param_array(int, numbers, ARRAY_LEN(states));
}

ParameterizedTest(int *number, findings, a_start_and_check_judge_alike)
{
	const struct state *s = &states[*number];
	enum exit_status started = start(s), checked;
	const char *said = complaint(), *text;

	cr_assert(eq(int, (int)started, s->runs ? STATUS_OFF : STATUS_HOST), "%d: %s", *number,
		  said_all());
	cr_assert(eq(int, said_errors(), !s->runs), "%d: %s", *number, said_all());
	text = check(&checked);
	cr_assert(eq(int, (int)checked, (int)started), "%d: %s", *number, text);
	if (s->runs)
		cr_assert(eq(ptr, strstr(text, "FAIL"), NULL), "%d: %s", *number, text);
	else
		cr_assert(has_failed_line(text, said), "%d: a start: %s\ncheck: %s", *number, said,
			  text);
	fake_vfio.eeh_held = false; /* as it was before */
	cr_assert(eq(str, (char *)(uintptr_t)fake_vfio_left(), ""), "%d: %s", *number, text);
	cr_assert(eq(str, (char *)(uintptr_t)fake_faults(), ""), "%d: %s", *number, text);
}
