/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FIRMWARE_IMAGE_H
#define FIRMWARE_IMAGE_H

/*
 * Kernel and initrd from files straight into guest RAM. Guest RAM is zero when a load begins (the
 * machine sees to it), so the part of a segment that the file does not hold is not written at all.
 */

#include "vmm/base/gmem.h"

struct image {
	gpa_t start, end; /* all segments, BSS included; end exclusive */
	gpa_t entry;
	bool little_endian;
};

/*
 * A file that stays open: a reboot reads it again, when this process may open no file any more.
 * Another file in its place is seen by the next start; what is written into the file, by the next
 * reboot.
 */
struct image_file {
	const char *path; /* borrowed */
	const char *what; /* what the user calls it ("initrd"), for messages; constant */
	int fd;           /* -1: none */
	uint64_t size;    /* bytes, as of image_size() */
	gpa_t lowest;     /* a kernel's first segment lies there or above, or all go 4 MiB up */
};

/* A regular file or block device, for reading. 0; or -errno, logged, and nothing to be closed. */
int image_open(struct image_file *f, const char *path, const char *what);
void image_close(struct image_file *f);

/* The size of @f as it is now, which is not 0. 0; or -errno, logged. */
int image_size(struct image_file *f);

/**
 * image_load_kernel - an ELF64 for PowerPC of either endianness
 * ET_EXEC goes to its physical addresses, ET_DYN (position independent) to 4 MiB, and so does what
 * lies below @f->lowest: Linux, which runs anywhere until it has copied itself to 0.
 * Return 0, or -errno after one logged line: file, cause, remedy.
 */
int image_load_kernel(const struct gmem *g, const struct image_file *f, struct image *out);

/* Loads all of @f at @gpa. 0; or -errno, logged. */
int image_load_file(const struct gmem *g, const struct image_file *f, gpa_t gpa);

#endif
