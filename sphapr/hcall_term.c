/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LoPAR 2.8, "Virtual Terminal (Vterm)": H_GET_TERM_CHAR, H_PUT_TERM_CHAR. Characters travel in two
 * registers, the first one in the most significant byte; they are passed as they are, NUL included.
 */
#include "sphapr/hcall.h"
#include "sphapr/spapr.h"
#include "vmm/base/event.h"

#define TERM_CHARS 16 /* what two registers hold */

/* a: termno -> length, characters 0 to 7, characters 8 to 15 */
static long h_get_term_char(struct spapr *sp, uint64_t *a)
{
	uint8_t buf[TERM_CHARS] = { 0 };
	struct vty *v = vty_find(sp, a[0]);

	if (!v)
		return H_PARAMETER;
	a[0] = vty_take(v, buf, sizeof(buf));
	a[1] = be64_load(buf);
	a[2] = be64_load(buf + 8);
	return H_SUCCESS;
}

/* a: termno, length, characters 0 to 7, characters 8 to 15 */
static long h_put_term_char(struct spapr *sp, uint64_t *a)
{
	uint8_t buf[TERM_CHARS];
	struct vty *v = vty_find(sp, a[0]);

	if (!v || a[1] > sizeof(buf))
		return H_PARAMETER;
	if (a[1] == 0 || !v->backend.write)
		return H_SUCCESS;
	be64_store(buf, a[2]);
	be64_store(buf + 8, a[3]);
	if (!v->backend.write(v->backend.ctx, buf, a[1]))
		return H_BUSY;
	if (v->written == 0)
		event_emit(EVENT_CONSOLE, { EVENT_NONE });
	v->written += a[1];
	vty_remember(v, buf, a[1]);
	return H_SUCCESS;
}

const struct hcall_desc hcalls_term[] = {
	{ H_GET_TERM_CHAR, "H_GET_TERM_CHAR", h_get_term_char, "hcall-term" },
	{ H_PUT_TERM_CHAR, "H_PUT_TERM_CHAR", h_put_term_char, "hcall-term" },
	{ 0 }
};
