/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/vty.h"

#include "sphapr/spapr.h"

struct vty *vty_find(struct spapr *sp, uint64_t unit)
{
	for (uint32_t i = 0; i < sp->nvtys; i++)
		if (unit == 0 || sp->vtys[i].unit == unit)
			return &sp->vtys[i];
	return NULL;
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
	v->tail = v->head;
	if (v->refused)
		ask_for_more(v);
}
