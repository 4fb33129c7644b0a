/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/nvram.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static struct nvram nv;

static void setup(void)
{
	cr_assert(eq(int, nvram_init(&nv), 0));
}

static void teardown(void)
{
	nvram_close(&nv);
}

TestSuite(nvram, .init = setup, .fini = teardown);

/* What a reader that adds up 16-bit words (Linux does) finds, whatever its byte order. */
static uint8_t checksum_of_words(const uint8_t *h, bool big_endian)
{
	uint32_t sum = big_endian ? (uint32_t)h[0] : h[0], both;

	for (int i = 2; i < 16; i += 2)
		sum += big_endian ? (uint32_t)(h[i] << 8 | h[i + 1])
				  : (uint32_t)(h[i + 1] << 8 | h[i]);
	sum = ((sum & 0xffff) + (sum >> 16)) & 0xffff;
	both = (sum >> 8) + (sum << 8);
	return (uint8_t)((sum + both) >> 8);
}

Test(nvram, a_new_one_is_one_free_partition)
{
	cr_assert(eq(u8, nv.bytes[0], 0x7f));
	cr_assert(eq(u16, be16_load(nv.bytes + 2), NVRAM_SIZE / 16));
	cr_assert(memcmp(nv.bytes + 4, "wwwwwwwwwwww", 12) == 0);
	for (size_t i = 16; i < NVRAM_SIZE; i++)
		cr_assert(eq(u8, nv.bytes[i], 0));
}

Test(nvram, its_checksum_is_the_one_readers_compute)
{
	cr_assert(eq(u8, nv.bytes[1], 0x29));
	cr_assert(eq(u8, nv.bytes[1], checksum_of_words(nv.bytes, true)));
	cr_assert(eq(u8, nv.bytes[1], checksum_of_words(nv.bytes, false)));
}

Test(nvram, ranges_are_held_against_the_size)
{
	static const struct {
		uint32_t offset, len;
		bool ok;
	} cases[] = {
		{ 0, 0, true },
		{ 0, 1, true },
		{ 0, NVRAM_SIZE, true },
		{ 0, NVRAM_SIZE + 1, false },
		{ 1, NVRAM_SIZE, false },
		{ NVRAM_SIZE - 1, 1, true },
		{ NVRAM_SIZE - 1, 2, false },
		{ NVRAM_SIZE, 0, true },
		{ NVRAM_SIZE, 1, false },
		{ NVRAM_SIZE + 1, 0, false },
		{ UINT32_MAX, 0, false },
		{ UINT32_MAX, 1, false },
		{ UINT32_MAX, UINT32_MAX, false },
		{ 1, UINT32_MAX, false }, /* the sum is 0 in 32 bits */
		{ 0, UINT32_MAX, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t *p = nvram_at(&nv, cases[i].offset, cases[i].len);

		cr_assert(p == (cases[i].ok ? nv.bytes + cases[i].offset : NULL), "%zu", i);
	}
}

Test(nvram, close_is_for_half_built_ones_too)
{
	struct nvram empty = { 0 };

	nvram_close(&empty);
	nvram_close(&nv);
	nvram_close(&nv);
	cr_assert(nv.bytes == NULL);
}
