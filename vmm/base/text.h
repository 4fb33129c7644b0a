/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_TEXT_H
#define VMM_BASE_TEXT_H

/* Text that is put together in a buffer of the caller's. */

#include "vmm/base/types.h"

struct text {
	char *buf; /* holds a NUL behind what fits; may be NULL where size is 0 */
	size_t size;
	size_t len; /* bytes that were added, whether they fitted or not; without the NUL */
};

void text_add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same for a string, @len bytes, a number: in a tenth of the instructions, for what comes by hundreds. */
void text_put(struct text *t, const char *s);
void text_put_bytes(struct text *t, const char *bytes, size_t len);
void text_put_number(struct text *t, uint64_t value);

/*
 * @s as the inside of a JSON string, in ASCII: bytes that are not become U+0080 to U+00FF, whatever
 * they meant. Cut short so that @reserve bytes are left in the buffer.
 */
void text_add_json(struct text *t, const char *s, size_t reserve);

/* 2026-11-29T01:02:03.123456Z of nanoseconds since the epoch. */
void text_add_time(struct text *t, uint64_t wall_ns);

#endif
