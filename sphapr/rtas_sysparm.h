/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_RTAS_SYSPARM_H
#define SPHAPR_RTAS_SYSPARM_H

/*
 * System parameters as rows: what ibm,get-system-parameter answers. None of them can be set.
 * Source: LoPAR 2.8 "System Parameters Option".
 */

#include "vmm/base/types.h"

struct spapr;

#define SYSPARM_MAX 256 /* bytes of data, of the 4000 that PAPR allows */

struct sysparm {
	uint32_t token;
	const char *name; /* LoPAR's, for docs/PAPR.md */
	/* Writes at most SYSPARM_MAX bytes and returns their number; NULL ends the list. */
	uint32_t (*get)(const struct spapr *sp, uint8_t *data);
};

extern const struct sysparm sysparms[];

#endif
