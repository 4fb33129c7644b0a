/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether an entry of a partition table is the one that is looked for. */
#include "firmware/disk_private.h"

#include <errno.h>

static bool is_wanted(const struct disk_search *s, unsigned int number, enum disk_kind kind)
{
	if (s->wanted)
		return s->wanted == number;
	return s->kind == DISK_ANY || s->kind == kind;
}

int disk_look(struct disk_search *s, unsigned int number, enum disk_kind kind, uint64_t first,
	      uint64_t count)
{
	uint64_t blocks = s->disk->size / s->disk->block_size;
	uint64_t end = count < UINT64_MAX - first ? first + count : UINT64_MAX;

	if (!is_wanted(s, number, kind) || (count == 0 && s->kind == DISK_ANY))
		return 0;
	if (count == 0)
		return disk_lies(s->disk, "partition %u has no blocks: mend its partition table",
				 number);
	if (first >= blocks || count > blocks - first)
		return disk_lies(s->disk,
				 "partition %u ends at block %llu, the disk has %llu: "
				 "mend its partition table, or copy the image again",
				 number, (unsigned long long)end, (unsigned long long)blocks);
	s->found.number = number;
	s->found.at.off = first * s->disk->block_size;
	s->found.at.len = count * s->disk->block_size;
	return 1;
}
