/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FIRMWARE_KERNEL_H
#define FIRMWARE_KERNEL_H

/*
 * Kernels as they come: what is not an ELF file for PowerPC as it stands is unpacked when it is
 * opened (gzip, xz, zstd, the wrapper "zImage" around one of these), or named for what it is.
 */

#include "firmware/image.h"

/**
 * kernel_unpack - put what is in a packed kernel in the place of its file
 * @f: from image_open(), and image_close() ends it as before
 * @limit: bytes that may come out
 * A packed kernel is unpacked once: what is written into its file later is seen by the next start.
 * Return 0; or -errno, logged.
 */
int kernel_unpack(struct image_file *f, uint64_t limit);

/*
 * Is the file a program that is linked at 0 and runs anywhere, so no Linux, nor a wrapper around one? Such are
 * kvm-unit-tests. 1 or 0; or -errno, logged.
 */
int kernel_is_bare(const struct image_file *f);

/* kernel_what.c: what a file is that is no ELF file ("is ...: remedy"); NULL: nothing that we know. */
const char *kernel_what(int fd);

#endif
