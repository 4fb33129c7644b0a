/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FIRMWARE_UNPACK_H
#define FIRMWARE_UNPACK_H

/*
 * Compressed kernels: gzip, xz and zstd, each unpacked by the kept library of its format. The library
 * reads what others have written, so it does that in a process of its own, which has no rights, no
 * descriptor but a pipe, and ends with the work. This process never loads the library.
 *
 * Files: unpack_format.c what is packed, and how; unpack.c this process's end; unpack_process.c the other
 * one; unpack_lib.c the libraries; unpack_calls.c which system calls the process may make.
 */

#include "vmm/base/types.h"

#include <sys/types.h>

enum unpack_format { UNPACK_NONE, UNPACK_GZIP, UNPACK_XZ, UNPACK_ZSTD };

/*
 * What begins with these @n bytes? Frames that hold nothing (pzstd's files begin with one) are nothing before
 * they are followed by one of zstd's: lz4 has them, too. Source: RFC 8878, "Skippable Frames".
 */
enum unpack_format unpack_recognize(const uint8_t *head, size_t n);
size_t unpack_skippable(const uint8_t *head, size_t n); /* the bytes of such frames, up to @n */
const char *unpack_name(enum unpack_format format);     /* "gzip" */

/* Bytes of an open file. */
struct unpack_source {
	int fd;
	uint64_t off, len;
	enum unpack_format format; /* UNPACK_NONE: they are copied */
};

struct unpack_bounds {
	uint64_t limit;     /* bytes that may come out */
	bool (*stop)(void); /* asked several times a second: is the work in vain? NULL: it is not */
};

#define UNPACK_WHY 200

/**
 * unpack - unpack into a file without a name
 * @out_fd, @out_size: out, with success: the file, into which nobody writes any more; the caller closes it
 * @why: out, with other failures: "cause: remedy"
 * Return 0; -EFBIG: more than the limit would come out; -ECANCELED: @bounds->stop() said so; or -errno.
 */
int unpack(const struct unpack_source *src, const struct unpack_bounds *bounds, int *out_fd,
	   uint64_t *out_size, char why[UNPACK_WHY]);

/* The file is cut to @size bytes, or not at all, and never changes again. 0 or -errno. */
int unpack_keep(int fd, uint64_t size);

#endif
