/* SPDX-License-Identifier: BSD-2-Clause */
/* choices.c: what a guest is on which host, and how it is said. */
#include "tests/unit/vmm/machine/fixture.h"
#include "vmm/machine/choices.h"
#include "vmm/machine/machine_impl.h"

TestSuite(choices, .init = fx_setup, .fini = fx_teardown, .timeout = 30);

struct choice {
	enum fake_host_id host;
	char sets[80];
	uint32_t missing[2]; /* capabilities taken away */
	enum exit_status status;
	char said[96]; /* among the messages */
};

ParameterizedTestParameters(choices, host_and_options_decide)
{
	static struct choice cases[] = {
		{ FAKE_P9_64K, "", { 0 }, STATUS_OFF, "info: machine: mmu: radix" },
		{ FAKE_P9_64K, "", { 0 }, STATUS_OFF, "irqchip: xive, in the kernel" },
		{ FAKE_P9_64K,
		  "machine.irqchip=xics",
		  { 0 },
		  STATUS_OFF,
		  "irqchip: xics, in the kernel\n" },
		{ FAKE_P9_64K,
		  "machine.irqchip=xive",
		  { 0 },
		  STATUS_OFF,
		  "irqchip: xive, in the kernel" },
		{ FAKE_P9_4K,
		  "",
		  { 0 },
		  STATUS_OFF,
		  "irqchip: xics, in the kernel (xive needs a host kernel with 64K pages)" },
		{ FAKE_P9_4K, "machine.irqchip=xics", { 0 }, STATUS_OFF, "irqchip: xics" },
		{ FAKE_P9_4K,
		  "machine.irqchip=xive",
		  { 0 },
		  STATUS_HOST,
		  "64 KiB pages cannot be mapped on this host's kernel with 4 KiB pages" },
		{ FAKE_L1, "", { 0 }, STATUS_OFF, "irqchip: xics, in the kernel\n" },
		{ FAKE_L1,
		  "machine.irqchip=xive",
		  { 0 },
		  STATUS_HOST,
		  "irqchip: xive: this host's KVM does not offer it: use irqchip = \"xics\"" },
		{ FAKE_L1,
		  "",
		  { KVM_CAP_IRQ_XICS },
		  STATUS_HOST,
		  "no in-kernel controller: a kernel with CONFIG_KVM_XICS is needed" },
		{ FAKE_P9_64K,
		  "machine.irqchip=xics",
		  { KVM_CAP_IRQ_XICS },
		  STATUS_HOST,
		  "irqchip: xics: this host's KVM does not offer it" },
		{ FAKE_P9_64K, "", { KVM_CAP_IRQ_XICS }, STATUS_OFF, "irqchip: xive" },
		{ FAKE_P10_64K, "", { 0 }, STATUS_OFF, "irqchip: xive, in the kernel" },
		{ FAKE_HASH, "", { 0 }, STATUS_OFF, "mmu: hash" },
		{ FAKE_HASH,
		  "machine.mmu=radix",
		  { 0 },
		  STATUS_HOST,
		  "mmu: this host translates by hash and cannot run a radix guest" },
		{ FAKE_P9_64K, "machine.mmu=hash", { 0 }, STATUS_OFF, "mmu: hash" },
		{ FAKE_L1,
		  "machine.mmu=hash",
		  { 0 },
		  STATUS_HOST,
		  "mmu: this host's KVM cannot run a hash guest: use mmu = \"radix\"" },
		{ FAKE_P9_64K, "machine.mmu=radix", { 0 }, STATUS_OFF, "mmu: radix" },
		{ FAKE_NO_HV,
		  "",
		  { 0 },
		  STATUS_HOST,
		  "no KVM-HV, which wants a POWER9 host or later" },
		{ FAKE_NO_KVM, "", { 0 }, STATUS_HOST, "/dev/kvm: No such file or directory" },
		{ FAKE_NOT_POWER,
		  "",
		  { 0 },
		  STATUS_HOST,
		  "host: this is not a POWER machine: run on" },
		{ FAKE_P9_64K,
		  "machine.cpu=power10",
		  { 0 },
		  STATUS_HOST,
		  "machine.cpu: this host is a POWER9 and cannot be a POWER10" },
		{ FAKE_P10_64K, "machine.cpu=power9", { 0 }, STATUS_OFF, "mmu: radix" },
		{ FAKE_P9_64K,
		  "machine.vcpus=8 machine.threads_per_core=4",
		  { 0 },
		  STATUS_OFF,
		  "smt: 2 cores of 4 threads" },
		{ FAKE_P9_64K,
		  "machine.vcpus=8 machine.threads_per_core=8",
		  { KVM_CAP_PPC_SMT_POSSIBLE },
		  STATUS_HOST,
		  "this host's KVM does not offer 8 threads a core" },
		{ FAKE_P9_64K,
		  "",
		  { KVM_CAP_PPC_PAPR },
		  STATUS_HOST,
		  "KVM_CAP_PPC_PAPR is missing: this kernel's KVM runs no pseries guests" },
		{ FAKE_P9_64K,
		  "",
		  { KVM_CAP_IMMEDIATE_EXIT, KVM_CAP_ONE_REG },
		  STATUS_HOST,
		  "KVM_CAP_IMMEDIATE_EXIT is missing" },
		{ FAKE_P9_64K,
		  "",
		  { KVM_CAP_PPC_ENABLE_HCALL },
		  STATUS_OFF,
		  "warning: kvm: KVM_CAP_PPC_ENABLE_HCALL is missing" },
		{ FAKE_P9_64K, "", { KVM_CAP_PPC_GET_CPU_CHAR }, STATUS_OFF, "uses all of them" },
		{ FAKE_P9_64K,
		  "",
		  { KVM_CAP_PPC_HWRNG, KVM_CAP_PPC_RPT_INVALIDATE },
		  STATUS_OFF,
		  "mmu: radix" },
		{ FAKE_P9_64K,
		  "machine.irqchip=xics",
		  { KVM_CAP_PPC_RTAS },
		  STATUS_OFF,
		  "KVM_CAP_PPC_RTAS is missing: XICS guests cannot route interrupts" },
	};

	return cr_make_param_array(struct choice, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct choice *p, choices, host_and_options_decide)
{
	enum exit_status status;
	struct machine *m;

	fake_host(p->host);
	for (size_t i = 0; i < ARRAY_LEN(p->missing) && p->missing[i]; i++)
		fake_set_cap(p->missing[i], 0);
	status = machine_create(&m, fx_options(p->sets));
	cr_assert(eq(int, (int)status, (int)p->status), "%s", said_all());
	cr_assert(said(p->said), "wanted: %s\ngot: %s", p->said, said_all());
	cr_assert(eq(int, said_errors() > 0, status != STATUS_OFF), "%s", said_all());
	machine_destroy(m);
	FX_NOTHING_LEFT();
}

Test(choices, more_vcpus_than_kvm_runs_are_refused)
{
	struct machine *m;

	fake_set_cap(KVM_CAP_MAX_VCPUS, 8);
	machine_destroy(fx_machine("machine.vcpus=8"));
	cr_assert(eq(int, (int)machine_create(&m, fx_options("machine.vcpus=9")), STATUS_HOST));
	cr_assert(said("vcpus: 9 are more than this host's KVM can run (8)"), "%s", said_all());
}

Test(choices, what_kvm_cannot_serve_is_not_announced)
{
	struct machine *m;

	fake_set_cap(KVM_CAP_PPC_ENABLE_HCALL, 0);
	m = fx_machine("");
	cr_assert(not(m->sp.cfg.hwrng));
	cr_assert(not(m->sp.cfg.rpt_invalidate));
	machine_destroy(m);
	fake_set_cap(KVM_CAP_PPC_ENABLE_HCALL, 1);
	fake_set_cap(KVM_CAP_PPC_AIL_MODE_3, 0);
	m = fx_machine("");
	cr_assert(m->sp.cfg.hwrng);
	cr_assert(m->sp.cfg.rpt_invalidate);
	cr_assert(not(m->sp.cfg.ail3));
	machine_destroy(m);
}

/* Linked at 0, and it runs anywhere. */
static const struct elf_spec bare = {
	.type = ET_DYN,
	.segments = { { PT_LOAD, 0x1000, 0, 0, 0x1000, 0x3000 } },
	.nsegments = 1,
};

static enum intc_kind intc_of(const char *sets)
{
	struct machine *m = fx_machine(sets);
	enum intc_kind kind = m->sp.mode.intc;

	machine_destroy(m);
	return kind;
}

Test(choices, a_program_that_is_no_linux_gets_xics_unless_it_is_told)
{
	elf_write(fx_path("vmlinux"), &bare);
	cr_assert(eq(int, (int)intc_of(""), INTC_XICS));
	cr_assert(said("irqchip: xics, in the kernel (a bare program"), "%s", said_all());
	cr_assert(eq(int, (int)intc_of("machine.irqchip=xive"), INTC_XIVE));
	elf_write_zstd(fx_path("vmlinux"), &bare);
	cr_assert(eq(int, (int)intc_of(""), INTC_XICS), "it is the same program when it is packed");
	elf_write_zstd(fx_path("vmlinux"), &elf_tiny);
	cr_assert(eq(int, (int)intc_of(""), INTC_XIVE));
	elf_write(fx_path("vmlinux"), &bare);
	fake_set_cap(KVM_CAP_IRQ_XICS, 0);
	cr_assert(eq(int, (int)intc_of(""), INTC_XIVE));
}

/* On paper nothing is asked of a host, and no part but the PAPR core is there. */
Test(choices, paper_is_radix_with_the_controller_that_was_asked_for)
{
	struct spapr sp = { 0 };

	choices_on_paper(&sp, &fx_options("machine.vcpus=8 machine.threads_per_core=4")->machine,
			 (struct guest_kind){ 0 });
	cr_assert(sp.mode.radix);
	cr_assert(eq(int, (int)sp.mode.intc, INTC_XIVE));
	cr_assert(all(eq(u32, spapr_nvcpus(&sp), 8), eq(u32, spapr_max_vcpus(&sp), 8)));
	choices_on_paper(&sp, &fx_options("machine.irqchip=xics")->machine,
			 (struct guest_kind){ 0 });
	cr_assert(eq(int, (int)sp.mode.intc, INTC_XICS));
	choices_on_paper(&sp, &fx_options("")->machine, (struct guest_kind){ .chooses = true });
	cr_assert(eq(int, (int)sp.mode.intc, INTC_XICS));
	choices_on_paper(&sp, &fx_options("machine.irqchip=xive")->machine,
			 (struct guest_kind){ .chooses = true });
	cr_assert(eq(int, (int)sp.mode.intc, INTC_XIVE));
}
