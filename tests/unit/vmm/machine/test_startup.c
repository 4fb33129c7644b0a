/* SPDX-License-Identifier: BSD-2-Clause */
/* startup.c: every phase, and every call in them refused once. */
#include "tests/unit/vmm/machine/fixture.h"
#include "vmm/machine/machine_impl.h"
#include "vmm/machine/signals.h"

#include "sphapr/hcall.h"
#include "sphapr/rtas.h"

#include <signal.h>
#include <unistd.h>

TestSuite(startup, .init = fx_setup, .fini = fx_teardown, .timeout = 60);

/* Whose fault is it that this call failed? STATUS_OFF: nobody's, it can be done without. */
static bool is_right(const char *call, enum exit_status status)
{
	static const struct {
		const char *begin;
		enum exit_status blame;
		bool tolerated;
	} rules[] = {
		{ "open /proc", STATUS_OFF, true },
		{ "open /sys", STATUS_OFF, true },
		{ "list /proc/device-tree", STATUS_OFF, true },
		{ "madvise", STATUS_OFF, true },
		{ "read", STATUS_OFF, true },
		{ "unlimit_memlock", STATUS_OFF, true },
		{ "open /tmp", STATUS_USAGE },
		{ "file_size", STATUS_USAGE },
		{ "pread", STATUS_USAGE },
		{ "epoll", STATUS_INTERNAL },
		{ "eventfd", STATUS_INTERNAL },
		{ "timerfd", STATUS_INTERNAL },
		{ "random", STATUS_INTERNAL },
		{ "KVM_CHECK_EXTENSION", STATUS_HOST, true },
		{ "KVM_PPC_GET", STATUS_OFF, true },
		{ "KVM_ENABLE_CAP vm", STATUS_HOST, true },
		{ "KVM_SET_DEVICE_ATTR xics", STATUS_HOST, true }, /* the number of servers */
		{ "", STATUS_HOST },
	};
	size_t i = 0;

	while (strncmp(call, rules[i].begin, strlen(rules[i].begin)) != 0)
		i++;
	return status == rules[i].blame || (rules[i].tolerated && status == STATUS_OFF);
}

struct injected {
	char sets[80];
	enum fake_host_id host;
	int err;
};

