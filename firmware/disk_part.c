/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Partitions: a walk over an MBR, its chain of logical partitions, or a GPT. Source: UEFI 2.10 "GUID
 * Partition Table (GPT) Disk Layout"; logical partitions are numbered as Linux does it.
 */
#include "firmware/disk_private.h"

#include <errno.h>
#include <string.h>

#define SECTOR 512
#define MBR_TABLE 446
#define MBR_ENTRY 16
#define MAX_LOGICAL 64
#define GPT_MAX_ENTRIES 256
#define GPT_MIN_ENTRY 128
#define GPT_MAX_ENTRY (4 * KiB)

enum mbr_type { MBR_PREP = 0x41, MBR_GPT = 0xee };

/* PReP, 9e1a2d38-c612-4316-aa26-8b49521e5a8b; the first three numbers are little-endian. */
static const uint8_t gpt_prep[16] = { 0x38, 0x2d, 0x1a, 0x9e, 0x12, 0xc6, 0x16, 0x43,
				      0xaa, 0x26, 0x8b, 0x49, 0x52, 0x1e, 0x5a, 0x8b };

/* What is looked for: a number, or (0) the first PReP partition. */
struct search {
	const struct fw_disk *disk;
	unsigned int wanted;
	struct disk_extent found;
};

static struct disk_extent whole(const struct fw_disk *d)
{
	return (struct disk_extent){ 0, d->size };
}

static int read_block(const struct fw_disk *d, uint64_t block, void *buf, size_t len)
{
	const struct disk_extent all = whole(d);

	return block > d->size / d->block_size
		       ? -ENODATA
		       : disk_read(d, &all, block * d->block_size, buf, len);
}

/* Is this the one? 1 yes; 0 no; -ENOEXEC it is, but lies outside the disk. Numbers are in blocks. */
static int look(struct search *s, unsigned int number, bool prep, uint64_t first, uint64_t count)
{
	uint64_t blocks = s->disk->size / s->disk->block_size, end = first + count;

	if (s->wanted ? s->wanted != number : !prep)
		return 0;
	if (first >= blocks || count > blocks - first)
		return disk_lies(s->disk,
				 "partition %u ends at block %llu, the disk has %llu: "
				 "mend its partition table, or copy the image again",
				 number, (unsigned long long)end, (unsigned long long)blocks);
	s->found.off = first * s->disk->block_size;
	s->found.len = count * s->disk->block_size;
	return 1;
}

static bool is_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

/* The chain: each link holds a partition, and where the next link is, both relative. */
static int walk_logical(struct search *s, uint64_t start)
{
	uint64_t at = start;
	uint8_t link[SECTOR];
	int r;

	for (unsigned int hop = 0; hop < MAX_LOGICAL; hop++) {
		const uint8_t *part = link + MBR_TABLE, *next = part + MBR_ENTRY;

		r = read_block(s->disk, at, link, sizeof(link));
		if (r == -ENODATA || (r == 0 && le16_load(link + 510) != 0xaa55))
			return disk_lies(s->disk, "its logical partitions lead outside the disk, "
						  "or nowhere: mend its partition table");
		if (r < 0)
			return r;
		if (part[4] != 0 && le32_load(part + 12) != 0)
			r = look(s, 5 + hop, part[4] == MBR_PREP, at + le32_load(part + 8),
				 le32_load(part + 12));
		if (r != 0 || !is_extended(next[4]) || le32_load(next + 8) == 0)
			return r;
		at = start + le32_load(next + 8);
	}
	return disk_lies(s->disk,
			 "it has more than %u logical partitions, or a circle of them: "
			 "mend its partition table",
			 MAX_LOGICAL);
}

/* Primary ones first: their numbers are lower. */
static int walk_mbr(struct search *s, const uint8_t *mbr)
{
	int r = 0;

	for (unsigned int i = 0; i < 4 && r == 0; i++) {
		const uint8_t *e = mbr + MBR_TABLE + (size_t)i * MBR_ENTRY;

		if (e[4] != 0 && !is_extended(e[4]) && le32_load(e + 12) != 0)
			r = look(s, i + 1, e[4] == MBR_PREP, le32_load(e + 8), le32_load(e + 12));
	}
	for (unsigned int i = 0; i < 4 && r == 0; i++) {
		const uint8_t *e = mbr + MBR_TABLE + (size_t)i * MBR_ENTRY;

		if (is_extended(e[4]))
			return walk_logical(s, le32_load(e + 8));
	}
	return r;
}

static int walk_gpt_entries(struct search *s, uint64_t table, uint32_t n, uint32_t size)
{
	static const uint8_t unused[16];
	const struct disk_extent all = whole(s->disk);
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
		if (memcmp(e, unused, sizeof(unused)) != 0 && last >= first &&
		    last < UINT64_MAX / 2)
			r = look(s, i + 1, memcmp(e, gpt_prep, sizeof(gpt_prep)) == 0, first,
				 last - first + 1);
	}
	return r;
}

static int walk_gpt(struct search *s)
{
	uint8_t h[92];
	int r = read_block(s->disk, 1, h, sizeof(h));
	uint64_t table;
	uint32_t n, size;

	if (r < 0 && r != -ENODATA)
		return r;
	if (r < 0 || memcmp(h, "EFI PART", 8) != 0)
		return disk_lies(s->disk, "its MBR promises a GPT, and there is none: "
					  "mend its partition table");
	table = le64_load(h + 72);
	n = le32_load(h + 80);
	size = le32_load(h + 84);
	if (size < GPT_MIN_ENTRY || size > GPT_MAX_ENTRY ||
	    table > s->disk->size / s->disk->block_size)
		return disk_lies(s->disk, "its GPT is corrupt: mend its partition table");
	return walk_gpt_entries(s, table * s->disk->block_size,
				n < GPT_MAX_ENTRIES ? n : GPT_MAX_ENTRIES, size);
}

/* 1: s->found; 0: not there; or -errno. */
static int walk(struct search *s)
{
	uint8_t mbr[SECTOR];
	int r = s->disk->block_size ? read_block(s->disk, 0, mbr, sizeof(mbr)) : -ENODATA;

	if (r < 0 || le16_load(mbr + 510) != 0xaa55)
		return r == -ENODATA ? 0 : r;
	for (size_t i = 0; i < 4; i++)
		if (mbr[MBR_TABLE + i * MBR_ENTRY + 4] == MBR_GPT)
			return walk_gpt(s);
	return walk_mbr(s, mbr);
}

int disk_find_prep(const struct fw_disk *d, struct disk_extent *out)
{
	struct search s = { .disk = d };
	int r = walk(&s);

	*out = s.found;
	return r < 0 ? r : r > 0 ? 0 : -ENOENT;
}

int disk_partition(const struct fw_disk *disk, unsigned int n, uint64_t *off, uint64_t *len)
{
	struct search s = { .disk = disk, .wanted = n };
	int r = n ? walk(&s) : 0;

	*off = s.found.off;
	*len = s.found.len;
	return r < 0 ? r : r > 0 ? 0 : -ENOENT;
}
