/* SPDX-License-Identifier: BSD-2-Clause */
/* An MBR and its chain of logical partitions, whose numbers are those of Linux (block/partitions). */
#include "firmware/disk_private.h"

#include <errno.h>

#define MBR_TABLE 446
#define MBR_ENTRY 16
#define MAX_LOGICAL 64

static bool is_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

static enum disk_kind mbr_kind(uint8_t type)
{
	return type == MBR_PREP ? DISK_PREP : type == MBR_EFI ? DISK_EFI : DISK_ANY;
}

const uint8_t *disk_mbr_entry(const uint8_t *table, unsigned int i)
{
	return table + MBR_TABLE + (size_t)i * MBR_ENTRY;
}

/* Where the chain is, from the first extended partition on: all of it in blocks. */
struct chain {
	uint64_t start, count; /* of the extended partition: links are relative to its start */
	uint64_t at, room; /* this link, which its partitions are relative to; what it may fill */
};

/* Linux takes all four, and believes the last two only where they lie inside. */
static bool is_logical(const struct chain *c, const uint8_t *e, unsigned int i)
{
	uint64_t first = le32_load(e + 8), count = le32_load(e + 12);

	if (count == 0 || is_extended(e[4]))
		return false;
	return i < 2 || (first + count <= c->room && c->at + first + count <= c->start + c->count);
}

/* The partitions of one link; @number: of the next one. */
static int look_at_link(struct disk_search *s, const struct chain *c, const uint8_t *link,
			unsigned int *number)
{
	int r = 0;

	for (unsigned int i = 0; i < 4 && r == 0; i++) {
		const uint8_t *e = disk_mbr_entry(link, i);

		if (is_logical(c, e, i))
			r = disk_look(s, (*number)++, mbr_kind(e[4]), c->at + le32_load(e + 8),
				      le32_load(e + 12));
	}
	return r;
}

static bool next_link(struct chain *c, const uint8_t *link)
{
	for (unsigned int i = 0; i < 4; i++) {
		const uint8_t *e = disk_mbr_entry(link, i);

		if (!is_extended(e[4]) || le32_load(e + 12) == 0)
			continue;
		c->at = c->start + le32_load(e + 8);
		c->room = le32_load(e + 12);
		return true;
	}
	return false;
}

/* An extended partition in which nobody has made a logical one yet has no table. */
static int walk_logical(struct disk_search *s, const uint8_t *extended, unsigned int *number)
{
	struct chain c = { .start = le32_load(extended + 8), .count = le32_load(extended + 12) };
	uint8_t link[MBR_SIZE];
	int r;

	c.at = c.start;
	c.room = c.count;
	for (unsigned int hop = 0; hop < MAX_LOGICAL; hop++) {
		r = disk_read_block(s->disk, c.at, link, sizeof(link));
		if (r == 0 && hop == 0 && le16_load(link + 510) != 0xaa55)
			return 0;
		if (r == -ENODATA || (r == 0 && le16_load(link + 510) != 0xaa55))
			return disk_lies(s->disk, "its logical partitions lead outside the disk, "
						  "or nowhere: mend its partition table");
		if (r == 0)
			r = look_at_link(s, &c, link, number);
		if (r != 0 || !next_link(&c, link))
			return r;
	}
	return disk_lies(s->disk,
			 "it has more than %u logical partitions, or a circle of them: "
			 "mend its partition table",
			 MAX_LOGICAL);
}

/* Primary ones first: their numbers are lower. */
int disk_walk_mbr(struct disk_search *s, const uint8_t *mbr)
{
	unsigned int logical = 5;
	int r = 0;

	for (unsigned int i = 0; i < 4 && r == 0; i++) {
		const uint8_t *e = disk_mbr_entry(mbr, i);

		if (e[4] != 0 && e[4] != MBR_GPT && !is_extended(e[4]))
			r = disk_look(s, i + 1, mbr_kind(e[4]), le32_load(e + 8),
				      le32_load(e + 12));
	}
	for (unsigned int i = 0; i < 4 && r == 0; i++) {
		const uint8_t *e = disk_mbr_entry(mbr, i);

		if (is_extended(e[4]) && le32_load(e + 12) != 0)
			r = walk_logical(s, e, &logical);
	}
	return r;
}
