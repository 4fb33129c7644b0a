/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/backend/chardev/ring.h"

#include <string.h>

void ring_put(struct ring *r, const void *buf, size_t len)
{
	const uint8_t *p = buf;

	while (len) {
		size_t at = r->end % RING_SIZE, n = RING_SIZE - at;

		n = n < len ? n : len;
		memcpy(r->bytes + at, p, n);
		r->end += n;
		p += n;
		len -= n;
	}
}

uint64_t ring_first_line(const struct ring *r)
{
	uint64_t oldest = ring_oldest(r);

	if (!oldest)
		return 0;
	for (uint64_t at = oldest; at < r->end; at++)
		if (ring_byte(r, at) == '\n')
			return at + 1;
	return oldest;
}

uint64_t ring_last_lines(const struct ring *r, uint32_t lines)
{
	uint64_t at = r->end;

	if (at > ring_oldest(r) && ring_byte(r, at - 1) == '\n')
		at--; /* the end of the last line is no line more */
	while (at > ring_oldest(r) && (ring_byte(r, at - 1) != '\n' || --lines))
		at--;
	return at;
}

size_t ring_peek(const struct ring *r, uint64_t at, const uint8_t **p)
{
	size_t n = RING_SIZE - at % RING_SIZE;

	*p = r->bytes + at % RING_SIZE;
	return n < r->end - at ? n : (size_t)(r->end - at);
}

size_t ring_read(const struct ring *r, uint64_t *cursor, void *buf, size_t size)
{
	uint8_t *to = buf;
	size_t done = 0;

	if (*cursor < ring_oldest(r))
		*cursor = ring_oldest(r);
	while (done < size && *cursor < r->end) {
		const uint8_t *p;
		size_t n = ring_peek(r, *cursor, &p);

		n = n < size - done ? n : size - done;
		memcpy(to + done, p, n);
		done += n;
		*cursor += n;
	}
	return done;
}

bool ring_ends_with(const struct ring *r, uint64_t from, uint64_t end, const char *text)
{
	uint64_t len = strlen(text);

	if (from < ring_oldest(r))
		from = ring_oldest(r);
	if (end < from || end - from < len)
		return false;
	for (uint64_t i = 0; i < len; i++)
		if (ring_byte(r, end - len + i) != (uint8_t)text[i])
			return false;
	return true;
}
