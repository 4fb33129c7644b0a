/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fake/disk_image.h"

#include <stdlib.h>
#include <string.h>

#define SECTOR 512
#define BLOCK 2048

static int read_image(void *ctx, uint64_t off, void *buf, size_t len)
{
	struct disk_image *img = ctx;

	if (off > img->size || len > img->size - off)
		abort(); /* nobody may ask for that */
	if (img->reads++ >= img->good_reads && img->fail)
		return img->fail;
	memcpy(buf, img->bytes + off, len);
	return 0;
}

static int write_image(void *ctx, uint64_t off, const void *buf, size_t len)
{
	struct disk_image *img = ctx;

	if (off > img->size || len > img->size - off)
		abort();
	memcpy(img->bytes + off, buf, len);
	return 0;
}

struct fw_disk disk_of(struct disk_image *img)
{
	return (struct fw_disk){
		.ctx = img,
		.name = "disk0",
		.path = "/pci@800000020000000/scsi@1",
		.size = img->size,
		.block_size = SECTOR,
		.read = read_image,
		.write = write_image,
	};
}

void mbr_put(struct disk_image *img, uint64_t sector, int i, uint8_t type, uint32_t first,
	     uint32_t count)
{
	uint8_t *table = img->bytes + sector * SECTOR, *e = table + 446 + (ptrdiff_t)i * 16;

	e[4] = type;
	le32_store(e + 8, first);
	le32_store(e + 12, count);
	le16_store(table + 510, 0xaa55);
}

void gpt_begin(struct disk_image *img, uint32_t n, uint32_t size)
{
	uint8_t *h = img->bytes + SECTOR;

	mbr_put(img, 0, 0, 0xee, 1, (uint32_t)(img->size / SECTOR - 1));
	memcpy(h, "EFI PART", 8);
	le64_store(h + 72, 2);
	le32_store(h + 80, n);
	le32_store(h + 84, size);
}

void gpt_put(struct disk_image *img, uint32_t i, uint32_t size, const char type[16], uint64_t first,
	     uint64_t last)
{
	uint8_t *e = img->bytes + 2 * (size_t)SECTOR + (size_t)i * size;

	memcpy(e, type, 16);
	le64_store(e + 32, first);
	le64_store(e + 40, last);
}

/* Appends a record; returns where the next one goes. */
static uint8_t *record(uint8_t *at, const char *name, uint32_t block, uint32_t len, bool directory)
{
	size_t n = strlen(name);

	at[0] = (uint8_t)ALIGN_UP(33 + n, 2);
	le32_store(at + 2, block);
	le32_store(at + 10, len);
	at[25] = directory ? 2 : 0;
	at[32] = (uint8_t)n;
	memcpy(at + 33, name, n);
	return at + at[0];
}

static uint8_t *directory(struct disk_image *img, uint32_t block)
{
	uint8_t *at = img->bytes + (size_t)block * BLOCK;

	at = record(at, "\1", block, BLOCK, true); /* itself is "\0", which a string ends at */
	return record(at, "\1", ISO_ROOT, BLOCK, true);
}

void iso_make(struct disk_image *img, const char *script, const uint8_t *program, uint32_t len)
{
	uint8_t *pvd = img->bytes + 16 * (size_t)BLOCK, *at;

	pvd[0] = 1;
	memcpy(pvd + 1, "CD001", 5);
	le16_store(pvd + 128, BLOCK);
	record(pvd + 156, "", ISO_ROOT, BLOCK, true);
	at = record(directory(img, ISO_ROOT), "BOOT", ISO_BOOT, BLOCK, true);
	record(at, "PPC", ISO_PPC, BLOCK, true);
	record(directory(img, ISO_PPC), "BOOTINFO.TXT;1", ISO_BOOTINFO, (uint32_t)strlen(script),
	       false);
	record(directory(img, ISO_BOOT), "GRUB", ISO_GRUB, BLOCK, true);
	record(directory(img, ISO_GRUB), "POWERPC.ELF;1", ISO_PROGRAM, len, false);
	memcpy(img->bytes + (size_t)ISO_BOOTINFO * BLOCK, script, strlen(script));
	memcpy(img->bytes + (size_t)ISO_PROGRAM * BLOCK, program, len);
}
