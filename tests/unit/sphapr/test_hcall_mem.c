/* SPDX-License-Identifier: BSD-2-Clause */
/* hcall_mem.c: H_PAGE_INIT and logical loads and stores. */
#include "sphapr/hcall.h"
#include "tests/fake/platform.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <string.h>

static struct fake_machine *m; /* 1 MiB */

static void setup(void)
{
	m = fake_machine_new(INTC_XIVE, 1, 1);
}

static void teardown(void)
{
	fake_machine_free(m);
}

TestSuite(hcall_mem, .init = setup, .fini = teardown);

static long call(uint64_t nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	uint64_t a[HCALL_MAX_ARGS] = { a0, a1, a2 };

	return hcall_dispatch(&m->sp, nr, a);
}

#define ZERO 0x8000
#define COPY 0x4000
#define LAST (1 * MiB - 4 * KiB)

struct page_case {
	uint64_t flags, dest, src;
	long result;
	char what; /* z zeroed, c copied, - left alone */
};

ParameterizedTestParameters(hcall_mem, pages_are_initialized)
{
	static struct page_case cases[] = {
		{ ZERO, 0x1000, 0, H_SUCCESS, 'z' },
		{ ZERO, LAST, 0, H_SUCCESS, 'z' },
		{ ZERO, 1 * MiB, 0, H_PARAMETER, '-' },
		{ ZERO, 0x3800, 0, H_PARAMETER, '-' },
		{ ZERO, ~0xfffull, 0, H_PARAMETER, '-' },
		{ COPY, 0x1000, 0x2000, H_SUCCESS, 'c' },
		{ COPY, 0x1000, 0x2001, H_PARAMETER, '-' },
		{ COPY, 0x1000, 1 * MiB, H_PARAMETER, '-' },
		{ COPY, 0x1000, ~0xfffull, H_PARAMETER, '-' },
		{ COPY, 0x1000, 0x1000, H_SUCCESS, '-' },          /* onto itself */
		{ COPY | 0x2c00, 0x1000, 0x2000, H_SUCCESS, 'c' }, /* i-cache hints */
		{ 0, 0x1000, 0, H_SUCCESS, '-' },
		{ 1, 0x1000, 0, H_PARAMETER, '-' },
		{ 1ull << 63, 0x1000, 0, H_PARAMETER, '-' },
	};

	return cr_make_param_array(struct page_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct page_case *p, hcall_mem, pages_are_initialized)
{
	uint8_t want[4 * KiB];

	memset(m->ram, 0x11, m->ram_size);
	memset(m->ram + 0x2000, 0x22, 4 * KiB);
	memset(want, p->what == 'z' ? 0 : p->what == 'c' ? 0x22 : 0x11, sizeof(want));
	cr_assert(eq(long, call(H_PAGE_INIT, p->flags, p->dest, p->src), p->result));
	if (p->dest <= LAST)
		cr_assert(eq(int, memcmp(m->ram + p->dest, want, sizeof(want)), 0));
	cr_assert(eq(u8, m->ram[0xfff], 0x11));
	cr_assert(eq(u8, m->ram[0x2000], p->dest == 0x2000 ? 0 : 0x22));
}

struct access_case {
	uint64_t load, store;
};

static struct criterion_test_params access_cases(void)
{
	static struct access_case cases[] = {
		{ H_LOGICAL_CI_LOAD, H_LOGICAL_CI_STORE },
		{ H_LOGICAL_CACHE_LOAD, H_LOGICAL_CACHE_STORE },
	};

	return cr_make_param_array(struct access_case, cases, ARRAY_LEN(cases));
}

ParameterizedTestParameters(hcall_mem, loads_and_stores_move_big_endian_values)
{
	return access_cases();
}

ParameterizedTest(struct access_case *p, hcall_mem, loads_and_stores_move_big_endian_values)
{
	for (uint64_t size = 1; size <= 8; size *= 2) {
		uint64_t a[HCALL_MAX_ARGS] = { size, 0x1000 };
		uint64_t mask = size == 8 ? ~0ull : (1ull << 8 * size) - 1;

		memset(m->ram + 0x1000, 0xee, 16);
		cr_assert(eq(long, call(p->store, size, 0x1000, 0x1122334455667788), H_SUCCESS));
		cr_assert(eq(u8, m->ram[0x1000 + size], 0xee));
		cr_assert(eq(u8, m->ram[0x1000 + size - 1], 0x88));
		cr_assert(eq(long, hcall_dispatch(&m->sp, p->load, a), H_SUCCESS));
		cr_assert(eq(u64, a[0], 0x1122334455667788 & mask));
		/* The last one that fits, the next one, and a crooked one. */
		cr_assert(eq(long, call(p->load, size, 1 * MiB - size, 0), H_SUCCESS));
		cr_assert(eq(long, call(p->load, size, 1 * MiB, 0), H_PARAMETER));
		cr_assert(eq(long, call(p->store, size, 1 * MiB, 0), H_PARAMETER));
		if (size > 1) {
			cr_assert(eq(long, call(p->load, size, 0x1001, 0), H_PARAMETER));
			cr_assert(eq(long, call(p->store, size, 0x1001, 0), H_PARAMETER));
		}
	}
}

ParameterizedTestParameters(hcall_mem, other_sizes_do_nothing)
{
	return access_cases();
}

ParameterizedTest(struct access_case *p, hcall_mem, other_sizes_do_nothing)
{
	static const uint64_t sizes[] = { 0, 3, 5, 6, 7, 9, 16, 64, 1ull << 32, ~0ull };

	memset(m->ram + 0x1000, 0xee, 16);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		cr_assert(eq(long, call(p->load, sizes[i], 0x1000, 0), H_PARAMETER));
		cr_assert(eq(long, call(p->store, sizes[i], 0x1000, 0), H_PARAMETER));
	}
	for (int i = 0; i < 16; i++)
		cr_assert(eq(u8, m->ram[0x1000 + i], 0xee));
}

Test(hcall_mem, flushes_only_look_at_the_address)
{
	cr_assert(eq(long, call(H_LOGICAL_ICBI, 1 * MiB - 1, 0, 0), H_SUCCESS));
	cr_assert(eq(long, call(H_LOGICAL_DCBF, 0, 0, 0), H_SUCCESS));
	cr_assert(eq(long, call(H_LOGICAL_ICBI, 1 * MiB, 0, 0), H_PARAMETER));
	cr_assert(eq(long, call(H_LOGICAL_DCBF, ~0ull, 0, 0), H_PARAMETER));
}
