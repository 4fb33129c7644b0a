/* SPDX-License-Identifier: BSD-2-Clause */
/* bdf.c: host addresses of PCI functions, and what is none. */
#include "vmm/base/bdf.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <errno.h>

TestSuite(bdf);

static struct bdf parsed(const char *text)
{
	struct bdf b;

	cr_assert(eq(int, bdf_parse(&b, text), 0), "%s", text);
	return b;
}

Test(bdf, each_part_has_its_number)
{
	struct bdf b = parsed("0004:c1:1f.7"), long_domain = parsed("10000000:00:00.0");

	cr_assert(eq(u32, b.domain, 4));
	cr_assert(eq(u8, b.bus, 0xc1));
	cr_assert(eq(u8, b.device, 0x1f));
	cr_assert(eq(u8, b.function, 7));
	cr_assert(eq(u32, long_domain.domain, 0x10000000));
}

Test(bdf, functions_of_a_device_share_its_slot)
{
	struct bdf b = parsed("0004:01:02.0"), function = parsed("0004:01:02.3");
	struct bdf other[] = { parsed("0004:01:03.0"), parsed("0004:02:02.0"),
			       parsed("10004:01:02.0") };

	cr_assert(bdf_same_slot(&b, &function));
	for (size_t i = 0; i < ARRAY_LEN(other); i++)
		cr_assert(not(bdf_same_slot(&b, &other[i])), "%zu", i);
}

struct no_address {
	char text[24];
};

ParameterizedTestParameters(bdf, anything_else_is_refused)
{
	static struct no_address cases[] = {
		{ "" },
		{ "01:00.0" },
		{ "004:01:00.0" },
		{ "000000004:01:00.0" },
		{ "0004:01:00" },
		{ "0004:01:00.0 " },
		{ "0004: 1:00.0" },
		{ "0004:01:20.0" },
		{ "0004:01:00.8" },
		{ "0004:01:00:0" },
		{ "0004:1:00.00" },
		{ "000g:01:00.0" },
	};

	return cr_make_param_array(struct no_address, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct no_address *p, bdf, anything_else_is_refused)
{
	struct bdf b;

	cr_assert(eq(int, bdf_parse(&b, p->text), -EINVAL), "%s", p->text);
}
