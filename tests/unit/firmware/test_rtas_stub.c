/* SPDX-License-Identifier: BSD-2-Clause */
/* rtas_stub.c: the instructions, big-endian whatever the guest is, and the room around them. */
#include "tests/unit/firmware/fixture.h"

#include "firmware/rtas_stub.h"

TestSuite(rtas_stub, .init = fx_setup, .fini = fx_teardown);

Test(rtas_stub, the_stub_turns_a_call_into_h_rtas)
{
	static const uint32_t code[] = { 0x7c641b78, 0x3c600000, 0x6063f000, 0x44000022,
					 0x4e800020 };

	fx_ram(1 * MiB);
	cr_assert(eq(int, rtas_stub_write(&fx.mem, 0x10000), 0));
	for (size_t i = 0; i < ARRAY_LEN(code); i++)
		cr_assert(eq(u32, be32_load(fx.ram + 0x10000 + 4 * i), code[i]));
	cr_assert(eq(u32, be32_load(fx.ram + 0x10000 + sizeof(code)), 0));
	cr_assert(eq(int, rtas_stub_write(&fx.mem, 1 * MiB - 20), 0));
	cr_assert(eq(int, rtas_stub_write(&fx.mem, 1 * MiB - 19), -EFAULT));
	cr_assert(eq(int, rtas_stub_write(&fx.mem, UINT64_MAX), -EFAULT));
}

/* The stub, the largest error log, 16 bytes a CPU for machine checks, and the last 8. */
Test(rtas_stub, the_area_has_room_for_every_cpu)
{
	for (uint32_t n = 1; n <= 4096; n *= 2) {
		cr_assert(ge(u32, rtas_stub_size(n), 20 + 2048 + 16 * n + 8));
		cr_assert(eq(u32, rtas_stub_size(n) % 4096, 0));
	}
}
