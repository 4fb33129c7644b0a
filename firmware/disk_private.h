/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FIRMWARE_DISK_PRIVATE_H
#define FIRMWARE_DISK_PRIVATE_H

/* The parts of the boot from disks to each other. All return 0 or -errno as in disk.h. */

#include "firmware/disk.h"

/* A part of a disk, in bytes. */
struct disk_extent {
	uint64_t off, len;
};

/* disk_read.c. Bytes at @off of @e; -ENODATA: not all of them are there. */
int disk_read(const struct fw_disk *d, const struct disk_extent *e, uint64_t off, void *buf,
	      size_t len);

/* @d is not what it says: one line. Returns -ENOEXEC. */
int disk_lies(const struct fw_disk *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* disk_part.c: the first PReP partition. -ENOENT: none. */
int disk_find_prep(const struct fw_disk *d, struct disk_extent *out);

/*
 * disk_iso.c: the file that \ppc\bootinfo.txt names. @path, @args: out, of 128 and 256 bytes: its
 * name there, and the words behind. -ENOENT: no ISO 9660, or one without that file.
 */
#define ISO_PATH_SIZE 128
int disk_find_iso(const struct fw_disk *d, struct disk_extent *out, char path[ISO_PATH_SIZE],
		  char args[256]);

/* disk_elf.c: a program for PowerPC into RAM, [0x20000, @limit). All but the two texts of @out. */
int disk_load_elf(const struct gmem *g, const struct fw_disk *d, const struct disk_extent *file,
		  gpa_t limit, struct fw_client *out);

#endif
