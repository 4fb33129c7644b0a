/* SPDX-License-Identifier: BSD-2-Clause */
/* zlib, liblzma and libzstd, behind one function. Each stream ends by itself: what follows is ignored. */
#include "firmware/unpack_private.h"

#include <dlfcn.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define PIECE ((size_t)64 * KiB)
#define XZ_MEMORY (128 * MiB) /* of its decoder; xz -9 takes 65 MiB */
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

static enum unpack_status run_gzip(void *handle, const uint8_t *in, size_t len, uint8_t *buf,
				   bool (*take)(const void *buf, size_t len))
{
	__typeof__(&inflateInit2_) init;
	__typeof__(&inflate) step;
	z_stream s = { .next_in = (uint8_t *)in, .avail_in = (uInt)len };
	int r = Z_OK;

	if (!find(handle, "inflateInit2_", &init) || !find(handle, "inflate", &step))
		return UNPACK_NO_LIBRARY;
	if (init(&s, GZIP_WINDOW, ZLIB_VERSION, (int)sizeof(s)) != Z_OK)
		return UNPACK_NO_MEMORY;
	while (r == Z_OK) {
		s.next_out = buf;
		s.avail_out = (uInt)PIECE;
		r = step(&s, Z_NO_FLUSH);
		if ((r == Z_OK || r == Z_STREAM_END) && !take(buf, PIECE - s.avail_out))
			break;
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
	lzma_ret r = LZMA_OK;

	if (!find(handle, "lzma_stream_decoder", &init) || !find(handle, "lzma_code", &step))
		return UNPACK_NO_LIBRARY;
	if (init(&s, XZ_MEMORY, 0) != LZMA_OK)
		return UNPACK_NO_MEMORY;
	s.next_in = in;
	s.avail_in = len;
	while (r == LZMA_OK) {
		s.next_out = buf;
		s.avail_out = PIECE;
		r = step(&s, LZMA_RUN);
		if ((r == LZMA_OK || r == LZMA_STREAM_END) && !take(buf, PIECE - s.avail_out))
			break;
	}
	if (r == LZMA_MEM_ERROR || r == LZMA_MEMLIMIT_ERROR)
		return UNPACK_NO_MEMORY;
	return r == LZMA_STREAM_END ? UNPACK_DONE : UNPACK_CORRUPT;
}

static enum unpack_status run_zstd(void *handle, const uint8_t *in, size_t len, uint8_t *buf,
				   bool (*take)(const void *buf, size_t len))
{
	__typeof__(&ZSTD_createDStream) create;
	__typeof__(&ZSTD_decompressStream) step;
	__typeof__(&ZSTD_isError) is_error;
	ZSTD_inBuffer from = { in, len, 0 };
	ZSTD_DStream *s;
	size_t r = 1;

	if (!find(handle, "ZSTD_createDStream", &create) ||
	    !find(handle, "ZSTD_decompressStream", &step) ||
	    !find(handle, "ZSTD_isError", &is_error))
		return UNPACK_NO_LIBRARY;
	s = create();
	if (!s)
		return UNPACK_NO_MEMORY;
	while (r != 0) {
		ZSTD_outBuffer to = { buf, PIECE, 0 };

		r = step(s, &to, &from);
		if (is_error(r) || !take(buf, to.pos) || (to.pos == 0 && from.pos == len && r != 0))
			return UNPACK_CORRUPT;
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
	uint8_t *buf = len > UINT32_MAX ? NULL : malloc(PIECE); /* zlib's numbers */

	return buf ? libs[format].run(lib, in, len, buf, take) : UNPACK_NO_MEMORY;
}
