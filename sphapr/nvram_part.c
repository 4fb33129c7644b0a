/* SPDX-License-Identifier: BSD-2-Clause */
/* Partitions of NVRAM: what a guest has made of them is judged header by header. */
#include "sphapr/nvram.h"

#include <string.h>

#define BLOCK 16
#define NAME_SIZE 12

_Static_assert(NVRAM_SIZE / BLOCK <= UINT16_MAX, "the length is a 16-bit count of blocks");

/* Sum of the other 15 bytes, each carry out of bit 7 added back in. */
static uint8_t checksum(const uint8_t *header)
{
	uint32_t sum = header[0];

	for (int i = 2; i < NVRAM_HEADER; i++) {
		sum += header[i];
		sum = (sum & 0xff) + (sum >> 8);
	}
	return (uint8_t)sum;
}

void nvram_put_header(struct nvram *nv, struct nvram_range range, enum nvram_signature signature,
		      const char *name, uint8_t pad)
{
	uint8_t *p = nv->bytes + range.offset;

	p[0] = (uint8_t)signature;
	be16_store(p + 2, (uint16_t)(range.len / BLOCK));
	memset(p + 4, pad, NAME_SIZE);
	for (size_t i = 0; name[i]; i++)
		p[4 + i] = (uint8_t)name[i];
	p[1] = checksum(p);
}

static bool is_named(const uint8_t *header, const char *name)
{
	return !name || strncmp((const char *)header + 4, name, NAME_SIZE) == 0;
}

bool nvram_find(const struct nvram *nv, enum nvram_signature signature, const char *name,
		struct nvram_range *out)
{
	uint32_t len;

	for (uint32_t at = 0; at < NVRAM_SIZE; at += len) {
		const uint8_t *p = nv->bytes + at;

		len = (uint32_t)be16_load(p + 2) * BLOCK;
		if (len == 0 || len > NVRAM_SIZE - at || p[1] != checksum(p))
			return false;
		*out = (struct nvram_range){ at, len };
		if (p[0] == signature && is_named(p, name))
			return true;
	}
	return false;
}
