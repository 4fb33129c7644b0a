/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_FIRMWARE_PACK_H
#define TESTS_UNIT_FIRMWARE_PACK_H

/* Packs what unpack.h unpacks, into file[]: the length there. An abort where that cannot be done. */

#include "vmm/base/types.h"

#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

static uint8_t file[128 * 1024];

static inline size_t pack_gzip(const uint8_t *in, size_t len)
{
	z_stream s = { .next_in = (uint8_t *)in, .avail_in = (uInt)len };

	s.next_out = file;
	s.avail_out = sizeof(file);
	if (deflateInit2(&s, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK ||
	    deflate(&s, Z_FINISH) != Z_STREAM_END || deflateEnd(&s) != Z_OK)
		abort();
	return s.total_out;
}

static inline size_t pack_xz(const uint8_t *in, size_t len)
{
	size_t out = 0;

	if (lzma_easy_buffer_encode(9, LZMA_CHECK_CRC32, NULL, in, len, file, &out, sizeof(file)) !=
	    LZMA_OK)
		abort();
	return out;
}

static inline size_t pack_zstd(const uint8_t *in, size_t len)
{
	size_t n = ZSTD_compress(file, sizeof(file), in, len, 19);

	if (ZSTD_isError(n))
		abort();
	return n;
}

/* As with a dictionary of @size (40: 4 GiB, two less: half of that), which a block's header tells, with a CRC. */
static inline size_t pack_xz_wide(const uint8_t *in, size_t len, uint8_t size)
{
	size_t n = pack_xz(in, len), header = ((size_t)file[12] + 1) * 4, at = 12;

	while (file[at] != 0x21 ||
	       file[at + 1] != 1) /* the filter LZMA2, with one byte of properties */
		at++;
	file[at + 2] = size;
	le32_store(file + 12 + header - 4, lzma_crc32(file + 12, header - 4, 0));
	return n;
}

/* A frame of zstd's of one byte, behind which a window of 2 ^ (10 + @exponent) bytes must be kept. */
static inline size_t pack_zstd_wide(unsigned int exponent)
{
	const uint8_t frame[] = {
		0x28, 0xb5, 0x2f, 0xfd, 0, (uint8_t)(exponent << 3), 9, 0, 0, 'x'
	};

	memcpy(file, frame, sizeof(frame));
	return sizeof(frame);
}

/* In the order of enum unpack_format. */
static size_t (*const packers[])(const uint8_t *in, size_t len) = { pack_gzip, pack_xz, pack_zstd };

#endif
