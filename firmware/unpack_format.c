/* SPDX-License-Identifier: BSD-2-Clause */
/* By which bytes packed data is known. */
#include "firmware/unpack.h"

#include <string.h>

#define SKIPPABLE 0x184d2a50u /* and 15 more; then the length of what follows */
#define SKIPPABLE_HEAD 8

static enum unpack_format recognize(const uint8_t *head, size_t n)
{
	static const struct {
		const char *magic;
		size_t len;
		enum unpack_format format;
	} known[] = {
		{ "\x1f\x8b\x08", 3, UNPACK_GZIP },
		{ "\xfd\x37zXZ\0", 6, UNPACK_XZ },
		{ "\x28\xb5\x2f\xfd", 4, UNPACK_ZSTD },
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (n >= known[i].len && memcmp(head, known[i].magic, known[i].len) == 0)
			return known[i].format;
	return UNPACK_NONE;
}

size_t unpack_skippable(const uint8_t *head, size_t n)
{
	size_t at = 0;

	while (n - at >= SKIPPABLE_HEAD && (le32_load(head + at) & ~0xfu) == SKIPPABLE) {
		uint64_t len = SKIPPABLE_HEAD + (uint64_t)le32_load(head + at + 4);

		at = len < n - at ? at + (size_t)len : n;
	}
	return at;
}

enum unpack_format unpack_recognize(const uint8_t *head, size_t n)
{
	size_t at = unpack_skippable(head, n);
	enum unpack_format format = recognize(head + at, n - at);

	return at == 0 || format == UNPACK_ZSTD ? format : UNPACK_NONE;
}

const char *unpack_name(enum unpack_format format)
{
	static const char *const names[] = { "", "gzip", "xz", "zstd" };

	return names[format];
}
