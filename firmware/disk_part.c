/* SPDX-License-Identifier: BSD-2-Clause */
/* Partitions, by kind or number: which table counts. The tables: disk_mbr.c, disk_gpt.c. */
#include "firmware/disk_private.h"

#include <errno.h>

/* Of a disk with two tables (a hybrid MBR) the first entry says which one counts. */
static int walk_both(struct disk_search *s, const uint8_t *mbr)
{
	bool gpt = disk_mbr_entry(mbr, 0)[4] == MBR_GPT;
	int first = gpt ? disk_walk_gpt(s) : disk_walk_mbr(s, mbr), other;

	if (s->wanted || (first != 0 && first != -ENOEXEC))
		return first;
	other = gpt ? disk_walk_mbr(s, mbr) : disk_walk_gpt(s);
	return other > 0 || first == 0 ? other : first;
}

/* 1: s->found; 0: not there; or -errno. */
static int walk(struct disk_search *s)
{
	uint8_t mbr[MBR_SIZE];
	int r = s->disk->block_size ? disk_read_block(s->disk, 0, mbr, sizeof(mbr)) : -ENODATA;

	if (r < 0 || le16_load(mbr + 510) != 0xaa55)
		return r == -ENODATA ? 0 : r;
	for (unsigned int i = 0; i < 4; i++)
		if (disk_mbr_entry(mbr, i)[4] == MBR_GPT)
			return walk_both(s, mbr);
	return disk_walk_mbr(s, mbr);
}

int disk_find_part(const struct fw_disk *d, enum disk_kind kind, struct disk_part *out)
{
	struct disk_search s = { .disk = d, .kind = kind };
	int r = walk(&s);

	*out = s.found;
	return r < 0 ? r : r > 0 ? 0 : -ENOENT;
}

int disk_partition(const struct fw_disk *disk, unsigned int n, uint64_t *off, uint64_t *len)
{
	struct disk_search s = { .disk = disk, .wanted = n };
	int r = n ? walk(&s) : 0;

	*off = s.found.at.off;
	*len = s.found.at.len;
	return r < 0 ? r : r > 0 ? 0 : -ENOENT;
}
