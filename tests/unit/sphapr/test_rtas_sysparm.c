/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/rtas.h"
#include "tests/fake/platform.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#define BUF 0x4000
#define BUF_SIZE 1024

static struct fake_machine *m;
static uint8_t *buf;

static void setup(void)
{
	m = fake_machine_new(INTC_XIVE, 4, 3);
	buf = m->ram + BUF;
	memset(buf, 0x5a, BUF_SIZE);
}

static void teardown(void)
{
	fake_machine_free(m);
}

TestSuite(rtas_sysparm, .init = setup, .fini = teardown);

static int32_t get(uint32_t parameter, uint32_t gpa, uint32_t len)
{
	const uint32_t args[] = { parameter, gpa, len };

	return fake_rtas(m, "ibm,get-system-parameter", 3, args, 1, NULL);
}

static int32_t set(uint32_t parameter)
{
	const uint32_t args[] = { parameter, BUF };

	return fake_rtas(m, "ibm,set-system-parameter", 2, args, 1, NULL);
}

static void assert_untouched_from(size_t n)
{
	for (; n < BUF_SIZE; n++)
		cr_assert(eq(u8, buf[n], 0x5a), "byte %zu", n);
}

static const char want[] = "MaxEntCap=400,DesEntCap=400,DesMem=3,DesProcs=4,MaxPlatProcs=4";
#define WHOLE (2 + sizeof(want))

Test(rtas_sysparm, splpar_is_text_with_its_nul_counted)
{
	cr_assert(eq(i32, get(20, BUF, BUF_SIZE), RTAS_OK));
	cr_assert(eq(u16, be16_load(buf), sizeof(want)));
	cr_assert(eq(str, (char *)buf + 2, (char *)want));
	assert_untouched_from(2 + sizeof(want));
}

Test(rtas_sysparm, diagnostics_are_disabled)
{
	cr_assert(eq(i32, get(42, BUF, BUF_SIZE), RTAS_OK));
	cr_assert(memcmp(buf, "\0\x01\0", 3) == 0);
	assert_untouched_from(3);
}

Test(rtas_sysparm, there_is_no_uuid)
{
	cr_assert(eq(i32, get(48, BUF, BUF_SIZE), RTAS_PARAMETER));
	cr_assert(eq(i32, set(48), RTAS_PARAMETER));
	assert_untouched_from(0);
}

Test(rtas_sysparm, a_short_buffer_cuts_the_data_but_not_the_length)
{
	for (uint32_t len = 0; len <= WHOLE; len++) {
		memset(buf, 0x5a, BUF_SIZE);
		cr_assert(eq(i32, get(20, BUF, len), RTAS_OK));
		if (len >= 2)
			cr_assert(eq(u16, be16_load(buf), sizeof(want)));
		for (uint32_t i = 2; i < len; i++)
			cr_assert(eq(u8, buf[i], (uint8_t)want[i - 2]));
		assert_untouched_from(len);
	}
}

Test(rtas_sysparm, length_zero_asks_only_whether)
{
	cr_assert(eq(i32, get(20, UINT32_MAX, 0), RTAS_OK));
	cr_assert(eq(i32, get(49, BUF, 0), RTAS_PARAMETER));
}

Test(rtas_sysparm, the_end_of_ram_is_honoured)
{
	uint32_t end = (uint32_t)m->ram_size;

	cr_assert(eq(i32, get(20, end - WHOLE, 4000), RTAS_OK));
	cr_assert(eq(i32, get(20, end - (WHOLE - 1), WHOLE - 1), RTAS_OK));
	cr_assert(eq(i32, get(20, end - (WHOLE - 1), WHOLE), RTAS_PARAMETER_ERROR));
	cr_assert(eq(i32, get(20, end, 1), RTAS_PARAMETER_ERROR));
	cr_assert(eq(i32, get(20, UINT32_MAX, UINT32_MAX), RTAS_PARAMETER_ERROR));
}

Test(rtas_sysparm, unknown_ones_and_settings_are_refused)
{
	static const uint32_t unknown[] = { 0, 16, 19, 21, 43, 44, 49, UINT32_MAX };

	for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
		cr_assert(eq(i32, get(unknown[i], BUF, BUF_SIZE), RTAS_PARAMETER));
		cr_assert(eq(i32, set(unknown[i]), RTAS_PARAMETER));
	}
	cr_assert(eq(i32, set(20), RTAS_NOT_AUTHORIZED));
	cr_assert(eq(i32, set(42), RTAS_NOT_AUTHORIZED));
	assert_untouched_from(0);
}
