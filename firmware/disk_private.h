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

struct disk_extent disk_whole(const struct fw_disk *d);

/* As disk_read(), from the beginning of a block of the disk on. */
int disk_read_block(const struct fw_disk *d, uint64_t block, void *buf, size_t len);

/* @d is not what it says: one line, or d->lie. Returns -ENOEXEC. */
int disk_lies(const struct fw_disk *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* disk_part.c: the first partition of a kind. -ENOENT: none. */
enum disk_kind { DISK_ANY, DISK_PREP, DISK_EFI };
struct disk_part {
	struct disk_extent at;
	unsigned int number;
};
int disk_find_part(const struct fw_disk *d, enum disk_kind kind, struct disk_part *out);

/* What is looked for: a number, or (0) the first partition of a kind. */
struct disk_search {
	const struct fw_disk *disk;
	unsigned int wanted;
	enum disk_kind kind;
	struct disk_part found;
};

/*
 * disk_look.c: is this the one? 1 yes; 0 no; -ENOEXEC it is, but lies outside the disk. @first, @count:
 * in blocks. Of no blocks, it is there for those alone who look for its kind.
 */
int disk_look(struct disk_search *s, unsigned int number, enum disk_kind kind, uint64_t first,
	      uint64_t count);

/* disk_mbr.c, disk_gpt.c: 1: s->found; 0: not there; or -errno. @mbr: the first MBR_SIZE bytes. */
#define MBR_SIZE 512
enum mbr_type { MBR_PREP = 0x41, MBR_GPT = 0xee, MBR_EFI = 0xef };
const uint8_t *disk_mbr_entry(const uint8_t *mbr, unsigned int i);
int disk_walk_mbr(struct disk_search *s, const uint8_t *mbr);
int disk_walk_gpt(struct disk_search *s);

/*
 * disk_iso.c: the file that \ppc\bootinfo.txt names. @path, @args: out, of 128 and 256 bytes: its
 * name there, and the words behind. -ENOENT: no ISO 9660, or one without that file.
 */
#define ISO_PATH_SIZE 128
int disk_find_iso(const struct fw_disk *d, struct disk_extent *out, char path[ISO_PATH_SIZE],
		  char args[256]);

/* The same: does it begin as an ISO 9660? */
bool disk_is_iso(const struct fw_disk *d);

/* disk_elf.c: a program for PowerPC into RAM, [0x20000, @limit). All but the two texts of @out. */
int disk_load_elf(const struct gmem *g, const struct fw_disk *d, const struct disk_extent *file,
		  gpa_t limit, struct fw_client *out);

#endif
