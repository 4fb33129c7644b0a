/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FIRMWARE_KERNEL_H
#define FIRMWARE_KERNEL_H

/*
 * Kernels as they come: what is not an ELF file for PowerPC as it stands is unpacked when it is
 * opened (gzip, xz, zstd, the wrapper "zImage" around one of these), or named for what it is.
 */

#include "firmware/image.h"

/**
 * kernel_open - image_open() for a kernel; a packed one is replaced by what is in it
 * @limit: bytes that may come out
 * A packed kernel is unpacked once: what is written into its file later is seen by the next start.
 * Return 0; or -errno, logged, and nothing to be closed. image_close() undoes it.
 */
int kernel_open(struct image_file *f, const char *path, uint64_t limit);

/*
 * Is the file a program that is linked at 0 and runs anywhere, so no Linux, nor a wrapper around one? Such are
 * kvm-unit-tests. What cannot be read is none: who opens the kernel says why.
 */
bool kernel_is_bare(const char *path);

/* kernel_what.c: what a file is that is no ELF file ("is ...: remedy"); NULL: nothing that we know. */
const char *kernel_what(int fd);

#endif
