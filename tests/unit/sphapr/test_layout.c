/* SPDX-License-Identifier: BSD-2-Clause */
/* layout.c: the map is data, and this walks it. */
#include "sphapr/layout.h"

#include "sphapr/intc.h"
#include "sphapr/spapr.h"
#include "tests/unit/said.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

Test(layout, rows_are_sorted_aligned_and_disjoint)
{
	gpa_t end = 0;

	for (size_t i = 0; i < LAYOUT_COUNT; i++) {
		const struct layout_row *r = &layout[i];

		cr_assert(ne(ptr, pointer(r->name), NULL), "row %zu is empty", i);
		cr_assert(gt(u64, r->size, 0), "%s", r->name);
		cr_assert(is_power_of_2(r->align), "%s", r->name);
		cr_assert(ge(u64, r->align, 64 * KiB), "%s: less than a host page", r->name);
		cr_assert(eq(u64, r->base % r->align, 0), "%s", r->name);
		cr_assert(eq(u64, r->size % (64 * KiB), 0), "%s", r->name);
		cr_assert(ge(u64, r->base, end), "%s overlaps the row before", r->name);
		cr_assert(lt(u64, r->base, UINT64_MAX - r->size), "%s wraps", r->name);
		end = r->base + r->size;
		for (size_t k = 0; k < i; k++)
			cr_assert(ne(str, chars(r->name), chars(layout[k].name)));
	}
	/* KVM radix guests: RAM and MMIO below 2^52. */
	cr_assert(le(u64, end, 1ULL << 52));
}

Test(layout, there_is_room_for_what_lives_there)
{
	cr_assert(eq(u64, layout[LAYOUT_RAM].base, 0));
	cr_assert(ge(u64, layout[LAYOUT_RAM].size, LAYOUT_RAM_MAX));
	/* Two 64K pages for each source; the TIMA's four pages. */
	cr_assert(ge(u64, layout[LAYOUT_XIVE_ESB].size, LISN_END * 128 * KiB));
	cr_assert(ge(u64, layout[LAYOUT_XIVE_TIMA].size, 256 * KiB));
	/* Two pages for each of eight queues of as many servers as there may be. */
	cr_assert(ge(u64, layout[LAYOUT_XIVE_END].size, 2048ULL * 8 * 8 * 128 * KiB));
}
