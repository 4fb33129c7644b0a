/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_FILE_H
#define VMM_BASE_FILE_H

/* Small files as a whole. An interrupted call is made again. */

#include "vmm/base/types.h"

/**
 * file_read - a file, or its first @size bytes
 * @len: out, how many bytes there were, also before a failure
 * Return 0 or -errno.
 */
int file_read(const char *path, void *buf, size_t size, size_t *len);

/* The same as text, at most @size - 1 bytes of it. The NUL is there on failure, too. */
int file_read_text(const char *path, char *buf, size_t size);

/* Writes all of @buf to an open file. Return 0 or -errno. */
int file_write_all(int fd, const void *buf, size_t len);

#endif
