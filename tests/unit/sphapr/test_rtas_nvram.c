/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/rtas.h"
#include "tests/fake/platform.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#define BUF 0x20000
#define SIZE ((uint32_t)NVRAM_SIZE)

static struct fake_machine *m;

static void setup(void)
{
	m = fake_machine_new(INTC_XIVE, 1, 1);
}

static void teardown(void)
{
	fake_machine_free(m);
}

TestSuite(rtas_nvram, .init = setup, .fini = teardown);

static int32_t call(const char *name, uint32_t index, uint32_t gpa, uint32_t len, uint32_t *num)
{
	const uint32_t args[] = { index, gpa, len };
	uint32_t rets[2];
	int32_t status = fake_rtas(m, name, 3, args, 2, rets);

	*num = rets[1];
	return status;
}

Test(rtas_nvram, what_is_stored_is_fetched)
{
	uint32_t num;

	memcpy(m->ram + BUF, "partition", 9);
	cr_assert(eq(i32, call("nvram-store", 100, BUF, 9, &num), RTAS_OK));
	cr_assert(eq(u32, num, 9));
	memset(m->ram + BUF, 0x5a, 32);
	cr_assert(eq(i32, call("nvram-fetch", 99, BUF + 1, 11, &num), RTAS_OK));
	cr_assert(eq(u32, num, 11));
	cr_assert(memcmp(m->ram + BUF, "\x5a\0partition\0\x5a", 13) == 0);
}

Test(rtas_nvram, it_survives_a_reboot)
{
	uint32_t num;

	m->ram[BUF] = 0x42;
	cr_assert(eq(i32, call("nvram-store", SIZE - 1, BUF, 1, &num), RTAS_OK));
	cr_assert(eq(int, spapr_reset(&m->sp), 0));
	cr_assert(eq(i32, call("nvram-fetch", SIZE - 1, BUF + 1, 1, &num), RTAS_OK));
	cr_assert(eq(u8, m->ram[BUF + 1], 0x42));
}

Test(rtas_nvram, all_of_it_in_one_call)
{
	uint32_t num;

	cr_assert(eq(i32, call("nvram-fetch", 0, BUF, SIZE, &num), RTAS_OK));
	cr_assert(eq(u32, num, SIZE));
	cr_assert(memcmp(m->ram + BUF, m->sp.nvram.bytes, SIZE) == 0);
}

Test(rtas_nvram, ranges_that_do_not_fit_copy_nothing)
{
	static const struct {
		uint32_t index, gpa, len;
		int32_t status;
	} cases[] = {
		{ SIZE, BUF, 1, RTAS_PARAMETER },       { SIZE - 1, BUF, 2, RTAS_PARAMETER },
		{ 0, BUF, SIZE + 1, RTAS_PARAMETER },   { UINT32_MAX, BUF, 2, RTAS_PARAMETER },
		{ 2, BUF, UINT32_MAX, RTAS_PARAMETER }, { 0, 1 * MiB, 1, RTAS_PARAMETER },
		{ 0, 1 * MiB - 1, 2, RTAS_PARAMETER },  { 0, UINT32_MAX, 2, RTAS_PARAMETER },
		{ SIZE, UINT32_MAX, 0, RTAS_OK }, /* nothing to copy, nothing to touch */
	};
	static const char *const names[] = { "nvram-fetch", "nvram-store" };
	uint8_t *before = malloc(SIZE);
	uint32_t num;

	memcpy(before, m->sp.nvram.bytes, SIZE);
	memset(m->ram + BUF, 0x5a, 0x10000);
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		size_t n = i / 2;

		cr_assert(eq(i32,
			     call(names[i % 2], cases[n].index, cases[n].gpa, cases[n].len, &num),
			     cases[n].status),
			  "%zu %s", n, names[i % 2]);
		cr_assert(eq(u32, num, 0));
	}
	cr_assert(memcmp(before, m->sp.nvram.bytes, SIZE) == 0);
	for (size_t i = 0; i < 0x10000; i++)
		cr_assert(m->ram[BUF + i] == 0x5a);
	free(before);
}

static uint32_t told[3];

static void stored(void *ctx, uint32_t offset, uint32_t len)
{
	(void)ctx;
	told[0]++;
	told[1] = offset;
	told[2] = len;
}

Test(rtas_nvram, whoever_keeps_it_is_told_what_was_stored)
{
	uint32_t num;

	m->sp.plat.nvram_stored = stored;
	cr_assert(eq(i32, call("nvram-store", 100, BUF, 9, &num), RTAS_OK));
	cr_assert(told[0] == 1 && told[1] == 100 && told[2] == 9);
	cr_assert(eq(i32, call("nvram-store", SIZE, BUF, 1, &num), RTAS_PARAMETER));
	cr_assert(eq(i32, call("nvram-fetch", 0, BUF, 9, &num), RTAS_OK));
	cr_assert(eq(u32, told[0], 1));
}
