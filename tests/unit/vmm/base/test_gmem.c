/* SPDX-License-Identifier: BSD-2-Clause */
/* gmem.c: bounds. The last byte of a bank is usable, one more is not, and no sum wraps. */
#include "vmm/base/gmem.h"

#include "tests/fake/elf.h"
#include "tests/fake/sys.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOW 0x1000u
#define HIGH 0x2000u

/* Two banks that touch, and one far away that ends at the top of the address space. */
static struct gmem g;
static uint8_t *low, *high, *top;

static void setup(void)
{
	fake_reset();
	low = calloc(1, LOW);
	high = calloc(1, HIGH);
	top = calloc(1, 16);
	cr_assert(eq(int, gmem_add(&g, 0x10000, LOW, low), 0));
	cr_assert(eq(int, gmem_add(&g, 0x10000 + LOW, HIGH, high), 0));
	cr_assert(eq(int, gmem_add(&g, UINT64_MAX - 15, 16, top), 0));
}

static void teardown(void)
{
	free(low);
	free(high);
	free(top);
}

TestSuite(gmem, .init = setup, .fini = teardown);

struct range {
	gpa_t gpa;
	uint64_t len;
	bool ok;
};

ParameterizedTestParameters(gmem, an_access_is_all_in_one_bank)
{
	static struct range cases[] = {
		{ 0x10000, 1, true },
		{ 0x10000, LOW, true },
		{ 0x10000 + LOW - 1, 1, true },
		{ 0x10000 + LOW - 1, 2, false }, /* into the next bank */
		{ 0x10000, LOW + 1, false },
		{ 0x10000 + LOW, HIGH, true },
		{ 0x10000 + LOW, HIGH + 1, false },
		{ 0x10000 + LOW + HIGH - 1, 1, true },
		{ 0x10000 + LOW + HIGH, 1, false },
		{ 0xffff, 1, false },
		{ 0xffff, 2, false },
		{ 0, 1, false },
		{ UINT64_MAX, 1, true },
		{ UINT64_MAX, 2, false },
		{ UINT64_MAX - 15, 16, true },
		{ UINT64_MAX - 15, 17, false },
		{ UINT64_MAX - 16, 1, false },
		{ 0x10000, 0, true }, /* nothing, inside a bank */
		{ 0x10000 + LOW + HIGH, 0, false },
		{ 0x10010, UINT64_MAX, false },
		{ 0x10010, UINT64_MAX - 0x10010 + 1, false },
	};

	return cr_make_param_array(struct range, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct range *p, gmem, an_access_is_all_in_one_bank)
{
	uint8_t *buf = calloc(1, HIGH + 2);
	int want = p->ok ? 0 : -EFAULT;

	cr_assert(eq(int, gmem_contains(&g, p->gpa, p->len), p->ok));
	/* The lengths that lie beyond any buffer must be refused before the copy. */
	if (p->ok || p->len <= HIGH + 1) {
		cr_assert(eq(int, gmem_read(&g, p->gpa, buf, p->len), want));
		cr_assert(eq(int, gmem_write(&g, p->gpa, buf, p->len), want));
		cr_assert(eq(int, gmem_set(&g, p->gpa, 0, p->len), want));
	} else {
		cr_assert(eq(int, gmem_set(&g, p->gpa, 0, p->len), want));
	}
	cr_assert(eq(int, gmem_move(&g, p->gpa, p->gpa, p->len), want));
	cr_assert(p->ok || gmem_move(&g, 0x10000, p->gpa, p->len) == want);
	cr_assert(p->ok || gmem_move(&g, p->gpa, 0x10000, p->len) == want);
	free(buf);
}

Test(gmem, bytes_arrive_where_they_belong)
{
	uint8_t b[4] = { 1, 2, 3, 4 };

	cr_assert(eq(int, gmem_write(&g, 0x10000 + LOW - 4, b, 4), 0));
	cr_assert(eq(int, memcmp(low + LOW - 4, b, 4), 0));
	cr_assert(eq(u8, high[0], 0));
	cr_assert(eq(int, gmem_set(&g, 0x10000 + LOW, 9, 3), 0));
	cr_assert(eq(u8, high[2], 9));
	cr_assert(eq(u8, high[3], 0));
	cr_assert(eq(int, gmem_read(&g, 0x10000 + LOW - 2, b, 2), 0));
	cr_assert(eq(u8, b[0], 3));
}

Test(gmem, bytes_move_also_onto_themselves)
{
	uint8_t b[4] = { 1, 2, 3, 4 };

	gmem_write(&g, 0x10000, b, 4);
	cr_assert(eq(int, gmem_move(&g, 0x10002, 0x10000, 4), 0));
	cr_assert(memcmp(low, "\1\2\1\2\3\4", 6) == 0);
	cr_assert(eq(int, gmem_move(&g, 0x10001, 0x10003, 3), 0));
	cr_assert(memcmp(low, "\1\2\3\4\3\4", 6) == 0);
	cr_assert(eq(int, gmem_move(&g, 0x10000 + LOW, 0x10000, 2), 0));
	cr_assert(eq(u8, high[1], 2));
}

ParameterizedTestParameters(gmem, banks_ascend_and_do_not_overlap)
{
	static struct range cases[] = {
		{ 0x20000, 1, false },         { 0, 0x1000, false }, { UINT64_MAX, 1, false },
		{ UINT64_MAX - 15, 1, false }, { 5, 0, false },
	};

	return cr_make_param_array(struct range, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct range *p, gmem, banks_ascend_and_do_not_overlap)
{
	cr_assert(eq(int, gmem_add(&g, p->gpa, p->len, low), -EINVAL));
	cr_assert(eq(int, g.nbanks, 3));
}

Test(gmem, a_bank_is_not_empty_and_does_not_wrap)
{
	struct gmem h = { .nbanks = 0 };

	cr_assert(eq(int, gmem_add(&h, 0, 0, low), -EINVAL));
	cr_assert(eq(int, gmem_add(&h, UINT64_MAX, 2, low), -EINVAL));
	cr_assert(eq(int, gmem_add(&h, 1, UINT64_MAX, low), 0));
	cr_assert(eq(int, gmem_add(&h, 0, UINT64_MAX, low), -EINVAL));
}

Test(gmem, there_is_room_for_a_fixed_number_of_banks)
{
	struct gmem h = { .nbanks = 0 };

	for (uint64_t i = 0; i < GMEM_MAX_BANKS; i++)
		cr_assert(eq(int, gmem_add(&h, i * 0x1000, 0x1000, low), 0));
	cr_assert(eq(int, gmem_add(&h, GMEM_MAX_BANKS * 0x1000, 0x1000, low), -ENOSPC));
	cr_assert(eq(u64, gmem_size(&h), GMEM_MAX_BANKS * 0x1000));
}

/* ---- files ---- */

static int file_of(const void *data, size_t len)
{
	char path[] = "/tmp/spapr-gmem-XXXXXX";
	int fd = mkstemp(path);

	close(fd);
	file_write(path, data, len);
	fd = sys_open(path, O_RDONLY, 0);
	unlink(path);
	return fd;
}

Test(gmem, the_end_is_that_of_the_last_bank)
{
	struct gmem two = { 0 };

	cr_expect(eq(u64, gmem_end(&two), 0));
	cr_assert(eq(int, gmem_add(&two, 0x10000, LOW, low), 0));
	cr_expect(eq(u64, gmem_end(&two), 0x10000 + LOW));
	cr_assert(eq(int, gmem_add(&two, 0x100000, HIGH, high), 0));
	cr_expect(eq(u64, gmem_end(&two), 0x100000 + HIGH));
}

Test(gmem, a_file_is_loaded_up_to_the_last_byte)
{
	uint8_t data[0x800];
	int fd;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = elf_byte(i);
	fd = file_of(data, sizeof(data));
	cr_assert(eq(int, gmem_load_file(&g, 0x10000 + LOW - 0x800, fd, 0, 0x800), 0));
	cr_assert(eq(int, memcmp(low + LOW - 0x800, data, 0x800), 0));
	cr_assert(eq(int, gmem_load_file(&g, 0x10000, fd, 0x700, 0x100), 0));
	cr_assert(eq(int, memcmp(low, data + 0x700, 0x100), 0));
	cr_assert(eq(int, gmem_load_file(&g, 0x10000, fd, 0x700, 0x101), -ENODATA));
	cr_assert(eq(int, gmem_load_file(&g, 0x10000, fd, 0x10000, 1), -ENODATA));
	cr_assert(eq(int, gmem_load_file(&g, 0x10000 + LOW - 0x7ff, fd, 0, 0x800), -EFAULT));
	cr_assert(eq(int, gmem_load_file(&g, 0x10000, fd, 0, 0), 0));
	fake_fail_all("pread", -EIO);
	cr_assert(eq(int, gmem_load_file(&g, 0x10000, fd, 0, 4), -EIO));
	sys_close(fd);
}

Test(gmem, an_interrupted_read_goes_on)
{
	int fd = file_of("abcd", 4);

	fake_fail_nth(1, -EINTR);
	cr_assert(eq(int, gmem_load_file(&g, 0x10000, fd, 0, 4), 0));
	cr_assert(eq(int, memcmp(low, "abcd", 4), 0));
	sys_close(fd);
}
