/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_FIRMWARE_PACK_H
#define TESTS_UNIT_FIRMWARE_PACK_H

/* Packs what unpack.h unpacks, into file[]: the length there. An abort where that cannot be done. */

#include <lzma.h>
#include <stdint.h>
#include <stdlib.h>
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

/* In the order of enum unpack_format. */
static size_t (*const packers[])(const uint8_t *in, size_t len) = { pack_gzip, pack_xz, pack_zstd };

#endif
