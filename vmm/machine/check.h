/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_CHECK_H
#define VMM_MACHINE_CHECK_H

/* The lines of `spapr-vmm check`: a verdict, the object, and the command that mends it. */

#include "vmm/machine/options.h"

enum check_verdict { CHECK_OK, CHECK_NOTE, CHECK_FAIL };

struct check {
	bool bad; /* a line failed */
};

void check_line(struct check *c, enum check_verdict verdict, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* check_vfio.c */
void check_vfio(struct check *c, const struct options *opt);

#endif
