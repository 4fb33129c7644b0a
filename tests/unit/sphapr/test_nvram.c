/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/nvram.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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

static void free_partition(struct nvram_range range)
{
	nvram_put_header(&nv, range, NVRAM_FREE, "", 0x77);
}

Test(nvram, a_new_one_has_a_partition_for_settings_and_free_space)
{
	const uint8_t *common = nv.bytes, *free = nv.bytes + 4096;

	cr_assert(eq(u8, common[0], 0x70));
	cr_assert(eq(u16, be16_load(common + 2), 4096 / 16));
	cr_assert(memcmp(common + 4, "common\0\0\0\0\0", 12) == 0);
	cr_assert(eq(u8, free[0], 0x7f));
	cr_assert(eq(u16, be16_load(free + 2), (NVRAM_SIZE - 4096) / 16));
	cr_assert(memcmp(free + 4, "wwwwwwwwwwww", 12) == 0);
	for (size_t i = 16; i < NVRAM_SIZE; i++)
		cr_assert(nv.bytes[i] == 0 || i / 16 == 4096 / 16);
}

Test(nvram, its_checksums_are_those_that_readers_compute)
{
	free_partition((struct nvram_range){ 0, NVRAM_SIZE });
	cr_assert(eq(u8, nv.bytes[1], 0x29));
	for (const uint8_t *p = nv.bytes; p <= nv.bytes + 4096; p += 4096) {
		cr_assert(eq(u8, p[1], checksum_of_words(p, true)));
		cr_assert(eq(u8, p[1], checksum_of_words(p, false)));
	}
}

Test(nvram, one_of_free_space_alone_gets_a_partition_for_settings)
{
	struct nvram_range made;
	uint8_t *before = malloc(NVRAM_SIZE);

	memcpy(before, nv.bytes, NVRAM_SIZE);
	cr_assert(not(nvram_complete(&nv, &made)));
	free_partition((struct nvram_range){ 0, NVRAM_SIZE });
	cr_assert(nvram_complete(&nv, &made));
	cr_assert(made.offset == 0 && made.len == 4096 + 16);
	cr_assert(memcmp(before, nv.bytes, NVRAM_SIZE) == 0);
	free(before);
}

Test(nvram, without_enough_free_space_there_are_no_settings)
{
	struct nvram_range r = { 0, 4096 };
	struct nvram_setting s;

	nvram_put_header(&nv, r, NVRAM_SYSTEM, "another", 0);
	free_partition((struct nvram_range){ 4096, 4096 });
	memset(nv.bytes + 8192, 0xff, 16);
	cr_assert(not(nvram_complete(&nv, &r)));
	r = nvram_settings(&nv);
	cr_assert(eq(u32, r.len, 0));
	cr_assert(not(nvram_next(&nv, &r, &s)));
	cr_assert(eq(int, nvram_set(&nv, "a", "b", &r), -ENOSPC));
	nv.bytes = memset(nv.bytes, 0, NVRAM_SIZE); /* a header of no length */
	cr_assert(eq(int, nvram_set(&nv, "a", "b", &r), -ENOSPC));
}

/* ---- settings ---- */

static void set(const char *name, const char *value)
{
	struct nvram_range changed;

	cr_assert(eq(int, nvram_set(&nv, name, value, &changed), 0), "%s", name);
	cr_assert(changed.offset == 16 && changed.len == 4096 - 16);
}

/* All of them, as NAME=VALUE; each. */
static const char *all(void)
{
	static char text[4 * NVRAM_SIZE];
	struct nvram_range left = nvram_settings(&nv);
	struct nvram_setting s;
	size_t n = 0;

	text[0] = '\0';
	while (nvram_next(&nv, &left, &s))
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%.*s=%s;", (int)s.name_len,
				      s.name, s.value);
	return text;
}

Test(nvram, a_setting_is_added_and_changed)
{
	cr_assert(eq(str, (char *)all(), ""));
	set("boot-device", "/pci/scsi@1:1");
	set("kernel-bootargs", "root=/dev/vda2 quiet");
	set("boot", "");
	cr_assert(eq(str, (char *)all(),
		     "boot-device=/pci/scsi@1:1;kernel-bootargs=root=/dev/vda2 quiet;boot=;"));
	set("boot-device", "a");
	cr_assert(eq(str, (char *)all(),
		     "kernel-bootargs=root=/dev/vda2 quiet;boot=;boot-device=a;"));
	cr_assert(memcmp(nv.bytes + 16,
			 "kernel-bootargs=root=/dev/vda2 quiet\0boot=\0boot-device=a\0\0",
			 58) == 0);
}

Test(nvram, what_is_no_setting_is_passed_over_and_stays)
{
	memcpy(nv.bytes + 16, "=x\0one\0two=2\0\0three=3", 22);
	cr_assert(eq(str, (char *)all(), "two=2;"));
	set("four", "4");
	cr_assert(memcmp(nv.bytes + 16, "=x\0one\0two=2\0four=4\0\0\0", 23) == 0);
}

Test(nvram, what_does_not_fit_or_is_no_text_changes_nothing)
{
	static const struct {
		const char *name, *value;
		int result;
	} cases[] = {
		{ "", "a", -EINVAL },    { "a=b", "c", -EINVAL },   { "a\n", "b", -EINVAL },
		{ "a", "b\1", -EINVAL }, { "a", "b\x7f", -EINVAL },
	};
	static char value[5000];
	struct nvram_range changed;

	set("a", "old");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		cr_assert(eq(int, nvram_set(&nv, cases[i].name, cases[i].value, &changed),
			     cases[i].result),
			  "%zu", i);
	for (size_t len = 4096 - 16 - 3; len < sizeof(value) - 1; len++) {
		memset(value, 'v', len);
		cr_assert(eq(int, nvram_set(&nv, "a", value, &changed), -ENOSPC), "%zu", len);
		cr_assert(eq(int, nvram_set(&nv, value, "a", &changed), -ENOSPC), "%zu", len);
	}
	cr_assert(eq(str, (char *)all(), "a=old;"));
	value[4096 - 16 - 4] = '\0'; /* with "a=" and two NULs just all of it */
	set("a", value);
	cr_assert(eq(sz, strlen(all()), 4096 - 16 - 4 + 3));
	cr_assert(eq(int, nvram_set(&nv, "b", "", &changed), -ENOSPC));
}

/* Whatever a guest writes: nothing is read or written outside (the sanitizer sees it), and walks end. */
Test(nvram, a_guest_may_write_anything)
{
	struct nvram_range r;
	uint8_t *small = malloc(NVRAM_SIZE);

	free(nv.bytes);
	nv.bytes = small;
	srand(1);
	for (int round = 0; round < 2000; round++) {
		memset(nv.bytes, round & 1 ? 0 : 'a' + round % 7, NVRAM_SIZE);
		r = (struct nvram_range){ 0, (uint32_t)(rand() % 4096 + 1) * 16 };
		nvram_put_header(&nv, r, round & 2 ? NVRAM_SYSTEM : NVRAM_FREE, "common", 0);
		for (int i = 0; i < 64; i++)
			nv.bytes[16 + (uint32_t)rand() % (NVRAM_SIZE - 16)] =
				(uint8_t)"=\0a\0=\xff"[rand() % 6];
		all();
		nvram_set(&nv, "a", "b", &r);
		nvram_complete(&nv, &r);
		nvram_set(&nv, "c", "d", &r);
	}
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
