/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FUZZ_FILE_H
#define TESTS_FUZZ_FILE_H

/* A file that holds an input. It has no name, and is the same one for all inputs of a process. */

#include "firmware/image.h"
#include "tests/fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

static inline struct image_file file_of(const void *data, size_t len)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("input", MFD_CLOEXEC);
	must(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, len, 0) == (ssize_t)len);
	return (struct image_file){ .path = "input", .what = "kernel", .fd = fd, .size = len };
}

#endif
