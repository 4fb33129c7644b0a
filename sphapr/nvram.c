/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/nvram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Partition header: signature, checksum, big-endian length in blocks of 16 bytes, header included,
 * and a name of 12 bytes. Source: LoPAR 2.8 "Non-Volatile Memory", "NVRAM Space Partitions".
 */
#define HEADER_SIZE 16
#define BLOCK 16
#define SIGNATURE_FREE 0x7f
#define NAME_FREE 0x77

_Static_assert(NVRAM_SIZE / BLOCK <= UINT16_MAX, "the length is a 16-bit count of blocks");

/* Sum of the other 15 bytes, each carry out of bit 7 added back in. */
static uint8_t checksum(const uint8_t *header)
{
	uint32_t sum = header[0];

	for (int i = 2; i < HEADER_SIZE; i++) {
		sum += header[i];
		sum = (sum & 0xff) + (sum >> 8);
	}
	return (uint8_t)sum;
}

int nvram_init(struct nvram *nv)
{
	uint8_t *p = calloc(1, NVRAM_SIZE);

	nv->bytes = p;
	if (!p)
		return -ENOMEM;
	p[0] = SIGNATURE_FREE;
	be16_store(p + 2, NVRAM_SIZE / BLOCK);
	memset(p + 4, NAME_FREE, HEADER_SIZE - 4);
	p[1] = checksum(p);
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