ParameterizedTestParameters(startup, every_call_that_fails_is_undone)
{
	static struct injected cases[] = {
		{ "machine.vcpus=2 machine.irqchip=xive", FAKE_P9_64K, -ENOMEM },
		{ "machine.vcpus=2 machine.irqchip=xive", FAKE_P9_64K, -EINVAL },
		{ "machine.vcpus=2 machine.irqchip=xics", FAKE_P9_4K, -ENOMEM },
		{ "machine.vcpus=2 machine.irqchip=xics", FAKE_P9_4K, -EIO },
		{ "machine.vcpus=4 machine.threads_per_core=4", FAKE_P10_64K, -EPERM },
		{ "machine.cpu=power9 machine.numa=[0]", FAKE_P10_64K, -EBUSY },
		{ "machine.huge_pages=auto", FAKE_L1, -ENOENT },
	};

	return cr_make_param_array(struct injected, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct injected *p, startup, every_call_that_fails_is_undone)
{
	enum exit_status status;
	struct machine *m;
	unsigned int n = 0;

	fake_host(p->host);
	fake_set_huge_pages(2 * MiB, 1000);
	fx_options(p->sets);
	do {
		said_forget();
		fake_fail_nth(++n, p->err);
		m = (void *)1;
		status = machine_create(&m, &fx.opt);
		if (status == STATUS_OFF)
			machine_destroy(m);
		else
			cr_assert(eq(ptr, m, NULL));
		FX_NOTHING_OPEN();
		if (!fake_has_failed())
			continue;
		cr_assert(is_right(fake_failed_call(), status), "call %u, %s: status %d, %s", n,
			  fake_failed_call(), (int)status, said_all());
		/* One fault, one line: more would hide it. */
		cr_assert(eq(int, said_errors(), status != STATUS_OFF), "call %u, %s: %s", n,
			  fake_failed_call(), said_all());
	} while (fake_has_failed());
	cr_assert(eq(int, (int)status, STATUS_OFF), "%s", said_all());
	cr_assert(gt(uint, n, 60u), "so few calls?");
	FX_NOTHING_LEFT();
}

/* The thread of the signals stays. */
static void get_signal(void)
{
	cr_assert(eq(int, signals_catch(), 0));
	fx.threads = fx_threads();
	cr_assert(eq(int, kill(getpid(), SIGTERM), 0));
	while (!signals_end_came())
		usleep(1000);
}

/* The phases behind it may be long ones. */
Test(startup, a_signal_while_a_kernel_is_unpacked_ends_it_there)
{
	struct machine *m = (void *)1;

	elf_write_zstd(fx_path("vmlinux"), &elf_tiny);
	get_signal();
	cr_assert(eq(int, (int)machine_create(&m, fx_options("")), STATUS_OFF));
	cr_assert(eq(ptr, m, NULL));
	cr_assert(eq(int, fake_count("KVM_CREATE_VCPU"), 0));
	cr_assert(eq(int, said_errors(), 0), "%s", said_all());
	FX_NOTHING_OPEN();
}

Test(startup, a_signal_in_a_start_leaves_no_machine)
{
	struct machine *m = (void *)1;

	get_signal();
	cr_assert(eq(int, (int)machine_create(&m, fx_options("")), STATUS_OFF));
	cr_assert(eq(ptr, m, NULL));
	FX_NOTHING_OPEN();
}

/* ---- what each phase asks for ---- */

Test(startup, vcpu_numbers_are_cores_times_smt_mode_plus_threads)
{
	machine_destroy(fx_machine("machine.vcpus=4 machine.threads_per_core=2"));
	cr_assert(lt(int, fake_at("KVM_ENABLE_CAP vm 64 0x2"), fake_at("KVM_CREATE_VCPU vm 0")));
	cr_assert(ge(int, fake_at("KVM_ENABLE_CAP vm 64 0x2"), 0));
	for (int i = 0; i < 4; i++) {
		char line[32];

		snprintf(line, sizeof(line), "KVM_CREATE_VCPU vm %d", i);
		cr_assert(eq(int, fake_count(line), 1), "%s", line);
	}
	cr_assert(eq(int, fake_count("KVM_CREATE_VCPU"), 4));
}

Test(startup, too_few_open_files_for_the_vcpus_names_the_limit)
{
	struct machine *m;

	fake_fail_all("KVM_CREATE_VCPU", -EMFILE);
	cr_assert(eq(int, (int)machine_create(&m, fx_options("machine.vcpus=2")), STATUS_HOST));
	cr_assert(said("vCPU 0: Too many open files: each vCPU is one, and the limit is 4096: "
		       "\"ulimit -Hn 258\""),
		  "%s", said_all());
	FX_NOTHING_LEFT();
}

Test(startup, a_compatibility_mode_is_set_before_a_vcpu_runs)
{
	struct machine *m;

	fake_host(FAKE_P10_64K);
	m = fx_machine("machine.cpu=power9 machine.vcpus=2");
	cr_assert(eq(u64, fake_one_reg(0, KVM_REG_PPC_ARCH_COMPAT), 0x0f000005));
	cr_assert(eq(u64, fake_one_reg(1, KVM_REG_PPC_ARCH_COMPAT), 0x0f000005));
	machine_destroy(m);
	cr_assert(eq(int, fake_count("KVM_RUN"), 0));
}

/* Of a host's mode, where the host is a partition in one, without a word in the configuration. */
Test(startup, the_hosts_own_mode_is_set_for_every_vcpu)
{
	struct machine *m;

	fake_host(FAKE_L1_COMPAT);
	m = fx_machine("machine.vcpus=2");
	cr_assert(eq(u64, fake_one_reg(0, KVM_REG_PPC_ARCH_COMPAT), 0x0f000005));
	cr_assert(eq(u64, fake_one_reg(1, KVM_REG_PPC_ARCH_COMPAT), 0x0f000005));
	machine_destroy(m);
}

/* Of KVM, so far. */
static int ioctls(void)
{
	static const char *const names[] = {
		"KVM_CREATE_VCPU", "KVM_ENABLE_CAP",  "KVM_SET_DEVICE_ATTR",
		"KVM_GET_REGS",    "KVM_SET_REGS",    "KVM_GET_SREGS",
		"KVM_SET_SREGS",   "KVM_GET_ONE_REG", "KVM_SET_ONE_REG",
	};
	int n = 0;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		n += fake_count(names[i]);
	return n;
}

/* Each vCPU of a start costs the same few, however many there are. */
Test(startup, a_vcpu_costs_three_or_four_ioctls)
{
	static const struct {
		const char *few, *many;
		int each;
	} cases[] = {
		/* KVM_CREATE_VCPU, KVM_ENABLE_CAP twice; under XIVE a source for its IPIs */
		{ "machine.vcpus=8", "machine.vcpus=240", 4 },
		{ "machine.vcpus=8 machine.threads_per_core=8",
		  "machine.vcpus=240 machine.threads_per_core=8", 4 },
		{ "machine.vcpus=8 machine.irqchip=xics", "machine.vcpus=240 machine.irqchip=xics",
		  3 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int before = ioctls(), few;

		machine_destroy(fx_machine(cases[i].few));
		few = ioctls() - before;
		before = ioctls();
		machine_destroy(fx_machine(cases[i].many));
		cr_assert(eq(int, ioctls() - before - few, 232 * cases[i].each), "%s",
			  cases[i].many);
	}
}

Test(startup, kvm_serves_the_calls_of_the_rows_that_say_so)
{
	struct machine *m = fx_machine("machine.irqchip=xics");
	const struct hcall_desc *h;
	const struct rtas_desc *d;
	int kernel = 0;

	for (size_t i = 0; (h = hcall_row(&m->sp, i)); i++)
		if (h->nr <= 0x488)
			cr_assert(eq(int, fake_hcall_is_enabled(h->nr),
				     h->server != HCALL_USER && h->server != HCALL_KERNEL_BULK),
				  "%s", h->name);
	/* There it would reach memory slots that are no RAM. */
	cr_assert(not(fake_hcall_is_enabled(H_PAGE_INIT)));
	for (uint32_t i = 0; (d = rtas_row(i)); i++)
		if (d->fn == rtas_in_kernel) {
			cr_assert(eq(u32, fake_rtas_token(d->name), RTAS_TOKEN_BASE + i));
			kernel++;
		}
	cr_assert(eq(int, kernel, 4));
	machine_destroy(m);
}

Test(startup, xive_guests_have_no_rtas_calls_in_the_kernel)
{
	struct machine *m = fx_machine("machine.irqchip=xive");

	cr_assert(eq(u32, fake_rtas_token("ibm,set-xive"), 0));
	machine_destroy(m);
}

Test(startup, bulk_tce_in_the_kernel_is_asked_for_and_warned_of)
{
	machine_destroy(fx_machine("machine.tce=checked"));
	cr_assert(eq(int, fake_count("KVM_ENABLE_CAP vm 104 0x13c"), 0));
	machine_destroy(fx_machine("machine.tce=kernel"));
	cr_assert(eq(int, fake_count("KVM_ENABLE_CAP vm 104 0x13c"), 1));
	cr_assert(eq(int, fake_count("KVM_ENABLE_CAP vm 104 0x138"), 1));
	cr_assert(said("a hostile guest can crash the host"), "%s", said_all());
}

Test(startup, second_watchpoints_are_enabled_where_there_are_two)
{
	machine_destroy(fx_machine(""));
	cr_assert(eq(int, fake_count("KVM_ENABLE_CAP vm 194"), 0));
	fake_host(FAKE_P10_64K);
	machine_destroy(fx_machine(""));
	cr_assert(eq(int, fake_count("KVM_ENABLE_CAP vm 194"), 1));
}

struct many {
	char sets[80];
};

ParameterizedTestParameters(startup, the_tree_has_room_for_every_vcpu)
{
	static struct many cases[] = {
		{ "machine.vcpus=2048" },
		{ "machine.vcpus=2048 machine.threads_per_core=8" },
		{ "machine.vcpus=300 machine.irqchip=xics machine.mmu=hash" },
	};

	return cr_make_param_array(struct many, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct many *p, startup, the_tree_has_room_for_every_vcpu)
{
	machine_destroy(fx_machine(p->sets));
	FX_NOTHING_LEFT();
}

Test(startup, an_unknown_cpu_ends_the_start)
{
	struct machine *m;

	fake_set_pvr(0x004d0200); /* POWER8 */
	cr_assert(eq(int, (int)machine_create(&m, fx_options("")), STATUS_HOST));
	cr_assert(said("CPU with PVR 0x004d0200: not a generation this program knows"), "%s",
		  said_all());
	FX_NOTHING_LEFT();
}

/* ---- what a start reads of other people's files, it reads without rights ---- */

Test(startup, a_kernel_is_loaded_in_the_sandbox)
{
	struct machine *m = fx_machine("");

	cr_assert(ge(int, fake_at("seccomp"), 0));
	cr_assert(gt(int, fake_last_at("pread"), fake_last_at("seccomp")));
	machine_destroy(m);
	FX_NOTHING_LEFT();
}

Test(startup, what_a_guest_wrote_to_its_disk_is_read_in_the_sandbox_alone)
{
	static const char toml[] = "[machine]\nmemory = \"128MiB\"\nhuge_pages = \"off\"\n"
				   "[console]\nbackend = \"none\"\n"
				   "[[disk]]\npath = \"disk\"\n";
	static uint8_t disk[MiB];
	struct machine *m;

	file_write(fx.config, toml, sizeof(toml) - 1);
	file_write(fx_path("disk"), disk, sizeof(disk));
	cr_assert(eq(int, (int)machine_create(&m, fx_options("")), STATUS_USAGE));
	cr_assert(said("none of the 1 disks boots"), "%s", said_all());
	cr_assert(ge(int, fake_at("seccomp"), 0));
	cr_assert(gt(int, fake_at("preadv"), fake_last_at("seccomp")));
	FX_NOTHING_LEFT();
}
