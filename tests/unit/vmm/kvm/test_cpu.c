/* SPDX-License-Identifier: BSD-2-Clause */
/* kvm/cpu.c and cpu_reset.c: a vCPU without a machine around it. */
#include "tests/unit/vmm/machine/fixture.h"

#include "vmm/kvm/cpu.h"
#include "vmm/kvm/dev.h"

static struct kvm_vm vm;
static struct kvm_cpu cpu;

static void setup(void)
{
	fake_reset();
	said_catch(LOG_DEBUG);
	cr_assert(eq(int, fx_kvm_open(&vm), 0));
}

static void teardown(void)
{
	kvm_vm_close(&vm);
	cr_assert(eq(int, fake_open_fds(), 0));
	cr_assert(eq(int, fake_mappings(), 0));
}

TestSuite(cpu, .init = setup, .fini = teardown, .timeout = 10);

Test(cpu, every_step_of_opening_is_undone)
{
	unsigned int n = 0;

	do {
		int fds = fake_open_fds(), r;

		fake_fail_nth(++n, -ENOMEM);
		r = kvm_cpu_open(&cpu, &vm, n);
		cr_assert(eq(int, r, fake_has_failed() ? -ENOMEM : 0), "call %u", n);
		if (r == 0)
			kvm_cpu_close(&cpu);
		cr_assert(eq(int, fake_open_fds(), fds), "call %u", n);
		cr_assert(eq(int, fake_mappings(), 0), "call %u", n);
	} while (fake_has_failed());
	cr_assert(eq(uint, n, 4u));
}

Test(cpu, numbers_are_unique_and_bounded)
{
	struct kvm_cpu other;

	cr_assert(eq(int, kvm_cpu_open(&cpu, &vm, 3), 0));
	cr_assert(eq(int, kvm_cpu_open(&other, &vm, 3), -EEXIST));
	cr_assert(eq(int, kvm_cpu_open(&other, &vm, 2048), -EINVAL));
	cr_assert(eq(int, kvm_vm_enable(&vm, KVM_CAP_PPC_SMT, 4, 0), -EBUSY));
	kvm_cpu_close(&cpu);
}

Test(cpu, a_vcpu_outside_papr_mode_does_not_run)
{
	int fd = sys_ioctl(vm.fd, KVM_CREATE_VCPU, NULL);

	cr_assert(eq(int, sys_ioctl(fd, KVM_RUN, NULL), -EINVAL));
	sys_close(fd);
}

static int answers;

static void caller(struct guest *g)
{
	answers += guest_hcall(g, 0x54, 1, 0ul) == 42 && g->args[0] == 7;
	guest_wait(g);
}

Test(cpu, completing_an_exit_takes_its_answer_and_runs_no_further)
{
	struct kvm_regs regs;

	fake_guest(0, caller, NULL);
	cr_assert(eq(int, kvm_cpu_open(&cpu, &vm, 0), 0));
	cr_assert(eq(int, kvm_cpu_run(&cpu), 0));
	cr_assert(eq(u32, cpu.run->exit_reason, KVM_EXIT_PAPR_HCALL));
	cpu.run->papr_hcall.ret = 42;
	cpu.run->papr_hcall.args[0] = 7;
	cr_assert(eq(int, kvm_cpu_complete(&cpu), 0));
	cr_assert(eq(u8, cpu.run->immediate_exit, 0));
	cr_assert(eq(int, kvm_cpu_get_regs(&cpu, &regs), 0));
	cr_assert(eq(u64, regs.gpr[3], 42));
	cr_assert(eq(u64, regs.gpr[4], 7));
	cr_assert(eq(int, answers, 0));
	cr_assert(eq(int, kvm_cpu_complete(&cpu), 0)); /* nothing pending: nothing happens */
	kvm_cpu_close(&cpu);
}

Test(cpu, immediate_exit_comes_before_the_guest)
{
	cr_assert(eq(int, kvm_cpu_open(&cpu, &vm, 0), 0));
	cpu.run->immediate_exit = 1;
	cr_assert(eq(int, kvm_cpu_run(&cpu), -EINTR));
	cpu.run->immediate_exit = 0;
	kvm_cpu_close(&cpu);
}

Test(cpu, the_pvr_is_read_and_any_other_refused)
{
	uint32_t pvr = 0;

	cr_assert(eq(int, kvm_cpu_open(&cpu, &vm, 0), 0));
	cr_assert(eq(int, kvm_cpu_pvr(&cpu, &pvr), 0));
	cr_assert(eq(u32, pvr, 0x004e1202));
	kvm_cpu_close(&cpu);
}

/* ---- reset ---- */

static uint64_t get(uint64_t reg)
{
	uint64_t v[2] = { 0 };

	cr_assert(eq(int, kvm_cpu_get(&cpu, reg, v), 0));
	return v[0];
}

static void dirty(uint64_t reg, uint64_t a, uint64_t b)
{
	uint64_t v[2] = { a, b };

	cr_assert(eq(int, kvm_cpu_set(&cpu, reg, v), 0), "0x%llx", (unsigned long long)reg);
}

Test(cpu, reset_clears_every_vector_register_and_no_neighbour)
{
	cr_assert(eq(int, kvm_cpu_open(&cpu, &vm, 0), 0));
	for (uint64_t i = 0; i < 32; i++) {
		dirty(KVM_REG_PPC_VSR(i), 1 + i, 2 + i);
		dirty(KVM_REG_PPC_VR(i), 3 + i, 4 + i);
	}
	cr_assert(eq(int, kvm_cpu_reset(&cpu, false), 0));
	for (uint64_t i = 0; i < 32; i++) {
		cr_assert(eq(u64, get(KVM_REG_PPC_VSR(i)), 0));
		cr_assert(eq(u64, get(KVM_REG_PPC_VR(i)), 0));
	}
	/* Numbers 0x80 to 0x9f are no vector registers. */
	cr_assert(eq(int, fake_count("KVM_SET_ONE_REG vcpu 0 0x1040000000000080"), 0));
	cr_assert(eq(int, fake_count("KVM_SET_ONE_REG vcpu 0 0x104000000000008d"), 0));
	kvm_cpu_close(&cpu);
}

