/* SPDX-License-Identifier: BSD-2-Clause */
/* host.c, kvm/facts.c: CPU facts from /proc/device-tree and KVM. */
#include "tests/unit/vmm/machine/fixture.h"

#include "vmm/kvm/facts.h"
#include "vmm/machine/host.h"

TestSuite(host, .init = fake_reset, .timeout = 10);

#define CPU0 "/proc/device-tree/cpus/PowerPC,POWER9@0/"
#define PVR_POWER9 0x004e1202u

static void serve32(const char *path, uint32_t v)
{
	uint8_t b[4];

	be32_store(b, v);
	fake_serve(path, b, sizeof(b));
}

Test(host, power_is_told_by_its_cpu_nodes)
{
	cr_assert(host_is_power());
	fake_host(FAKE_NOT_POWER);
	cr_assert(not(host_is_power()));
	cr_assert(eq(int, fake_open_fds(), 0));
}

Test(host, numbers_are_read_from_one_line_files)
{
	uint64_t v = 7;

	fake_serve("/sys/x", "123\n", 4);
	cr_assert(eq(int, host_read_number("/sys/x", &v), 0));
	cr_assert(eq(u64, v, 123));
	cr_assert(eq(int, host_read_number("/sys/none", &v), -ENOENT));
	cr_assert(eq(u64, v, 123));
	cr_assert(eq(int, fake_open_fds(), 0));
}

Test(host, facts_are_the_hosts_own)
{
	struct cpu_facts f;

	serve32(CPU0 "timebase-frequency", 500000000);
	serve32(CPU0 "d-cache-size", 0x10000);
	serve32(CPU0 "i-cache-line-size", 64);
	cr_assert(eq(int, host_cpu_facts(&f, PVR_POWER9, OPT_CPU_HOST), 0));
	cr_assert(eq(u64, f.timebase_hz, 500000000));
	cr_assert(eq(u64, f.clock_hz, 1000000000));
	cr_assert(eq(u32, f.l1d.size, 0x10000));
	cr_assert(eq(u32, f.l1i.line, 64));
	cr_assert(eq(u32, f.dec_bits, 56));
	cr_assert(eq(u32, f.version, PVR_POWER9));
	cr_assert(eq(u32, f.pvr, PVR_POWER9));
}

Test(host, a_host_without_dec_bits_has_a_small_decrementer)
{
	struct cpu_facts f;

	fake_serve(CPU0 "ibm,dec-bits", NULL, 0);
	cr_assert(eq(int, host_cpu_facts(&f, PVR_POWER9, OPT_CPU_HOST), 0));
	cr_assert(eq(u32, f.dec_bits, 32));
}

/* A property of a wrong length is not believed. */
Test(host, a_property_of_another_size_leaves_the_default)
{
	struct cpu_facts f;

	fake_serve(CPU0 "timebase-frequency", "\1\2\3", 3);
	fake_serve(CPU0 "d-cache-size", "\0\0\0\1\0\0\0\0", 8);
	cr_assert(eq(int, host_cpu_facts(&f, PVR_POWER9, OPT_CPU_HOST), 0));
	cr_assert(eq(u64, f.timebase_hz, 512000000));
	cr_assert(eq(u32, f.l1d.size, 32 * KiB));
}

/* A partition in POWER9 mode on POWER10: its KVM runs no guest of a newer mode. */
Test(host, in_a_compatibility_mode_the_guest_has_the_hosts_mode)
{
	struct cpu_facts f;

	fake_host(FAKE_L1_COMPAT);
	said_catch(LOG_DEBUG);
	for (int opt = OPT_CPU_HOST; opt <= OPT_CPU_POWER9; opt++) {
		cr_assert(eq(int, host_cpu_facts(&f, 0x00800200, (enum opt_cpu)opt), 0));
		cr_assert(eq(str, chars(f.model->name), chars("POWER9")));
		cr_assert(eq(u32, f.version, 0x0f000005));
		cr_assert(eq(u32, f.pvr, 0x00800200));
	}
	for (int opt = OPT_CPU_POWER10; opt <= OPT_CPU_POWER11; opt++)
		cr_assert(eq(int, host_cpu_facts(&f, 0x00800200, (enum opt_cpu)opt), -ENOTSUP));
	cr_assert(said("this host is a POWER9 and cannot be a POWER11"));
}

/* The mode is enough: a processor that came after this program runs what its mode says. */
Test(host, a_processor_of_tomorrow_in_a_known_mode)
{
	struct cpu_facts f;

	serve32(CPU0 "cpu-version", 0x0f000007);
	cr_assert(eq(int, host_cpu_facts(&f, 0x00990100, OPT_CPU_HOST), 0));
	cr_assert(eq(str, chars(f.model->name), chars("POWER11")));
	cr_assert(eq(u32, f.version, 0x0f000007));
	said_catch(LOG_DEBUG);
	serve32(CPU0 "cpu-version", 0x0f000008);
	cr_assert(eq(int, host_cpu_facts(&f, 0x00990100, OPT_CPU_HOST), -ENOTSUP));
	cr_assert(said("CPU with PVR 0x0f000008: not a generation"));
}

