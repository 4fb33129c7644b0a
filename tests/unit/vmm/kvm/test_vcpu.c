/* SPDX-License-Identifier: BSD-2-Clause */
/* vcpu.c and vcpu_regs.c: exits, kicks, starts and stops, as guests see them. */
#include "tests/unit/vmm/machine/fixture.h"
#include "vmm/machine/machine_impl.h"

#include "sphapr/hcall.h"

#include <stdatomic.h>

TestSuite(vcpu, .init = fx_setup, .fini = fx_teardown, .timeout = 30);

static void off(struct guest *g)
{
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

/* ---- exits ---- */

static void unknown_hcall(struct guest *g)
{
	guest_check(guest_hcall(g, 0x7fc, 2, 11ul, 12ul) == H_FUNCTION, "unknown hypercall");
	guest_check(g->args[0] == 11 && g->args[1] == 12, "arguments change");
	guest_check(g->args[8] == 0xbad0bad000000008ULL, "a register that is no argument changes");
	off(g);
}

Test(vcpu, an_unknown_hypercall_is_h_function_and_changes_no_register)
{
	fake_guest(0, unknown_hcall, NULL);
	cr_assert(eq(int, (int)fx_run(""), STATUS_OFF));
}

static void mmio(struct guest *g)
{
	guest_check(guest_load(g, 0x600000000000, 4) == 0xffffffff, "4 bytes of nothing");
	guest_check(guest_load(g, 0x600000000000, 8) == UINT64_MAX, "8 bytes of nothing");
	guest_store(g, 0x600000000000, 8, 0x1122334455667788);
	guest_check(guest_load(g, 0x600000000001, 1) == 0xff, "a byte of nothing");
	off(g);
}

Test(vcpu, an_address_without_device_reads_as_ones_and_is_said_once)
{
	fake_guest(0, mmio, NULL);
	cr_assert(eq(int, (int)fx_run(""), STATUS_OFF));
	cr_assert(eq(int, said_times("where nothing is"), 1), "%s", said_all());
}

struct fatal {
	uint32_t reason; /* exit reason, or an errno of KVM_RUN when @err */
	int err;
	uint64_t detail;
	char said[80];
};

static void die(struct guest *g)
{
	const struct fatal *f = g->ctx;

	if (f->err)
		guest_fail(g, f->err);
	else
		guest_exit(g, f->reason, f->detail);
	guest_check(false, "the guest goes on");
}

ParameterizedTestParameters(vcpu, what_cannot_go_on_is_a_crash_with_registers)
{
	static struct fatal cases[] = {
		{ KVM_EXIT_UNKNOWN, 0, 0x980, "vCPU 0: unexpected trap 0x980" },
		{ KVM_EXIT_FAIL_ENTRY, 0, 7, "vCPU 0: KVM could not enter the guest (reason 0x7)" },
		{ KVM_EXIT_INTERNAL_ERROR, 0, 0, "vCPU 0: KVM gave up (exit reason 17)" },
		{ KVM_EXIT_SHUTDOWN, 0, 0, "vCPU 0: KVM gave up (exit reason 8)" },
		{ 4711, 0, 0, "vCPU 0: KVM gave up (exit reason 4711)" },
		{ 0, -EFAULT, 0, "vCPU 0: KVM_RUN: Bad address" },
		{ 0, -EINVAL, 0, "vCPU 0: KVM_RUN: Invalid argument" },
		{ 0, -ENOMEM, 0, "vCPU 0: KVM_RUN: Cannot allocate memory" },
	};

	return cr_make_param_array(struct fatal, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct fatal *p, vcpu, what_cannot_go_on_is_a_crash_with_registers)
{
	fake_guest(0, die, p);
	cr_assert(eq(int, (int)fx_run("machine.vcpus=2"), STATUS_CRASH));
	cr_assert(said(p->said), "wanted %s, got %s", p->said, said_all());
	cr_assert(said("vCPU 0: pc 0x"), "%s", said_all());
	cr_assert(said("vCPU 0: r28 0x"), "%s", said_all());
	cr_assert(said("guest crashed: vCPU 0"), "%s", said_all());
}

/* ---- who falls while the guest ends or reboots ---- */

struct fall {
	struct machine *m;
	atomic_bool inside; /* the second CPU runs, and falls when it is to stop */
	bool fell;
};

static void start_other(struct guest *g)
{
	struct fall *f = g->ctx;

	guest_rtas(g, "start-cpu", 3, 1, 1, 0x100, 0);
	while (!f->inside)
		guest_wait_ms(g, 1);
}

static void start_other_and_reboot(struct guest *g)
{
	if (g->starts == 1) {
		start_other(g);
		guest_rtas(g, "system-reboot", 0, 1);
	}
	off(g);
}

static void start_other_and_fall(struct guest *g)
{
	start_other(g);
	guest_exit(g, KVM_EXIT_UNKNOWN, 0x980);
}

static bool goes_on(struct machine *m)
{
	bool yes;

	vcpus_lock(&m->cpus);
	yes = m->stop.why == STOP_NONE;
	vcpus_unlock(&m->cpus);
	return yes;
}

static void fall_later(struct guest *g)
{
	struct fall *f = g->ctx;

	f->inside = true;
	while (goes_on(f->m))
		usleep(1000);
	f->fell = true;
	guest_exit(g, KVM_EXIT_UNKNOWN, 0x700);
}

static enum exit_status run_two(guest_fn *first)
{
	struct fall f = { 0 };
	enum exit_status status;

	fake_guest(0, first, &f);
	fake_guest(1, fall_later, &f);
	f.m = fx_machine("machine.vcpus=2");
	status = machine_run(f.m);
	machine_destroy(f.m);
	FX_NOTHING_LEFT();
	cr_assert(f.fell);
	return status;
}

Test(vcpu, who_falls_while_the_guest_reboots_has_nothing_to_say)
{
	cr_assert(eq(int, (int)run_two(start_other_and_reboot), STATUS_OFF), "%s", said_all());
	cr_assert(said("the guest rebooted"), "%s", said_all());
	cr_assert(eq(int, said_errors(), 0), "%s", said_all());
}

Test(vcpu, only_the_first_to_fall_shows_its_registers)
{
	cr_assert(eq(int, (int)run_two(start_other_and_fall), STATUS_CRASH), "%s", said_all());
	cr_assert(said("vCPU 0: pc 0x"), "%s", said_all());
	cr_assert(not(said("vCPU 1: ")), "%s", said_all());
	cr_assert(eq(int, said_errors(), 10), "registers and the end: %s", said_all());
}

static void again(struct guest *g)
{
	guest_fail(g, -EAGAIN);
	guest_fail(g, -EINTR);
	guest_exit(g, KVM_EXIT_INTR, 0);
	off(g);
}

Test(vcpu, a_run_that_was_interrupted_goes_on)
{
	fake_guest(0, again, NULL);
	cr_assert(eq(int, (int)fx_run(""), STATUS_OFF));
}

static void bad_rtas(struct guest *g)
{
	int err = *(int *)g->ctx;
	uint8_t block[16];

	guest_check(guest_hcall_failing(g, err, H_RTAS, 1, 0x7000000000ul) == H_PARAMETER,
		    "a block outside memory");
	/* KVM refused it, but it is fine by us. */
	be32_store(block, 0x7fffffff);
	be32_store(block + 4, 0);
	be32_store(block + 8, 1);
	be32_store(block + 12, 0);
	guest_write(g, 0x8000, block, sizeof(block));
	guest_check(guest_hcall_failing(g, err, H_RTAS, 1, 0x8000ul) == H_SUCCESS, "a block");
	guest_read(g, 0x8000, block, sizeof(block));
	guest_check((int32_t)be32_load(block + 12) == -3, "the status of an unknown token");
	off(g);
}

static void other_call(struct guest *g)
{
	guest_hcall_failing(g, -EFAULT, H_GET_TERM_CHAR, 1, 0ul);
}

Test(vcpu, a_bad_rtas_block_that_kvm_refuses_is_answered)
{
	int err = -EFAULT;

	fake_guest(0, bad_rtas, &err);
	cr_assert(eq(int, (int)fx_run("machine.irqchip=xics"), STATUS_OFF), "%s", said_all());
	err = -EINVAL;
	cr_assert(eq(int, (int)fx_run("machine.irqchip=xics"), STATUS_OFF), "%s", said_all());
	fake_guest(0, other_call, NULL);
	cr_assert(eq(int, (int)fx_run("machine.irqchip=xics"), STATUS_CRASH), "%s", said_all());
}

static void failing_after_rtas(struct guest *g)
{
	guest_rtas(g, "get-time-of-day", 0, 8);
	guest_fail(g, *(int *)g->ctx);
	guest_check(false, "the guest goes on");
}

Test(vcpu, an_rtas_call_that_was_answered_is_not_answered_again)
{
	for (int err = -EFAULT; err; err = err == -EFAULT ? -EINVAL : 0) {
		fake_guest(0, failing_after_rtas, &err);
		cr_assert(eq(int, (int)fx_run("machine.irqchip=xics"), STATUS_CRASH), "%s",
			  said_all());
	}
}

/* ---- entry state ---- */

static void entry(struct guest *g)
{
	struct kvm_regs *want = g->ctx;

	want->pc = g->pc;
	want->gpr[3] = g->r3;
	off(g);
}

Test(vcpu, the_boot_cpu_enters_the_kernel_with_the_tree_in_r3)
{
	struct machine *m;
	struct kvm_regs seen = { 0 };
	uint8_t magic[4];

	fake_guest(0, entry, &seen);
	m = fx_machine("");
	cr_assert(eq(int, gmem_read(&m->mem, m->boot.plan.fdt, magic, 4), 0));
	cr_assert(eq(u32, be32_load(magic), 0xd00dfeed));
	cr_assert(eq(int, (int)machine_run(m), STATUS_OFF));
	cr_assert(eq(u64, seen.pc, m->boot.plan.kernel.entry));
	cr_assert(eq(u64, seen.gpr[3], m->boot.plan.fdt));
	cr_assert(eq(u64, fake_one_reg(0, KVM_REG_PPC_LPCR_64), 0x20000)); /* LD: dec-bits is 56 */
	machine_destroy(m);
}

Test(vcpu, a_host_with_a_small_decrementer_leaves_ld_alone)
{
	struct machine *m;

	fake_serve("/proc/device-tree/cpus/PowerPC,POWER9@0/ibm,dec-bits", NULL, 0);
	fake_guest(0, off, NULL);
	m = fx_machine("");
	cr_assert(eq(int, (int)machine_run(m), STATUS_OFF));
	cr_assert(eq(u64, fake_one_reg(0, KVM_REG_PPC_LPCR_64), 0));
	machine_destroy(m);
}