/* KVM refuses to forget the VPA before what hangs on it. */
Test(cpu, reset_takes_the_virtual_processor_areas_back_in_order)
{
	cr_assert(eq(int, kvm_cpu_open(&cpu, &vm, 0), 0));
	dirty(KVM_REG_PPC_VPA_ADDR, 0x10000, 0);
	dirty(KVM_REG_PPC_VPA_SLB, 0x10400, 1024);
	dirty(KVM_REG_PPC_VPA_DTL, 0x10800, 1024);
	cr_assert(eq(int, kvm_cpu_reset(&cpu, false), 0));
	cr_assert(eq(u64, get(KVM_REG_PPC_VPA_ADDR), 0));
	cr_assert(eq(u64, get(KVM_REG_PPC_VPA_SLB), 0));
	cr_assert(eq(u64, get(KVM_REG_PPC_VPA_DTL), 0));
	kvm_cpu_close(&cpu);
}

struct reg_case {
	uint64_t reg, dirt, want;
};

ParameterizedTestParameters(cpu, reset_brings_registers_to_their_values)
{
	static struct reg_case cases[] = {
		{ KVM_REG_PPC_DSCR, 5, 0 },
		{ KVM_REG_PPC_AMR, 5, 0 },
		{ KVM_REG_PPC_IAMR, 5, 0 },
		{ KVM_REG_PPC_PID, 5, 0 },
		{ KVM_REG_PPC_PSPB, 5, 0 },
		{ KVM_REG_PPC_CIABR, 5, 0 },
		{ KVM_REG_PPC_DAWR, 8, 0 },
		{ KVM_REG_PPC_TAR, 5, 0 },
		{ KVM_REG_PPC_FSCR, 5, 0 },
		{ KVM_REG_PPC_PTCR, 5, 0 },
		{ KVM_REG_PPC_MMCR0, 5, 0x80000000 },
		{ KVM_REG_PPC_PMC1, 5, 0 },
		{ KVM_REG_PPC_PMC6, 5, 0 },
		{ KVM_REG_PPC_FPSCR, 5, 0 },
		{ KVM_REG_PPC_VRSAVE, 5, 0 },
		{ KVM_REG_PPC_DSISR, 5, 0 },
		{ KVM_REG_PPC_ARCH_COMPAT, 0x0f000005,
		  0x0f000005 }, /* the machine's, not the guest's */
		{ KVM_REG_PPC_TB_OFFSET, 1 << 24, 1 << 24 },
	};

	return cr_make_param_array(struct reg_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct reg_case *p, cpu, reset_brings_registers_to_their_values)
{
	cr_assert(eq(int, kvm_cpu_open(&cpu, &vm, 0), 0));
	dirty(p->reg, p->dirt, 0);
	cr_assert(eq(int, kvm_cpu_reset(&cpu, false), 0));
	cr_assert(eq(u64, fake_one_reg(0, p->reg), p->want));
	kvm_cpu_close(&cpu);
}

Test(cpu, reset_fails_when_kvm_does)
{
	cr_assert(eq(int, kvm_cpu_open(&cpu, &vm, 0), 0));
	fake_fail_all("KVM_SET_ONE_REG vcpu 0", -EIO);
	cr_assert(eq(int, kvm_cpu_reset(&cpu, false), -EIO));
	fake_fail_all("KVM_SET_SREGS vcpu 0", -EIO);
	cr_assert(eq(int, kvm_cpu_reset(&cpu, false), -EIO));
	fake_fail_all(NULL, 0);
	/* An XICS presenter that is not there. */
	cr_assert(eq(int, kvm_cpu_reset(&cpu, true), -ENXIO));
	kvm_cpu_close(&cpu);
}

Test(cpu, a_vcpu_connects_once_and_to_the_right_device)
{
	uint32_t n = 1;
	int fd = kvm_dev_create(&vm, KVM_DEV_TYPE_XIVE);

	cr_assert(eq(int, kvm_dev_set(fd, KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_NR_SERVERS, &n), 0));
	cr_assert(eq(int, kvm_cpu_open(&cpu, &vm, 0), 0));
	cr_assert(eq(int, kvm_cpu_connect(&cpu, KVM_CAP_IRQ_XICS, fd), -EPERM));
	cr_assert(eq(int, kvm_cpu_connect(&cpu, KVM_CAP_PPC_IRQ_XIVE, 999), -EBADF));
	cr_assert(eq(int, kvm_cpu_connect(&cpu, KVM_CAP_PPC_IRQ_XIVE, vm.fd), -EPERM));
	cr_assert(eq(int, kvm_cpu_connect(&cpu, KVM_CAP_PPC_IRQ_XIVE, fd), 0));
	cr_assert(eq(int, kvm_cpu_connect(&cpu, KVM_CAP_PPC_IRQ_XIVE, fd), -EBUSY));
	cr_assert(eq(int, kvm_dev_set(fd, KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_NR_SERVERS, &n),
		     -EBUSY));
	kvm_cpu_close(&cpu);
	cr_assert(eq(int, kvm_cpu_open(&cpu, &vm, 1), 0));
	cr_assert(eq(int, kvm_cpu_connect(&cpu, KVM_CAP_PPC_IRQ_XIVE, fd), -EINVAL));
	kvm_cpu_close(&cpu);
	sys_close(fd);
}
