/* SPDX-License-Identifier: BSD-2-Clause */
/* machine.c: a guest from its first instruction to each of its ends, reboots, and teardown. */
#include "tests/unit/vmm/machine/fixture.h"

#include "sphapr/hcall.h"

TestSuite(machine, .init = fx_setup, .fini = fx_teardown, .timeout = 60);

static void off(struct guest *g)
{
	guest_rtas(g, "power-off", 2, 1, 0xffffffff, 0xffffffff);
	guest_check(false, "an instruction after power-off");
}

Test(machine, power_off_ends_with_status_0)
{
	fake_guest(0, off, NULL);
	cr_assert(eq(int, (int)fx_run(""), STATUS_OFF));
	cr_assert(eq(int, said_errors(), 0), "%s", said_all());
}

static void write_text(struct guest *g, gpa_t gpa, const char *text)
{
	guest_write(g, gpa, text, strlen(text) + 1);
}

static void panic(struct guest *g)
{
	write_text(g, 0x20000, "Kernel panic - not syncing: sysrq triggered crash");
	guest_rtas(g, "ibm,os-term", 1, 1, 0x20000);
	guest_check(false, "an instruction after ibm,os-term");
}

Test(machine, a_panic_ends_with_status_4_and_its_text)
{
	fake_guest(0, panic, NULL);
	cr_assert(eq(int, (int)fx_run(""), STATUS_CRASH));
	cr_assert(said("guest crashed: Kernel panic - not syncing: sysrq triggered crash"), "%s",
		  said_all());
	cr_assert(eq(int, said_errors(), 1));
}

static void reboot_once(struct guest *g)
{
	guest_rtas(g, "system-reboot", 0, 1);
}

Test(machine, on_reboot_exit_ends_with_status_5)
{
	fake_guest(0, reboot_once, NULL);
	cr_assert(eq(int, (int)fx_run("machine.on_reboot=exit"), STATUS_REBOOT));
}

struct boots {
	unsigned int wanted;
	int fds, mappings, entries;
	uint64_t mapped;
};

#define DIRTY 0x3000000

/* A new machine each time: memory zero again, the kernel loaded, the secondary stopped. */
static void reboot_n(struct guest *g)
{
	struct boots *b = g->ctx;
	uint8_t byte = 1;
	int fds;

	guest_read(g, DIRTY, &byte, 1);
	guest_check(byte == 0, "memory survives a reboot");
	guest_read(g, 0, &byte, 1);
	guest_check(byte == elf_byte(0x1000), "the kernel is not loaded again");
	guest_read(g, 0x1000, &byte, 1);
	guest_check(byte == 0, "BSS is not zero");
	byte = 0xee;
	guest_write(g, DIRTY, &byte, 1);
	guest_write(g, 0, &byte, 1);
	guest_write(g, 0x1000, &byte, 1);
	guest_check(guest_rtas(g, "query-cpu-stopped-state", 1, 2, 1) == 0, "query");
	guest_check(g->args[1] == 0, "the secondary runs at boot");
	guest_check(guest_rtas(g, "start-cpu", 3, 1, 1, 0x100, g->starts) == 0, "start-cpu");
	guest_check(guest_hcall(g, H_SET_MODE, 4, 1ul, 4ul, 0ul, 0ul) == H_SUCCESS, "H_SET_MODE");
	fds = fake_open_fds();
	if (g->starts == 2) {
		b->fds = fds;
		b->mappings = fake_mappings();
		b->mapped = fake_mapped();
		b->entries = fx_entries("/proc/self/fd");
	} else if (g->starts > 2) {
		guest_check(fds == b->fds, "descriptors grow");
		guest_check(fake_mappings() == b->mappings, "mappings grow");
		guest_check(fake_mapped() == b->mapped, "mapped bytes grow");
		guest_check(fx_entries("/proc/self/fd") == b->entries, "real descriptors grow");
	}
	if (g->starts <= b->wanted)
		guest_rtas(g, "system-reboot", 0, 1);
	else
		guest_rtas(g, "power-off", 2, 1, 0, 0);
}

