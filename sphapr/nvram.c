/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/nvram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 16
#define NAME_SIZE 12
#define NAME_FREE 0x77

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
	memcpy(p + 4, name, strlen(name));
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

int nvram_init(struct nvram *nv)
{
	struct nvram_range all = { 0, NVRAM_SIZE }, made;

	nv->bytes = calloc(1, NVRAM_SIZE);
	if (!nv->bytes)
		return -ENOMEM;
	nvram_put_header(nv, all, NVRAM_FREE, "", NAME_FREE);
	nvram_complete(nv, &made);
	return 0;
}

void nvram_close(struct nvram *nv)
{
	free(nv->bytes);
	nv->bytes = NULL;
}

uint8_t *nvram_at(const struct nvram *nv, uint32_t offset, uint32_t len)
{
	if (len > NVRAM_SIZE || offset > NVRAM_SIZE - len)
		return NULL;
	return nv->bytes + offset;
}
