/* SPDX-License-Identifier: BSD-2-Clause */
/* kvm/vm.c, dev.c and cpu.c: thin, so mostly what they say and leave behind; and how strict KVM is. */
#include "tests/unit/vmm/machine/fixture.h"

#include "vmm/kvm/dev.h"

static struct kvm_vm vm;

static void setup(void)
{
	fake_reset();
	said_catch(LOG_DEBUG);
}

TestSuite(vm, .init = setup, .timeout = 10);

struct open_case {
	enum fake_host_id host;
	int open, api; /* 0: as the host */
	int result;
	char said[96];
};

ParameterizedTestParameters(vm, opening_says_what_to_do)
{
	static struct open_case cases[] = {
		{ FAKE_P9_64K, 0, 0, 0, "" },
		{ FAKE_NO_KVM, 0, 0, -ENOENT, "\"modprobe kvm_hv\"" },
		{ FAKE_P9_64K, -ENODEV, 0, -ENODEV, "\"modprobe kvm_hv\"" },
		{ FAKE_P9_64K, -EACCES, 0, -EACCES, "\"usermod -aG kvm USER\"" },
		{ FAKE_P9_64K, -EMFILE, 0, -EMFILE, "/dev/kvm: Too many open files" },
		{ FAKE_NO_HV, 0, 0, -EINVAL, "no KVM-HV, which wants a POWER9 host or later" },
		{ FAKE_P9_64K, 0, 11, -ENOTSUP, "API version 11, but this program speaks 12" },
	};

	return cr_make_param_array(struct open_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct open_case *p, vm, opening_says_what_to_do)
{
	fake_host(p->host);
	if (p->open)
		fake_set_kvm_open(p->open);
	fake_set_api_version(p->api);
	cr_assert(eq(int, fx_kvm_open(&vm), p->result));
	cr_assert(said(p->said), "%s", said_all());
	cr_assert(eq(int, said_errors(), p->result < 0));
	cr_assert(eq(int, fake_open_fds(), p->result == 0 ? 2 : 0));
	kvm_vm_close(&vm);
	kvm_vm_close(&vm);
	cr_assert(eq(int, fake_open_fds(), 0));
}

Test(vm, every_step_of_opening_is_undone)
{
	unsigned int n = 0;
	int r;

	do {
		said_forget();
		fake_fail_nth(++n, -ENOTTY);
		r = fx_kvm_open(&vm);
		kvm_vm_close(&vm);
		cr_assert(eq(int, fake_open_fds(), 0), "call %u", n);
		cr_assert(eq(int, said_errors(), fake_has_failed()), "call %u: %s", n, said_all());
		cr_assert(eq(int, r < 0, fake_has_failed()), "call %u", n);
	} while (fake_has_failed());
	cr_assert(eq(uint, n, 5u)); /* open, version, create, size; and none */
}

/* ---- memory slots, as strict as KVM ---- */

struct slot_case {
	gpa_t gpa;
	uint64_t size, offset; /* into a page-aligned area */
	int result;
};

ParameterizedTestParameters(vm, a_slot_is_whole_pages_and_overlaps_no_other)
{
	static struct slot_case cases[] = {
		{ 0x200000, 0x10000, 0, 0 },      { 0x201000, 0x10000, 0, -EINVAL },
		{ 0x200000, 0x1000, 0, -EINVAL }, { 0x200000, 0x10000, 0x1000, -EINVAL },
		{ 0xf0000, 0x20000, 0, -EEXIST }, { 0x110000, 0x10000, 0, -EEXIST },
		{ 0x120000, 0x10000, 0, 0 },      { UINT64_MAX - 0xffff, 0x20000, 0, -EINVAL },
	};

	return cr_make_param_array(struct slot_case, cases, ARRAY_LEN(cases));
}

static bool added(int r)
{
	return r >= 0; /* 0, or the slot's number */
}

ParameterizedTest(struct slot_case *p, vm, a_slot_is_whole_pages_and_overlaps_no_other)
{
	uint8_t *area = aligned_alloc(64 * KiB, 256 * KiB);
	int r;

	cr_assert(eq(int, fx_kvm_open(&vm), 0));
	cr_assert(added(kvm_vm_add_slot(&vm, 0x100000, 0x20000, area)));
	r = kvm_vm_add_slot(&vm, p->gpa, p->size, area + p->offset);
	cr_assert(eq(int, r < 0 ? r : 0, p->result));
	/* A number that was refused is used again. */
	cr_assert(added(kvm_vm_add_slot(&vm, 0x10000000, 0x10000, area)));
	cr_assert(ne(ptr, fake_guest_memory(0x10000000, 1), NULL));
	kvm_vm_close(&vm);
	free(area);
}

/* ---- calls KVM shall serve ---- */

Test(vm, hypercalls_that_the_kernel_lacks_are_refused)
{
	cr_assert(eq(int, fx_kvm_open(&vm), 0));
	cr_assert(eq(int, kvm_vm_enable(&vm, KVM_CAP_PPC_ENABLE_HCALL, 0x31c, 1), 0));
	cr_assert(fake_hcall_is_enabled(0x31c));
	cr_assert(eq(int, kvm_vm_enable(&vm, KVM_CAP_PPC_ENABLE_HCALL, 0x31d, 1), -EINVAL));
	cr_assert(eq(int, kvm_vm_enable(&vm, KVM_CAP_PPC_ENABLE_HCALL, 0x58, 1), -EINVAL));
	cr_assert(eq(int, kvm_vm_enable(&vm, KVM_CAP_PPC_ENABLE_HCALL, 0xf000, 1), -EINVAL));
	kvm_vm_close(&vm);
}

Test(vm, rtas_tokens_are_defined_once)
{
	cr_assert(eq(int, fx_kvm_open(&vm), 0));
	cr_assert(eq(int, kvm_vm_define_rtas(&vm, "ibm,set-xive", 0x2010), 0));
	cr_assert(eq(int, kvm_vm_define_rtas(&vm, "ibm,get-xive", 0x2010), -EEXIST));
	cr_assert(eq(int, kvm_vm_define_rtas(&vm, "power-off", 0x2011), -ENOENT));
	cr_assert(eq(u32, fake_rtas_token("ibm,set-xive"), 0x2010));
	kvm_vm_close(&vm);
}

Test(vm, the_process_table_goes_into_the_partition_table_entry)
{
	cr_assert(eq(int, fx_kvm_open(&vm), 0));
	cr_assert(eq(int, kvm_vm_configure_mmu(&vm, true, true, KVM_PATE1_RADIX | 0x10000 | 4), 0));
	cr_assert(eq(u64, fake_process_table(), KVM_PATE1_RADIX | 0x10000 | 4));
	cr_assert(eq(int, kvm_vm_configure_mmu(&vm, true, true, 0x10000), -EINVAL));
	cr_assert(eq(int, kvm_vm_configure_mmu(&vm, true, true, KVM_PATE1_RADIX | 25), -EINVAL));
	kvm_vm_close(&vm);
}

/* ---- devices ---- */

Test(vm, there_is_one_interrupt_controller)
{
	int xics, xive;

	cr_assert(eq(int, fx_kvm_open(&vm), 0));
	cr_assert(eq(int, kvm_vm_irq_line(&vm, 0x1000, true), -ENXIO));
	xics = kvm_dev_create(&vm, KVM_DEV_TYPE_XICS);
	cr_assert(ge(int, xics, 0));
	xive = kvm_dev_create(&vm, KVM_DEV_TYPE_XIVE);
	cr_assert(eq(int, xive, -EEXIST));
	cr_assert(eq(int, kvm_vm_irq_line(&vm, 0x1000, true), -EINVAL));
	cr_assert(eq(int, kvm_dev_create(&vm, 99), -ENODEV));
	sys_close(xics);
	kvm_vm_close(&vm);
	cr_assert(eq(int, fake_open_fds(), 0));
}
