/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FIRMWARE_UNPACK_H
#define FIRMWARE_UNPACK_H

/*
 * Compressed kernels: gzip, xz and zstd, each unpacked by the kept library of its format. The library
 * reads what others have written, so it does that in a process of its own, which has no rights, no
 * descriptor but a pipe, and ends with the work. This process never loads the library.
 *
 * Files: unpack.c this process's end; unpack_process.c the other one; unpack_lib.c the libraries;
 * unpack_calls.c which system calls the process may make.
 */

#include "vmm/base/types.h"

#include <sys/types.h>

enum unpack_format { UNPACK_NONE, UNPACK_GZIP, UNPACK_XZ, UNPACK_ZSTD };

/* What begins with these @n bytes? */
enum unpack_format unpack_recognize(const uint8_t *head, size_t n);
const char *unpack_name(enum unpack_format format); /* "gzip" */

/* Bytes of an open file. */
struct unpack_source {
	const char *path; /* borrowed, for messages */
	int fd;
	uint64_t off, len;
	enum unpack_format format; /* UNPACK_NONE: they are copied */
};

/**
 * unpack - unpack into a file without a name
 * @limit: bytes that may come out
 * @out_fd, @out_size: out, with success: the file, which nobody can change; the caller closes it
 * Return 0; or -errno after one logged line.
 */
int unpack(const struct unpack_source *src, uint64_t limit, int *out_fd, uint64_t *out_size);

#endif