struct facts_case {
	uint32_t pvr;
	enum opt_cpu opt;
	int result;
	char model[16];
	uint32_t version;
};

ParameterizedTestParameters(host, the_guests_cpu_is_the_hosts_or_an_older_one)
{
	static struct facts_case cases[] = {
		{ PVR_POWER9, OPT_CPU_HOST, 0, "POWER9", PVR_POWER9 },
		{ PVR_POWER9, OPT_CPU_POWER9, 0, "POWER9", 0x0f000005 },
		{ PVR_POWER9, OPT_CPU_POWER10, -ENOTSUP, "", 0 },
		{ 0x00800200, OPT_CPU_HOST, 0, "POWER10", 0x00800200 },
		{ 0x00800200, OPT_CPU_POWER9, 0, "POWER9", 0x0f000005 },
		{ 0x00800200, OPT_CPU_POWER10, 0, "POWER10", 0x0f000006 },
		{ 0x00820001, OPT_CPU_POWER10, 0, "POWER10", 0x0f000006 },
		{ PVR_POWER9, OPT_CPU_POWER11, -ENOTSUP, "", 0 },
		{ 0x00800200, OPT_CPU_POWER11, -ENOTSUP, "", 0 },
		{ 0x00820001, OPT_CPU_POWER11, 0, "POWER11", 0x0f000007 },
		{ 0x00820001, OPT_CPU_HOST, 0, "POWER11", 0x00820001 },
		{ 0x004d0200, OPT_CPU_HOST, -ENOTSUP, "", 0 }, /* POWER8 */
		{ 0x12345678, OPT_CPU_HOST, -ENOTSUP, "", 0 },
	};

	return cr_make_param_array(struct facts_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct facts_case *p, host, the_guests_cpu_is_the_hosts_or_an_older_one)
{
	struct cpu_facts f;

	said_catch(LOG_DEBUG);
	cr_assert(eq(int, host_cpu_facts(&f, p->pvr, p->opt), p->result));
	cr_assert(eq(int, said_errors(), p->result < 0));
	if (p->result < 0)
		return;
	cr_assert(eq(str, chars(f.model->name), p->model));
	cr_assert(eq(u32, f.version, p->version));
	cr_assert(eq(u32, f.pvr, p->pvr));
}

Test(host, kvm_tells_page_sizes_and_characteristics)
{
	static const uint32_t first[] = { 12, 0, 3, 12, 0, 16, 7, 24, 56, 16, 0x110, 2 };
	struct kvm_caps caps;
	struct cpu_facts f;
	struct kvm_vm vm;

	cr_assert(eq(int, fx_kvm_open(&vm), 0));
	caps = fx_caps(&vm);
	cr_assert(eq(int, host_cpu_facts(&f, PVR_POWER9, OPT_CPU_HOST), 0));
	kvm_facts_read(&f, &vm, &caps);
	cr_assert(eq(u32, f.nap, 4));
	cr_assert(eq(u32, f.ap[1], 0xa0000010));
	cr_assert(eq(u32, f.nsps, 21));
	for (size_t i = 0; i < ARRAY_LEN(first); i++)
		cr_assert(eq(u32, f.sps[i], first[i]), "cell %zu", i);
	cr_assert(eq(u64, f.character, 0x8800000000000000));
	cr_assert(eq(u64, f.behaviour, 0xc000000000000000));
	kvm_vm_close(&vm);
	cr_assert(eq(int, fake_open_fds(), 0));
}

/* Not knowing is no reason to leave a barrier out. */
Test(host, without_characteristics_the_guest_is_told_the_worst)
{
	struct kvm_caps caps;
	struct cpu_facts f;
	struct kvm_vm vm;

	fake_set_cap(KVM_CAP_PPC_GET_CPU_CHAR, 0);
	said_catch(LOG_DEBUG);
	cr_assert(eq(int, fx_kvm_open(&vm), 0));
	caps = fx_caps(&vm);
	cr_assert(eq(int, host_cpu_facts(&f, PVR_POWER9, OPT_CPU_HOST), 0));
	kvm_facts_read(&f, &vm, &caps);
	cr_assert(eq(u64, f.character, 0));
	cr_assert(eq(u64, f.behaviour,
		     KVM_PPC_CPU_BEHAV_FAVOUR_SECURITY | KVM_PPC_CPU_BEHAV_L1D_FLUSH_PR |
			     KVM_PPC_CPU_BEHAV_BNDS_CHK_SPEC_BAR));
	kvm_vm_close(&vm);
}
