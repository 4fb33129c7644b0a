/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_NVRAM_H
#define SPHAPR_NVRAM_H

/*
 * Partition NVRAM behind RTAS nvram-fetch and nvram-store: plain bytes that outlive a reboot in
 * place; the VMM only where the platform keeps what nvram_stored() tells. A new one holds the partition
 * "common", of firmware's settings, and free space, which Linux divides. All of it is a guest's to write.
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

/* ---- nvram_common.c: settings, as NAME=VALUE in the partition "common" ---- */

struct nvram_range {
	uint32_t offset, len; /* bytes */
};

struct nvram_setting {
	const char *name; /* of name_len bytes, at least one */
	size_t name_len;
	const char *value; /* ends with a NUL */
};

/* Make the partition of free space, if there is none yet. True: it was made, and lies at @out. */
bool nvram_complete(struct nvram *nv, struct nvram_range *out);

/* Where the settings lie; empty when there is no such partition. */
struct nvram_range nvram_settings(const struct nvram *nv);

/* The next of those in @left, which is then what follows it. False: there is none. */
bool nvram_next(const struct nvram *nv, struct nvram_range *left, struct nvram_setting *out);

/**
 * nvram_set - change a setting, or add it behind the others
 * @name, @value: text without control characters; no '=' in the name
 * @changed: out, the bytes to keep
 * Return 0; -EINVAL no such text; -ENOSPC no room, or no such partition: nothing was changed.
 */
int nvram_set(struct nvram *nv, const char *name, const char *value, struct nvram_range *changed);

/* ---- nvram_part.c: for the two others ---- */

/*
 * Partition header: signature, checksum, big-endian length in blocks of 16 bytes, header included,
 * and a name of 12 bytes. Source: LoPAR 2.8 "Non-Volatile Memory", "NVRAM Space Partitions".
 */
#define NVRAM_HEADER 16
#define NVRAM_NAME_FREE 0x77 /* each byte of the name of free space */
enum nvram_signature {
	NVRAM_SYSTEM = 0x70,
	NVRAM_FREE = 0x7f,
};

/* A partition's header at @range, with @name padded by @pad. */
void nvram_put_header(struct nvram *nv, struct nvram_range range, enum nvram_signature signature,
		      const char *name, uint8_t pad);

/*
 * The first partition that @signature has, and @name unless that is NULL. False: there is none before
 * the end, or before a header that is none.
 */
bool nvram_find(const struct nvram *nv, enum nvram_signature signature, const char *name,
		struct nvram_range *out);

#endif
