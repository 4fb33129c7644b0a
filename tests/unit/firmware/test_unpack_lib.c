/* SPDX-License-Identifier: BSD-2-Clause */
/* unpack_lib.c in the test's own process: what the one that unpacks does with bytes that others have written. */
#include "firmware/unpack_private.h"
#include "tests/unit/firmware/pack.h"
#include "tests/unit/said.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sys/resource.h>

#define SIZE ((size_t)200 * 1024) /* of several pieces */

static uint8_t plain[SIZE], out[SIZE + 1];
static size_t out_len, room;

static bool take(const void *buf, size_t len)
{
	if (len > room - out_len)
		return false;
	memcpy(out + out_len, buf, len);
	out_len += len;
	return true;
}

static enum unpack_status unpack_bytes(enum unpack_format format, const uint8_t *in, size_t len)
{
	void *lib = unpack_lib_load(format);

	out_len = 0;
	cr_assert(lib != NULL, "%s", unpack_package(format));
	return unpack_lib_run(format, lib, in, len, take);
}

/* Zeros, and here and there a byte. */
static void setup(void)
{
	room = sizeof(out);
	for (size_t i = 0; i < SIZE; i += 1000)
		plain[i] = (uint8_t)(i / 1000 * 37);
}

TestSuite(unpack_lib, .init = setup, .timeout = 60);

#define EACH(format) for (enum unpack_format format = UNPACK_GZIP; format <= UNPACK_ZSTD; format++)

static size_t pack(enum unpack_format format)
{
	return packers[format - UNPACK_GZIP](plain, SIZE);
}

Test(unpack_lib, gives_what_was_packed)
{
	EACH(format)
	{
		size_t n = pack(format);

		cr_assert(eq(int, (int)unpack_recognize(file, n), (int)format));
		memset(file + n, 0x55, 100); /* what follows is of no interest */
		cr_assert(eq(int, (int)unpack_bytes(format, file, n + 100), UNPACK_DONE));
		cr_assert(eq(sz, out_len, SIZE));
		cr_assert(memcmp(out, plain, SIZE) == 0, "%s", unpack_name(format));
	}
}

/* Bytes of a frame of zstd's that holds nothing, or xz's padding, and what none of them takes for its own. */
static size_t between(enum unpack_format format, uint8_t *to)
{
	static const uint8_t skipped[] = { 0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3 };

	if (format == UNPACK_ZSTD)
		memcpy(to, skipped, sizeof(skipped));
	else
		memset(to, 0, 8);
	return format == UNPACK_ZSTD ? sizeof(skipped) : format == UNPACK_XZ ? 8 : 0;
}

/* The two halves, and @gap between them: the length in both[]. */
static uint8_t both[sizeof(file)];

static size_t pack_halves(enum unpack_format format, bool gap)
{
	size_t n = packers[format - UNPACK_GZIP](plain, SIZE / 2), more;

	memcpy(both, file, n);
	n += gap ? between(format, both + n) : 0;
	more = packers[format - UNPACK_GZIP](plain + SIZE / 2, SIZE / 2);
	cr_assert(le(sz, n + more + 100, sizeof(both)));
	memcpy(both + n, file, more);
	memset(both + n + more, 0x55, 100);
	return n + more;
}

Test(unpack_lib, members_one_after_another_are_one_file)
{
	EACH(format)
	for (int gap = 0; gap <= 1; gap++) {
		size_t n = pack_halves(format, gap);

		for (size_t junk = 0; junk <= 100; junk += 100) {
			cr_assert(eq(int, (int)unpack_bytes(format, both, n + junk), UNPACK_DONE),
				  "%s", unpack_name(format));
			cr_assert(eq(sz, out_len, SIZE), "%s", unpack_name(format));
			cr_assert(memcmp(out, plain, SIZE) == 0, "%s", unpack_name(format));
		}
		cr_assert(eq(int, (int)unpack_bytes(format, both, n - 9), UNPACK_CORRUPT), "%s",
			  unpack_name(format));
	}
}

