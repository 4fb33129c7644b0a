/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FIRMWARE_KERNEL_H
#define FIRMWARE_KERNEL_H

/*
 * Kernels as they come: what is not an ELF file for PowerPC as it stands is unpacked when it is
 * opened (gzip, xz, zstd, the wrapper "zImage" around one of these), or named for what it is.
 */

#include "firmware/image.h"

/*
 * No kernel can be larger: RTAS and the tree lie behind it, and Linux wants those below 1 GiB. What a file has
 * beside that (debug information) is not loaded, and could be as large as it likes.
 */
#define KERNEL_MOST (1 * GiB)

struct kernel_unpacking {
	uint64_t
		ram; /* the guest's; all layers together are no more than this, nor than KERNEL_MOST */
	bool has_initrd;    /* one is given, so that one inside a wrapper is not missed */
	bool quiet;         /* nothing is logged */
	bool (*stop)(void); /* asked several times a second: is the work in vain? NULL: it is not */
};

/**
 * kernel_unpack - put what is in a packed kernel in the place of its file
 * @f: from image_open(), and image_close() ends it as before
 * A packed kernel is unpacked once: what is written into its file later is seen by the next start. The unpacked
 * one is memory of the host until then, without what is behind its last segment.
 * Return 0; -ECANCELED: @how->stop() said so, and nothing is logged; or -errno, logged.
 */
int kernel_unpack(struct image_file *f, const struct kernel_unpacking *how);

/*
 * Is the file a program that is linked at 0 and runs anywhere, so no Linux, nor a wrapper around one? Such are
 * kvm-unit-tests. 1 or 0; or -errno, logged.
 */
int kernel_is_bare(const struct image_file *f);

/* kernel_what.c: what a file is that is no ELF file ("is ...: remedy"); NULL: nothing that we know. */
const char *kernel_what(int fd);

#endif
