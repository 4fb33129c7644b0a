/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FAKE_DISK_IMAGE_H
#define TESTS_FAKE_DISK_IMAGE_H

/* Disks in memory: partition tables, an ISO 9660, and as firmware sees them. */

#include "firmware/disk.h"

struct disk_image {
	uint8_t *bytes; /* borrowed; zero at first */
	uint64_t size;
	int fail;                /* what read returns; 0: it works */
	unsigned int good_reads; /* so many work all the same */
	unsigned int reads;      /* so many there were */
};

struct fw_disk disk_of(struct disk_image *img);

/* Entry @i, from 0 on, of the table in sector @sector; @first as the entry says it. */
void mbr_put(struct disk_image *img, uint64_t sector, int i, uint8_t type, uint32_t first,
	     uint32_t count);

#define GPT_PREP "\x38\x2d\x1a\x9e\x12\xc6\x16\x43\xaa\x26\x8b\x49\x52\x1e\x5a\x8b"
#define GPT_EFI "\x28\x73\x2a\xc1\x1f\xf8\xd2\x11\xba\x4b\x00\xa0\xc9\x3e\xc9\x3b"
#define GPT_LINUX "\xaf\x3d\xc6\x0f\x83\x84\x72\x47\x8e\x79\x3d\x69\xd8\x47\x7d\xe4"

/* A header with @n entries of @size bytes from sector 2 on, and its protective MBR. */
void gpt_begin(struct disk_image *img, uint32_t n, uint32_t size);
void gpt_put(struct disk_image *img, uint32_t i, uint32_t size, const char type[16], uint64_t first,
	     uint64_t last);

/*
 * A tree of the directories and the two files of a disk that boots: \ppc\bootinfo.txt with @script,
 * and \boot\grub\powerpc.elf with @program. Their names there are in upper case, with a version.
 */
void iso_make(struct disk_image *img, const char *script, const uint8_t *program, uint32_t len);

#define ISO_SCRIPT                                                                                 \
	"<chrp-boot>\n<boot-script>boot &device;:\\boot\\grub\\powerpc.elf</boot-script>\n</chrp-boot>\n"

/* Where iso_make() puts things, in blocks of 2048 bytes. */
enum iso_block { ISO_ROOT = 18, ISO_PPC, ISO_BOOT, ISO_GRUB, ISO_BOOTINFO, ISO_PROGRAM = 40 };

#endif
