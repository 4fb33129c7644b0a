/* SPDX-License-Identifier: BSD-2-Clause */
/* fdt.c: the builder, read back by libfdt. (Its subtrees: test_fdt_tree.c.) */
#include "sphapr/fdt.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(fdt, the_first_error_stays_and_the_rest_does_nothing)
{
	void *out = (void *)1;
	struct fdtb b;
	size_t size = 7;

	fdtb_init(&b);
	fdtb_begin(&b, "");
	fdtb_reserve(&b, 0, 1); /* too late */
	cr_assert(eq(int, b.err, -EINVAL));
	b.err = -EIO; /* whatever it was: it stays */
	fdtb_begin(&b, "x");
	fdtb_str(&b, "a", "b");
	fdtb_end(&b);
	cr_assert(eq(int, fdtb_finish(&b, &out, &size), -EIO));
	cr_assert(eq(ptr, out, (void *)1));
	cr_assert(eq(sz, size, 7));
}

Test(fdt, the_buffer_grows_with_the_tree)
{
	static uint8_t big[100 * KiB];
	char name[32];
	struct fdtb b;
	void *out;
	size_t size;
	int len;

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 31);
	fdtb_init(&b);
	fdtb_reserve(&b, 0x1000, 0x2000);
	fdtb_begin(&b, "");
	fdtb_bytes(&b, "big", big, sizeof(big));
	for (unsigned int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "node%u", i);
		fdtb_begin(&b, name);
		fdtb_u64(&b, "value", 0x1122334400000000ULL + i);
		fdtb_end(&b);
	}
	fdtb_end(&b);
	cr_assert(eq(int, b.err, 0));
	cr_assert(eq(int, fdtb_finish(&b, &out, &size), 0));
	cr_assert(eq(int, fdt_check_full(out, size), 0));
	cr_assert(eq(int, memcmp(fdt_getprop(out, 0, "big", &len), big, sizeof(big)), 0));
	cr_assert(eq(int, len, (int)sizeof(big)));
	for (unsigned int i = 0; i < 2000; i++) {
		const void *p;

		snprintf(name, sizeof(name), "/node%u", i);
		p = fdt_getprop(out, fdt_path_offset(out, name), "value", &len);
		cr_assert(eq(int, len, 8));
		cr_assert(eq(u64, be64_load(p), 0x1122334400000000ULL + i));
	}
	cr_assert(eq(int, fdt_num_mem_rsv(out), 1));
	free(out);
}

Test(fdt, properties_have_the_bytes_of_their_kind)
{
	struct fdtb b;
	void *out;
	size_t size;
	int len;

	fdtb_init(&b);
	fdtb_begin(&b, "");
	fdtb_begin_at(&b, "dev", 0x123456789abULL);
	fdtb_empty(&b, "empty");
	fdtb_str(&b, "str", "text");
	fdtb_u32(&b, "u32", 0x01020304);
	FDTB_CELLS(&b, "cells", 1, 2, 0xffffffff);
	fdtb_end(&b);
	fdtb_end(&b);
	cr_assert(eq(int, fdtb_finish(&b, &out, &size), 0));
	cr_assert(ge(int, fdt_path_offset(out, "/dev@123456789ab"), 0));
	fdt_getprop(out, fdt_path_offset(out, "/dev@123456789ab"), "empty", &len);
	cr_assert(eq(int, len, 0));
	fdt_getprop(out, fdt_path_offset(out, "/dev@123456789ab"), "str", &len);
	cr_assert(eq(int, len, 5));
	cr_assert(eq(
		u32,
		be32_load(fdt_getprop(out, fdt_path_offset(out, "/dev@123456789ab"), "u32", &len)),
		0x01020304));
	fdt_getprop(out, fdt_path_offset(out, "/dev@123456789ab"), "cells", &len);
	cr_assert(eq(int, len, 12));
	free(out);
}