/* As pzstd writes it. */
Test(unpack_lib, zstd_may_begin_with_frames_that_hold_nothing)
{
	size_t n = between(UNPACK_ZSTD, both), m = n + between(UNPACK_ZSTD, both + n);
	size_t len = pack(UNPACK_ZSTD);

	memcpy(both + m, file, len);
	cr_assert(eq(int, (int)unpack_recognize(both, 64), UNPACK_ZSTD));
	cr_assert(eq(int, (int)unpack_bytes(UNPACK_ZSTD, both, m + len), UNPACK_DONE));
	cr_assert(eq(sz, out_len, SIZE));
	for (size_t cut = 0; cut < m + 4; cut++)
		cr_assert(eq(int, (int)unpack_recognize(both, cut), UNPACK_NONE), "%zu", cut);
	memcpy(both + m, "\x1f\x8b\x08", 3);
	cr_assert(eq(int, (int)unpack_recognize(both, 64), UNPACK_NONE), "gzip has no such frames");
	memset(both + 4, 0xff, 4);
	cr_assert(eq(int, (int)unpack_recognize(both, 64), UNPACK_NONE));
}

static enum unpack_status unpack_xz_wide(uint8_t size)
{
	return unpack_bytes(UNPACK_XZ, file, pack_xz_wide(plain, SIZE, size));
}

Test(unpack_lib, a_window_too_wide_is_told_from_an_error)
{
	cr_assert(eq(int, (int)unpack_bytes(UNPACK_ZSTD, file, pack_zstd_wide(17)), UNPACK_DONE));
	cr_assert(
		eq(int, (int)unpack_bytes(UNPACK_ZSTD, file, pack_zstd_wide(18)), UNPACK_TOO_WIDE));
	cr_assert(eq(int, (int)unpack_xz_wide(29), UNPACK_DONE), "96 MiB");
	cr_assert(eq(int, (int)unpack_xz_wide(31), UNPACK_TOO_WIDE), "192 MiB");
}

#ifndef __SANITIZE_ADDRESS__ /* which ends a program that gets no memory */
Test(unpack_lib, no_memory_is_told_from_an_error)
{
	const struct rlimit few = { 64 * MiB, 64 * MiB };
	size_t n = pack_xz_wide(plain, SIZE, 29);

	memcpy(both, file, n);
	cr_assert(eq(int, setrlimit(RLIMIT_DATA, &few), 0));
	cr_assert(eq(int, (int)unpack_bytes(UNPACK_XZ, both, n), UNPACK_NO_MEMORY), "96 MiB");
	n = pack_zstd_wide(17);
	cr_assert(eq(int, (int)unpack_bytes(UNPACK_ZSTD, file, n), UNPACK_NO_MEMORY));
}
#endif

Test(unpack_lib, each_library_has_a_package)
{
	cr_assert(eq(str, chars(unpack_package(UNPACK_GZIP)), chars("zlib1g")));
	cr_assert(eq(str, chars(unpack_package(UNPACK_XZ)), chars("liblzma5")));
	cr_assert(eq(str, chars(unpack_package(UNPACK_ZSTD)), chars("libzstd1")));
}

Test(unpack_lib, each_cut_is_seen)
{
	EACH(format)
	{
		size_t n = pack(format);

		for (size_t len = 0; len < n; len += len < 40 ? 1 : 97)
			cr_assert(eq(int, (int)unpack_bytes(format, file, len), UNPACK_CORRUPT),
				  "%s: %zu", unpack_name(format), len);
	}
}

Test(unpack_lib, bears_any_changed_byte)
{
	EACH(format)
	{
		size_t n = pack(format);

		for (size_t at = 0; at < n; at += at < 40 ? 1 : 97) {
			enum unpack_status s;

			file[at] ^= 0xa5;
			s = unpack_bytes(format, file, n);
			cr_assert(s == UNPACK_DONE || s == UNPACK_CORRUPT ||
					  s == UNPACK_NO_MEMORY || s == UNPACK_TOO_WIDE,
				  "%s: %zu: %d", unpack_name(format), at, (int)s);
			file[at] ^= 0xa5;
		}
	}
}

Test(unpack_lib, ends_when_nobody_wants_more)
{
	room = 100 * 1024;
	EACH(format)
	cr_assert(eq(int, (int)unpack_bytes(format, file, pack(format)), UNPACK_CORRUPT));
}

/* As the library of another release might be. */
Test(unpack_lib, another_library_is_none)
{
	EACH(format)
	{
		void *other = unpack_lib_load(format == UNPACK_XZ ? UNPACK_ZSTD : UNPACK_XZ);

		cr_assert(eq(int, (int)unpack_lib_run(format, other, file, pack(format), take),
			     UNPACK_NO_LIBRARY));
	}
}

Test(unpack_lib, more_than_zlib_can_count_is_refused)
{
	void *lib = unpack_lib_load(UNPACK_GZIP);

	cr_assert(eq(int, (int)unpack_lib_run(UNPACK_GZIP, lib, file, (size_t)UINT32_MAX + 1, take),
		     UNPACK_CORRUPT));
}
