/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_CHECK_OUT_H
#define VMM_MACHINE_CHECK_OUT_H

/*
 * The rows of `check` on standard output: state, object, cause, remedy. A terminal gets a table, in
 * colours unless NO_COLOR is set; a pipe or a file a line for each row; and who asks for JSON an array
 * of objects with these four names.
 */

#include "vmm/machine/findings.h"

struct check_out {
	bool json;
	bool colours;
	unsigned int columns; /* of the terminal; 0: it is none */
	unsigned int rows;    /* so far */
	char object[64];      /* of the last row that named one: what inner rows are about */
};

/* A sink of findings, whose @ctx is a struct check_out: the row is out when this returns. */
bool check_out_row(void *ctx, const struct finding *f);

void check_out_begin(struct check_out *o, bool json);
void check_out_end(struct check_out *o);

#endif
