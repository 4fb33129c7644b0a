/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * zlib, liblzma and libzstd, behind one function. Data may be several members one after another, as the tools
 * take them. Each ends by itself: what follows and is no further one is ignored (padding of an image, say).
 */
#include "firmware/unpack_private.h"

#include <dlfcn.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define PIECE ((size_t)64 * KiB)
#define GZIP_WINDOW (15 + 16) /* the largest window; a gzip header, not zlib's */

struct lib {
	const char *library, *package;
	enum unpack_status (*run)(void *handle, const uint8_t *in, size_t len, uint8_t *buf,
				  bool (*take)(const void *buf, size_t len));
};

/* ISO C has no cast from a data pointer to a function's; POSIX says that the bytes are the same. */
static bool find(void *handle, const char *name, void *function)
{
	void *symbol = dlsym(handle, name);

	memcpy(function, &symbol, sizeof(symbol));
	return symbol;
}

/* How far from @in the next member begins; @len: there is none. xz's may be padded, by fours. */
static size_t to_member(enum unpack_format format, const uint8_t *in, size_t len)
{
	static const uint8_t zeros[4];
	size_t at = format == UNPACK_ZSTD ? unpack_skippable(in, len) : 0;

	while (format == UNPACK_XZ && len - at >= 4 && memcmp(in + at, zeros, 4) == 0)
		at += 4;
	return unpack_recognize(in + at, len - at) == format ? at : len;
}

static enum unpack_status run_gzip(void *handle, const uint8_t *in, size_t len, uint8_t *buf,
				   bool (*take)(const void *buf, size_t len))
{
	__typeof__(&inflateInit2_) init;
	__typeof__(&inflateReset) again;
	__typeof__(&inflate) step;
	z_stream s = { .next_in = (uint8_t *)in, .avail_in = (uInt)len };
	int r = Z_OK;

	if (!find(handle, "inflateInit2_", &init) || !find(handle, "inflate", &step) ||
	    !find(handle, "inflateReset", &again))
		return UNPACK_NO_LIBRARY;
	if (init(&s, GZIP_WINDOW, ZLIB_VERSION, (int)sizeof(s)) != Z_OK)
		return UNPACK_NO_MEMORY;
	while (r == Z_OK) {
		s.next_out = buf;
		s.avail_out = (uInt)PIECE;
		r = step(&s, Z_NO_FLUSH);
		if ((r == Z_OK || r == Z_STREAM_END) && !take(buf, PIECE - s.avail_out))
			return UNPACK_CORRUPT;
		if (r == Z_STREAM_END && to_member(UNPACK_GZIP, s.next_in, s.avail_in) < s.avail_in)
			r = again(&s);
	}
	return r == Z_STREAM_END  ? UNPACK_DONE
	       : r == Z_MEM_ERROR ? UNPACK_NO_MEMORY
				  : UNPACK_CORRUPT;
}

static enum unpack_status run_xz(void *handle, const uint8_t *in, size_t len, uint8_t *buf,
				 bool (*take)(const void *buf, size_t len))
{
	__typeof__(&lzma_stream_decoder) init;
	__typeof__(&lzma_code) step;
	lzma_stream s = LZMA_STREAM_INIT;
	size_t gap_size;
	lzma_ret r;

	if (!find(handle, "lzma_stream_decoder", &init) || !find(handle, "lzma_code", &step))
		return UNPACK_NO_LIBRARY;
	s.next_in = in;
	s.avail_in = len;
	r = init(&s, UNPACK_MEMORY, 0);
	while (r == LZMA_OK) {
		s.next_out = buf;
		s.avail_out = PIECE;
		r = step(&s, LZMA_RUN);
		if ((r == LZMA_OK || r == LZMA_STREAM_END) && !take(buf, PIECE - s.avail_out))
			return UNPACK_CORRUPT;
		if (r != LZMA_STREAM_END)
			continue;
		gap_size = to_member(UNPACK_XZ, s.next_in, s.avail_in);
		s.next_in += gap_size;
		s.avail_in -= gap_size;
		if (s.avail_in > 0)
			r = init(&s, UNPACK_MEMORY, 0);
	}
	return r == LZMA_STREAM_END       ? UNPACK_DONE
	       : r == LZMA_MEMLIMIT_ERROR ? UNPACK_TOO_WIDE
	       : r == LZMA_MEM_ERROR      ? UNPACK_NO_MEMORY
					  : UNPACK_CORRUPT;
}

static enum unpack_status zstd_status(ZSTD_ErrorCode code)
{
	return code == ZSTD_error_frameParameter_windowTooLarge ? UNPACK_TOO_WIDE
	       : code == ZSTD_error_memory_allocation           ? UNPACK_NO_MEMORY
								: UNPACK_CORRUPT;
}

static enum unpack_status run_zstd(void *handle, const uint8_t *in, size_t len, uint8_t *buf,
				   bool (*take)(const void *buf, size_t len))
{
	__typeof__(&ZSTD_createDStream) create;
	__typeof__(&ZSTD_decompressStream) step;
	__typeof__(&ZSTD_getErrorCode) code;
	ZSTD_inBuffer from = { in, len, 0 };
	ZSTD_DStream *s;
	size_t r = 1;

	if (!find(handle, "ZSTD_createDStream", &create) ||
	    !find(handle, "ZSTD_decompressStream", &step) ||
	    !find(handle, "ZSTD_getErrorCode", &code))
		return UNPACK_NO_LIBRARY;
	s = create();
	if (!s)
		return UNPACK_NO_MEMORY;
	while (r != 0) {
		ZSTD_outBuffer to = { buf, PIECE, 0 };

		r = step(s, &to, &from);
		if (code(r) != ZSTD_error_no_error)
			return zstd_status(code(r));
		if (!take(buf, to.pos) || (to.pos == 0 && from.pos == len && r != 0))
			return UNPACK_CORRUPT;
		if (r == 0) {
			from.pos += to_member(UNPACK_ZSTD, in + from.pos, len - from.pos);
			r = from.pos < len;
		}
	}
	return UNPACK_DONE;
}

static const struct lib libs[] = {
	[UNPACK_GZIP] = { "libz.so.1", "zlib1g", run_gzip },
	[UNPACK_XZ] = { "liblzma.so.5", "liblzma5", run_xz },
	[UNPACK_ZSTD] = { "libzstd.so.1", "libzstd1", run_zstd },
};

void *unpack_lib_load(enum unpack_format format)
{
	return dlopen(libs[format].library, RTLD_NOW | RTLD_LOCAL);
}

const char *unpack_package(enum unpack_format format)
{
	return libs[format].package;
}

/* No clean-up: the process ends. */
enum unpack_status unpack_lib_run(enum unpack_format format, void *lib, const uint8_t *in,
				  size_t len, bool (*take)(const void *buf, size_t len))
{
	uint8_t *buf;

	if (len > UINT32_MAX) /* zlib's numbers */
		return UNPACK_CORRUPT;
	buf = malloc(PIECE);
	return buf ? libs[format].run(lib, in, len, buf, take) : UNPACK_NO_MEMORY;
}
