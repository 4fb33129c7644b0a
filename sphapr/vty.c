/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/vty.h"

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
	v->nsaid = 0;
	v->tail = v->head;
	if (v->refused)
		ask_for_more(v);
}

void vty_remember(struct vty *v, const uint8_t *buf, size_t len)
{
	for (size_t i = 0; i < len; i++)
		v->said[v->nsaid++ % VTY_SAID_SIZE] = buf[i];
}

static char said_at(const struct vty *v, uint32_t i)
{
	return (char)v->said[i % VTY_SAID_SIZE];
}

void vty_last_said(const struct vty *v, char *out, size_t size)
{
	uint32_t n = v->nsaid < VTY_SAID_SIZE ? v->nsaid : VTY_SAID_SIZE;

	if (n > size - 1)
		n = (uint32_t)size - 1;
	for (uint32_t i = v->nsaid - n; i != v->nsaid; i++)
		*out++ = said_at(v, i);
	*out = '\0';
}

static bool is_there(const struct vty *v, uint32_t at, const char *key)
{
	for (; *key; key++, at++)
		if (at == v->nsaid || said_at(v, at) != *key)
			return false;
	return true;
}

bool vty_find_said(const struct vty *v, const char *key, char *out, size_t size)
{
	uint32_t oldest = v->nsaid > VTY_SAID_SIZE ? v->nsaid - VTY_SAID_SIZE : 0;
	uint32_t at = v->nsaid;
	size_t n = 0;

	while (at > oldest && !is_there(v, at - 1, key))
		at--;
	if (at == oldest)
		return false;
	at += (uint32_t)strlen(key) - 1;
	for (; n + 1 < size && at != v->nsaid; at++) {
		char ch = said_at(v, at);

		if (ch == '\n' || ch == '\r')
			break;
		out[n++] = (char)(ch >= ' ' && ch <= '~' ? ch : '?');
	}
	out[n] = '\0';
	return n > 0;
}
