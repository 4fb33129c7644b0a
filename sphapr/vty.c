/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/vty.h"

#include "devices/backend/chardev/ring.h"
#include "sphapr/spapr.h"

#include <string.h>

struct vty *vty_find(struct spapr *sp, uint64_t unit)
{
	return unit == 0 || unit == sp->vty.unit ? &sp->vty : NULL;
}

/*
 * The source is an edge, and PAPR wants one when the ring stops being empty. We give one for every
 * delivery: Linux's hvc reads until nothing is left and does not mind, while an edge that went to
 * a masked XIVE source is lost for good, and then the next key wakes the guest. A paste costs one
 * interrupt for half a ring, since the back end is asked for more only then (vty_take).
 */
size_t vty_input(struct spapr *sp, struct vty *v, const uint8_t *buf, size_t len)
{
	size_t room = VTY_IN_SIZE - (v->head - v->tail);
	size_t n = len < room ? len : room;

	for (size_t i = 0; i < n; i++)
		v->in[v->head++ % VTY_IN_SIZE] = buf[i];
	if (n < len)
		v->refused = true;
	if (n)
		intc_set_line(&sp->intc, v->lisn, true);
	return n;
}

static void ask_for_more(struct vty *v)
{
	v->refused = false;
	if (v->backend.input_drained)
		v->backend.input_drained(v->backend.ctx);
}

size_t vty_take(struct vty *v, uint8_t *buf, size_t len)
{
	size_t n = 0;

	while (n < len && v->tail != v->head)
		buf[n++] = v->in[v->tail++ % VTY_IN_SIZE];
	if (v->refused && v->head - v->tail <= VTY_IN_SIZE / 2)
		ask_for_more(v);
	return n;
}

void vty_reset(struct vty *v)
{
	v->said_from = v->said ? v->said->end : 0;
	v->tail = v->head;
	if (v->refused)
		ask_for_more(v);
}

void vty_last_said(const struct vty *v, char *out, size_t size)
{
	uint64_t end = v->said ? v->said->end : 0, from = end > size - 1 ? end - (size - 1) : 0;
	size_t n = 0;

	if (v->said && from < ring_oldest(v->said))
		from = ring_oldest(v->said);
	if (end > 0)
		n = ring_read(v->said, &from, out, size - 1);
	out[n] = '\0';
}

/* Where @key ends the last time that it was said; 0: nowhere. */
static uint64_t find_last(const struct vty *v, const char *key)
{
	uint64_t end = v->said->end;

	while (end > v->said_from && end > ring_oldest(v->said)) {
		if (ring_ends_with(v->said, v->said_from, end, key))
			return end;
		end--;
	}
	return 0;
}

bool vty_find_said(const struct vty *v, const char *key, char *out, size_t size)
{
	uint64_t at = v->said ? find_last(v, key) : 0;
	size_t n = 0;

	for (; at && n + 1 < size && at < v->said->end; at++) {
		uint8_t ch = ring_byte(v->said, at);

		if (ch == '\n' || ch == '\r')
			break;
		out[n++] = (char)(ch >= ' ' && ch <= '~' ? ch : '?');
	}
	out[n] = '\0';
	return n > 0;
}
