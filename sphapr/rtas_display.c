/* SPDX-License-Identifier: BSD-2-Clause */
/* The operator panel of this machine is its vty. Source: LoPAR 2.8 "display-character". */
#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

static int32_t display_character(struct spapr *sp, struct rtas_call *c)
{
	const struct vty_backend *b = &sp->vty.backend;
	uint8_t ch = (uint8_t)c->args[0];

	if (c->args[0] > 0xff)
		return RTAS_PARAMETER;
	return !b->write || b->write(b->ctx, &ch, 1) ? RTAS_OK : RTAS_BUSY;
}

const struct rtas_desc rtas_display[] = {
	{ "display-character", 1, 1, 1, display_character },
	{ 0 },
};