static void secondary(struct guest *g)
{
	guest_check(g->pc == 0x100 && g->r3 >= 1, "the entry of start-cpu");
	guest_wait(g);
}

struct reboot_case {
	char sets[64];
};

ParameterizedTestParameters(machine, twenty_reboots_leave_no_trace)
{
	static struct reboot_case cases[] = {
		{ "machine.vcpus=2 machine.irqchip=xive" },
		{ "machine.vcpus=2 machine.irqchip=xics" },
	};

	return cr_make_param_array(struct reboot_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct reboot_case *p, machine, twenty_reboots_leave_no_trace)
{
	struct boots b = { .wanted = 20 };

	fake_guest(0, reboot_n, &b);
	fake_guest(1, secondary, NULL);
	cr_assert(eq(int, (int)fx_run(p->sets), STATUS_OFF), "%s", said_all());
	cr_assert(eq(int, said_errors(), 0), "%s", said_all());
}

/* ---- teardown ---- */

#define BEFORE(first, second)                                                                      \
	do {                                                                                       \
		cr_assert(ge(int, fake_last_at(first), 0), first);                                 \
		cr_assert(ge(int, fake_at(second), 0), second);                                    \
		cr_assert(lt(int, fake_last_at(first), fake_at(second)), first " first");          \
	} while (0)

Test(machine, teardown_is_the_reverse_of_setup)
{
	fake_guest(0, off, NULL);
	cr_assert(eq(int, (int)fx_run("machine.vcpus=2 machine.irqchip=xive"), STATUS_OFF));
	BEFORE("KVM_RUN vcpu 0", "munmap vcpu 0");
	BEFORE("KVM_RUN vcpu 0", "close vcpu 1");
	BEFORE("munmap vcpu 0", "close vcpu 0");
	BEFORE("close vcpu 1", "close epoll_create");
	BEFORE("close epoll_create", "close xive");
	BEFORE("munmap xive", "close xive");
	BEFORE("close xive", "close vm");
	BEFORE("close vm", "close kvm");
	/* The slot pointed into it. The first such line gives back what alignment did not need. */
	cr_assert(lt(int, fake_at("close kvm"), fake_last_at("munmap anonymous")));
}

Test(machine, a_machine_that_never_ran_is_taken_down, .timeout = 10)
{
	machine_destroy(fx_machine("machine.vcpus=4"));
	FX_NOTHING_LEFT();
	machine_destroy(NULL);
}

Test(machine, two_machines_live_in_one_process)
{
	struct machine *a = fx_machine(""), *b;
	struct options first = fx.opt;

	fx.has_opt = false; /* a goes on using them */
	b = fx_machine("machine.vcpus=2");
	machine_destroy(a);
	options_free(&first);
	machine_destroy(b);
	FX_NOTHING_LEFT();
}

/* ---- what can fail at a reboot ---- */

static void reboot_into_failure(struct guest *g)
{
	if (g->starts > 1) {
		guest_check(false, "the guest runs after a reboot that failed");
		guest_rtas(g, "power-off", 2, 1, 0, 0);
	}
	fake_fail_all(g->ctx, -EIO);
	guest_rtas(g, "system-reboot", 0, 1);
}

struct broken {
	char call[48];
};

ParameterizedTestParameters(machine, a_reboot_that_fails_ends_with_status_1)
{
	static struct broken cases[] = {
		{ "KVM_SET_DEVICE_ATTR xive" },
		{ "KVM_PPC_CONFIGURE_V3_MMU vm" },
		{ "random" },
	};

	return cr_make_param_array(struct broken, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct broken *p, machine, a_reboot_that_fails_ends_with_status_1)
{
	fake_guest(0, reboot_into_failure, p->call);
	cr_assert(eq(int, (int)fx_run(""), STATUS_INTERNAL), "%s: %s", p->call, said_all());
	cr_assert(ge(int, said_errors(), 1), "%s", p->call);
}
