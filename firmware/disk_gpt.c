/* SPDX-License-Identifier: BSD-2-Clause */
/* A GPT. Source: UEFI 2.10 "GUID Partition Table (GPT) Disk Layout". */
#include "firmware/disk_private.h"

#include <errno.h>
#include <string.h>

#define GPT_MAX_ENTRIES 256
#define GPT_MIN_ENTRY 128
#define GPT_MAX_ENTRY (4 * KiB)

/* 9e1a2d38-c612-4316-aa26-8b49521e5a8b; the first three numbers are little-endian. */
static const uint8_t gpt_prep[16] = { 0x38, 0x2d, 0x1a, 0x9e, 0x12, 0xc6, 0x16, 0x43,
				      0xaa, 0x26, 0x8b, 0x49, 0x52, 0x1e, 0x5a, 0x8b };
/* c12a7328-f81f-11d2-ba4b-00a0c93ec93b */
static const uint8_t gpt_efi[16] = { 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
				     0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b };

static enum disk_kind gpt_kind(const uint8_t *entry)
{
	return memcmp(entry, gpt_prep, sizeof(gpt_prep)) == 0 ? DISK_PREP
	       : memcmp(entry, gpt_efi, sizeof(gpt_efi)) == 0 ? DISK_EFI
							      : DISK_ANY;
}

static int walk_gpt_entries(struct disk_search *s, uint64_t table, uint32_t n, uint32_t size)
{
	static const uint8_t unused[16];
	const struct disk_extent all = disk_whole(s->disk);
	uint8_t e[GPT_MIN_ENTRY];
	int r = 0;

	for (uint32_t i = 0; i < n && r == 0; i++) {
		uint64_t first, last;

		r = disk_read(s->disk, &all, table + (uint64_t)i * size, e, sizeof(e));
		if (r == -ENODATA)
			return disk_lies(s->disk, "its GPT lies outside the disk: "
						  "mend its partition table");
		if (r < 0)
			return r;
		first = le64_load(e + 32);
		last = le64_load(e + 40);
		if (memcmp(e, unused, sizeof(unused)) != 0)
			r = disk_look(s, i + 1, gpt_kind(e), first,
				      last < first ? 0 : last - first + 1);
	}
	return r;
}

/* A table that was made for a disk of blocks of @size bytes. */
static bool has_gpt_at(const struct fw_disk *d, uint64_t size)
{
	const struct disk_extent all = disk_whole(d);
	uint8_t magic[8];

	return disk_read(d, &all, size, magic, sizeof(magic)) == 0 &&
	       memcmp(magic, "EFI PART", sizeof(magic)) == 0;
}

static int has_no_gpt(const struct fw_disk *d)
{
	static const uint32_t sizes[] = { 512, 4096 };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		if (has_gpt_at(d, sizes[i]))
			return disk_lies(d,
					 "its GPT is for blocks of %u bytes, the disk's are of %u: "
					 "give the loop device of \"losetup --show -f "
					 "--sector-size %u FILE\" as its path",
					 sizes[i], d->block_size, sizes[i]);
	return disk_lies(d, "its MBR promises a GPT, and there is none: mend its partition table");
}

int disk_walk_gpt(struct disk_search *s)
{
	uint8_t h[92];
	int r = disk_read_block(s->disk, 1, h, sizeof(h));
	uint64_t table;
	uint32_t n, size;

	if (r < 0 && r != -ENODATA)
		return r;
	if (r < 0 || memcmp(h, "EFI PART", 8) != 0)
		return has_no_gpt(s->disk);
	table = le64_load(h + 72);
	n = le32_load(h + 80);
	size = le32_load(h + 84);
	if (size < GPT_MIN_ENTRY || size > GPT_MAX_ENTRY ||
	    table > s->disk->size / s->disk->block_size)
		return disk_lies(s->disk, "its GPT is corrupt: mend its partition table");
	return walk_gpt_entries(s, table * s->disk->block_size,
				n < GPT_MAX_ENTRIES ? n : GPT_MAX_ENTRIES, size);
}
