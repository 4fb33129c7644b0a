/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_TOP_DRAW_H
#define VMM_CONTROL_TOP_DRAW_H

/* The picture of `spapr-vmm top`: lines of text, cut to a size. */

#include "vmm/control/jtext.h"
#include "vmm/control/sample.h"

#define DRAW_MAX 16384u

struct draw {
	char text[DRAW_MAX];
	size_t len;
	uint32_t columns, lines; /* of the screen; 0: any number */
	uint32_t used;           /* lines */
	const char *end;         /* of a line */
};

/* What happened between @before and @now. */
void draw_table(struct draw *d, const struct sample *before, const struct sample *now);
void draw_json(struct jtext *to, const struct sample *before, const struct sample *now);

/* One more line, if there is room. */
void draw_line(struct draw *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
