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

/**
 * image_load_kernel - an ELF64 for PowerPC of either endianness
 * ET_EXEC goes to its physical addresses, ET_DYN (position independent) to 4 MiB.
 * Return 0, or -errno after one logged line: file, cause, remedy.
 */
int image_load_kernel(const struct gmem *g, const char *path, struct image *out);

/**
 * image_load_file - a whole file at @gpa
 * @what: what the user calls it ("initrd"), for messages
 * @size: out, bytes
 */
int image_load_file(const struct gmem *g, const char *path, const char *what, gpa_t gpa,
		    uint64_t *size);

/* A regular file (or block device) opened for reading, its size in *@size; or -errno, logged. */
int image_open(const char *path, const char *what, uint64_t *size);

#endif
