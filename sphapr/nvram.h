/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_NVRAM_H
#define SPHAPR_NVRAM_H

/*
 * Partition NVRAM behind RTAS nvram-fetch and nvram-store: plain bytes that outlive a reboot in
 * place; the VMM only where the platform keeps what nvram_stored() tells. A new one holds a single free-space partition, which Linux divides.
 */

#include "vmm/base/types.h"

#define NVRAM_SIZE (64 * KiB)

struct nvram {
	uint8_t *bytes; /* NVRAM_SIZE, owned */
};

int nvram_init(struct nvram *nv); /* 0 or -ENOMEM */
void nvram_close(struct nvram *nv);

/* The bytes [offset, offset + len), or NULL when they are not all inside. */
uint8_t *nvram_at(const struct nvram *nv, uint32_t offset, uint32_t len);

#endif
