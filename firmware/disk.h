/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FIRMWARE_DISK_H
#define FIRMWARE_DISK_H

/*
 * Booting from a disk: what is on it (MBR, GPT, ISO 9660), which program it boots, and that
 * program's ELF file into guest RAM. Everything on the disk is the guest's own writing: every number
 * is held against its limit before anything is done with it, and a disk that lies costs one line and
 * the next disk is tried.
 *
 * Files: disk_boot.c the order of what is looked for; disk_part.c partitions: disk_mbr.c, disk_gpt.c,
 * disk_look.c; disk_iso.c ISO 9660; disk_elf.c the program; elf_read.c headers of ELF files; disk_why.c
 * what a disk is that boots nothing; disk_private.h is between them.
 */

#include "vmm/base/gmem.h"
#include "vmm/base/log_limit.h"

#define DISK_LIE_SIZE 240

/* A disk as firmware sees it. The functions wait. */
struct fw_disk {
	void *ctx;
	char name[16];          /* "disk0", for messages */
	struct log_limit *said; /* borrowed: of messages about this disk; NULL: no limit */
	char *lie;      /* takes a message in place of the log: DISK_LIE_SIZE bytes; NULL: none */
	char path[256]; /* device path in the tree */
	uint64_t size;  /* bytes, when somebody looked last */
	uint32_t block_size; /* bytes: offsets and lengths are any, nevertheless */
	bool read_only;
	/* How many bytes it has now: an image may grow. NULL: it does not. */
	uint64_t (*look)(void *ctx);
	/* All of [off, off + len), which lies inside the disk. 0 or -errno. */
	int (*read)(void *ctx, uint64_t off, void *buf, size_t len);
	int (*write)(void *ctx, uint64_t off, const void *buf, size_t len);
};

/* A program that is in guest RAM: GRUB, or a kernel that calls the client interface. */
struct fw_client {
	gpa_t entry;
	gpa_t start, end; /* all of its segments, BSS included; end exclusive */
	bool little_endian, elf32;
	char bootpath[256], bootargs[256]; /* for /chosen */
	char found[160];                   /* where on its disk it was, in words */
};

/**
 * disk_boot_load - find the program that @disk boots, and load it
 * Looked for in this order: ISO 9660 with \ppc\bootinfo.txt; a PReP partition. The second is tried, too,
 * where the first is there and does not boot.
 * @limit: guest addresses below which the program has to lie; from 0x20000 on is its room
 * Return 0; -ENOENT nothing to boot there: disk_say_why() knows more; -ENOEXEC, -EIO, ...: there is
 * something, but not what it says. A line for each such thing has been logged then: disk, cause, remedy.
 * Source: the PowerPC Reference Platform's boot partition; CHRP's "bootinfo.txt"; ECMA-119.
 */
int disk_boot_load(const struct gmem *g, const struct fw_disk *disk, gpa_t limit,
		   struct fw_client *out);

/* One line: why there is nothing to boot on @disk, for a user who thought that there is. */
void disk_say_why(const struct fw_disk *disk);

/**
 * disk_partition - where partition @n is: what ":n" behind a disk's path means
 * @n: from 1 on; MBR: 1 to 4 primary, from 5 on logical ones; GPT: position in the table
 * @off, @len: out, bytes, inside the disk
 * Return 0; -ENOENT no such partition; -EIO and others: the disk cannot be read.
 */
int disk_partition(const struct fw_disk *disk, unsigned int n, uint64_t *off, uint64_t *len);

#endif
