/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FIRMWARE_BOOT_H
#define FIRMWARE_BOOT_H

/*
 * Direct boot: which file goes where. Low to high: the room a kernel copies itself to (from 0),
 * the kernel with its BSS, RTAS, the tree, the initrd. RTAS and the tree come before the initrd so
 * that they stay low, however large the initrd is; all of it stays clear of 0 to 0x3000.
 */

#include "firmware/image.h"

struct boot_plan {
	struct image kernel;
	gpa_t rtas;
	uint32_t rtas_size;
	gpa_t fdt;
	uint64_t fdt_room;
	gpa_t initrd, initrd_end; /* equal: none */
};

/* Open from the start to the end: each power-on reads them anew. */
struct boot_files {
	struct image_file kernel, initrd; /* initrd.fd may be -1: none */
};

/*
 * The files as they are: kernel_unpack() is for the caller. @initrd: NULL: none. 0; or -errno, logged.
 * boot_close() in every case. Paths are borrowed.
 */
int boot_open(struct boot_files *files, const char *kernel, const char *initrd);
void boot_close(struct boot_files *files);

/**
 * boot_load - load everything but the tree, which is made from the plan
 * Return 0, or -errno after one logged line. Guest RAM must be zero.
 */
int boot_load(struct boot_plan *plan, const struct gmem *g, struct boot_files *files,
	      uint32_t ncpus);

/* The same where an image of firmware starts the kernel: no RTAS, no room for the tree. */
int boot_load_images(struct boot_plan *plan, const struct gmem *g, struct boot_files *files);

#endif
