/* SPDX-License-Identifier: BSD-2-Clause */
/* unpack_lib.c in the test's own process: what the one that unpacks does with bytes that others have written. */
#include "firmware/unpack_private.h"
#include "tests/unit/firmware/pack.h"
#include "tests/unit/said.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

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
			cr_assert(s == UNPACK_DONE || s == UNPACK_CORRUPT || s == UNPACK_NO_MEMORY,
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
