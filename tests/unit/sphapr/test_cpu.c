/* SPDX-License-Identifier: BSD-2-Clause */
/* cpu.c: generations by PVR, and ibm,pa-features. */
#include "sphapr/cpu.h"

#include "tests/unit/said.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <string.h>

struct pvr_case {
	uint32_t pvr;
	const char *name; /* NULL: unknown */
};

Test(cpu, generations_are_told_by_the_upper_half_of_the_pvr)
{
	static const struct pvr_case cases[] = {
		{ 0x004e0100, "POWER9" },  { 0x004e1202, "POWER9" },
		{ 0x004effff, "POWER9" },  { 0x00800100, "POWER10" },
		{ 0x00800200, "POWER10" }, { 0x00820000, "POWER11" },
		{ 0x004d0200, NULL },      { 0x004b0201, NULL },
		{ 0x0f000005, NULL },      { 0, NULL },
		{ UINT32_MAX, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct cpu_model *m = cpu_model_by_pvr(cases[i].pvr);

		cr_assert(eq(int, m != NULL, cases[i].name != NULL), "0x%x", cases[i].pvr);
		if (m) {
			cr_assert(eq(str, chars(m->name), chars(cases[i].name)));
			cr_assert(eq(ptr, pointer(cpu_model_by_name(m->name)), pointer(m)));
		}
	}
	cr_assert(eq(ptr, pointer(cpu_model_by_name("POWER8")), NULL));
}

Test(cpu, a_tree_names_a_generation_by_a_real_or_a_logical_pvr)
{
	cr_assert(eq(str, chars(cpu_model_by_version(0x0f000005)->name), chars("POWER9")));
	cr_assert(eq(str, chars(cpu_model_by_version(0x0f000006)->name), chars("POWER10")));
	cr_assert(eq(str, chars(cpu_model_by_version(0x0f000007)->name), chars("POWER11")));
	cr_assert(eq(str, chars(cpu_model_by_version(0x00800200)->name), chars("POWER10")));
	cr_assert(eq(ptr, pointer(cpu_model_by_version(0x0f000004)), NULL));
	cr_assert(eq(ptr, pointer(cpu_model_by_version(0x004d0200)), NULL));
	cr_assert(all(cpu_is_mode(0x0f000005), not(cpu_is_mode(0x004e1202)), not(cpu_is_mode(0))));
}

static size_t features(const char *model, bool radix, uint8_t *out)
{
	struct cpu_facts f;

	cpu_facts_init(&f, cpu_model_by_name(model), 0x004e1202);
	return cpu_pa_features(&f, radix, out);
}

struct model_case {
	char name[16];
};

ParameterizedTestParameters(cpu, pa_features_say_what_linux_looks_for)
{
	static struct model_case cases[] = { { "POWER9" }, { "POWER10" }, { "POWER11" } };

	return cr_make_param_array(struct model_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct model_case *p, cpu, pa_features_say_what_linux_looks_for)
{
	uint8_t with[2 + 255], without[2 + 255], *attr = with + 2;
	size_t len;

	memset(with, 0x55, sizeof(with));
	len = features(p->name, true, with);
	cr_assert(eq(sz, features(p->name, false, without), len));
	cr_assert(eq(sz, (size_t)with[0] + 2, len)); /* header: length, type 0 */
	cr_assert(eq(u8, with[1], 0));
	cr_assert(eq(u8, with[len], 0x55)); /* nothing behind */
	/* arch/powerpc/kernel/prom.c: MMU and FPU, SLB; LE; radix; stcix... */
	cr_assert(eq(u8, attr[0] & 0xe0, 0xe0));
	cr_assert(eq(u8, attr[5] & 0x80, 0x80)); /* true little endian */
	cr_assert(eq(u8, attr[22] & 0x80, 0));   /* no transactional memory */
	cr_assert(eq(u8, attr[40] & 0x80, 0x80));
	cr_assert(eq(u8, without[2 + 40] & 0x80, 0));
	attr[40] &= 0x7f;
	cr_assert(eq(int, memcmp(with, without, len), 0)); /* that bit is all the difference */
}

Test(cpu, bits_that_the_host_decides_are_set_by_its_facts)
{
	struct cpu_facts f;
	uint8_t a[2 + 255];

	cpu_facts_init(&f, cpu_model_by_name("POWER10"), 0x00800200);
	cpu_pa_features(&f, true, a);
	cr_assert(eq(u8, a[2 + 64] & 0x80, 0));
	f.dawr1 = f.htm = true;
	cpu_pa_features(&f, true, a);
	cr_assert(eq(u8, a[2 + 64] & 0x80, 0x80));
	cr_assert(eq(u8, a[2 + 22] & 0x80, 0x80));
}

Test(cpu, a_power9_has_no_second_watchpoint_on_any_host)
{
	struct cpu_facts f;
	uint8_t a[2 + 255];

	cpu_facts_init(&f, cpu_model_by_name("POWER9"), 0x00800200);
	f.dawr1 = true;
	cpu_pa_features(&f, true, a);
	cr_assert(eq(u8, a[2 + 64] & 0x80, 0));
}

Test(cpu, defaults_fill_whatever_a_host_could_leave_untold)
{
	struct cpu_facts f;

	cpu_facts_init(&f, cpu_model_by_name("POWER9"), 0x004e1202);
	cr_assert(eq(u64, f.timebase_hz, 512000000));
	cr_assert(gt(u64, f.clock_hz, 0));
	cr_assert(eq(u32, f.dec_bits, 56));
	cr_assert(eq(u32, f.nap, 4));
	cr_assert(eq(u32, f.ap[0], 12)); /* 4K: shift 12, encoding 0 */
	cr_assert(eq(u32, f.version, f.pvr));
	cr_assert(all(gt(u32, f.l1d.size, 0), gt(u32, f.l1i.line, 0), gt(u32, f.slb_size, 0)));
}
