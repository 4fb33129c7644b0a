/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_BACKEND_CHARDEV_RING_H
#define DEVICES_BACKEND_CHARDEV_RING_H

/*
 * The last RING_SIZE bytes of a stream, for who comes late. Writing never waits and never fails: the
 * oldest bytes are lost. A byte is named by its offset from the stream's beginning, so each reader
 * keeps a cursor of its own, and sees by it what was lost.
 *
 * Under the lock of its owner. A zeroed one is empty; nothing is to be released.
 */

#include "vmm/base/types.h"

#define RING_SIZE (64 * KiB) /* power of two */

struct ring {
	uint64_t end; /* offset behind the last byte */
	uint8_t bytes[RING_SIZE];
};

void ring_put(struct ring *r, const void *buf, size_t len);

/* The offset of the oldest byte that is there. */
static inline uint64_t ring_oldest(const struct ring *r)
{
	return r->end > RING_SIZE ? r->end - RING_SIZE : 0;
}

/* The byte at @at, which is there. */
static inline uint8_t ring_byte(const struct ring *r, uint64_t at)
{
	return r->bytes[at % RING_SIZE];
}

/*
 * The offset of the oldest line whose beginning is there: of the stream's first byte, or of what
 * follows a newline; of the oldest byte where no newline is.
 */
uint64_t ring_first_line(const struct ring *r);

/* The offset at which the last @lines lines begin, one that has no end yet among them. */
uint64_t ring_last_lines(const struct ring *r, uint32_t lines);

/* *@p: the bytes from @at (oldest to end) on that lie in one piece. Returns how many. */
size_t ring_peek(const struct ring *r, uint64_t at, const uint8_t **p);

/*
 * Copy up to @size bytes from *@cursor on to @buf, and move the cursor behind them. A cursor before
 * the oldest byte is moved there first: the caller sees by the difference what was lost; 0 reads all
 * that is there. Returns how many bytes were copied; 0: there is nothing new.
 */
size_t ring_read(const struct ring *r, uint64_t *cursor, void *buf, size_t size);

/* Does @text end at offset @end, and lie in the ring from offset @from on? */
bool ring_ends_with(const struct ring *r, uint64_t from, uint64_t end, const char *text);

#endif
