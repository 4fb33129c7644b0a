/* SPDX-License-Identifier: BSD-2-Clause */
/* guest_map.c: what the guest sees at a multiple of a large page is at one here, and nothing is left. */
#include "tests/fake/sys.h"
#include "vmm/base/guest_map.h"
#include "vmm/base/sys.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <sys/mman.h>

#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

TestSuite(guest_map, .init = fake_reset, .timeout = 10);

struct map_case {
	uint64_t whole, at, size, align;
	int calls; /* of mmap */
};

ParameterizedTestParameters(guest_map, addresses_agree_modulo_the_largest_page_that_fits)
{
	static struct map_case cases[] = {
		{ 16 * KiB, 0, 64 * KiB, 64 * KiB, 1 }, /* a small BAR has a page of its own */
		{ 1 * MiB, 64 * KiB, 64 * KiB, 64 * KiB, 1 },
		{ 2 * MiB, 0, 2 * MiB, 2 * MiB, 2 },
		{ 512 * MiB, 512 * MiB - 64 * KiB, 64 * KiB, 2 * MiB, 2 },
		{ 1 * GiB, 0, 1 * GiB, 1 * GiB, 2 },
		{ 1 * GiB, 64 * KiB, 1 * GiB - 64 * KiB, 1 * GiB, 2 }, /* behind an MSI-X table */
		{ 8 * GiB, 3 * GiB + 2 * MiB, 5 * GiB - 2 * MiB, 1 * GiB, 2 },
	};

	return cr_make_param_array(struct map_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct map_case *p, guest_map, addresses_agree_modulo_the_largest_page_that_fits)
{
	const struct guest_map map = {
		.whole = p->whole,
		.at = p->at,
		.size = p->size,
		.prot = PROT_READ | PROT_WRITE,
		.flags = PRIVATE,
		.fd = -1,
	};
	uint8_t *other[2];
	void *out[3];

	for (int i = 0; i < 3; i++) { /* one may come to lie well by chance */
		cr_assert(eq(int, guest_map_open(&out[i], &map), 0));
		cr_assert(eq(u64, ((uintptr_t)out[i] - p->at) % p->align, 0));
		cr_assert(eq(u64, fake_mapped(), (uint64_t)(i + 1) * p->size));
		other[0] = out[i];
		other[1] = other[0] + p->size - 1;
		*other[0] = *other[1] = 1; /* mapped from end to end */
	}
	cr_assert(eq(int, fake_count("mmap"), 3 * p->calls));
	for (int i = 0; i < 3; i++)
		cr_assert(eq(int, sys_munmap(out[i], p->size), 0));
	cr_assert(eq(u64, fake_mapped(), 0));
}

Test(guest_map, what_cannot_be_mapped_leaves_nothing)
{
	const struct guest_map map = {
		.whole = 4 * MiB, .size = 4 * MiB, .prot = PROT_READ, .flags = PRIVATE, .fd = -1
	};
	void *out;

	for (unsigned int n = 1; n <= 2; n++) {
		fake_fail_nth(n, -ENOMEM);
		cr_assert(eq(int, guest_map_open(&out, &map), -ENOMEM));
		cr_assert(eq(u64, fake_mapped(), 0));
	}
}
