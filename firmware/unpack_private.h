/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FIRMWARE_UNPACK_PRIVATE_H
#define FIRMWARE_UNPACK_PRIVATE_H

/* Between the two processes of unpack.h. */

#include "firmware/unpack.h"
#include "vmm/base/callfilter.h"

extern const struct call_program unpack_program; /* of unpack_calls.c */

/* How the process ends: its exit status. */
enum unpack_status {
	UNPACK_DONE,
	UNPACK_CORRUPT,
	UNPACK_NO_LIBRARY,
	UNPACK_NO_MEMORY,
	UNPACK_NOT_CONFINED,
	UNPACK_TOO_WIDE, /* what was packed refers back so far that UNPACK_MEMORY does not do */
};

/* What a library may take for that: xz's decoder (xz -9 takes 65 MiB), zstd's window, as its library has it. */
#define UNPACK_MEMORY (128 * MiB)

/* The process's whole life: from @src to the pipe @out, and to the end by _exit(). */
__attribute__((noreturn)) void unpack_process(const struct unpack_source *src, int out, int words,
					      pid_t parent);

/* The library of @format, for good; NULL: this host has none, and its package is unpack_package(). */
void *unpack_lib_load(enum unpack_format format);
const char *unpack_package(enum unpack_format format);

/* All of @in through @take, which is false when nobody wants more. @lib: of the same @format. */
enum unpack_status unpack_lib_run(enum unpack_format format, void *lib, const uint8_t *in,
				  size_t len, bool (*take)(const void *buf, size_t len));

#endif
