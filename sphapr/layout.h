/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_LAYOUT_H
#define SPHAPR_LAYOUT_H

/* The guest address map outside RAM as one table, sorted and disjoint; a test walks it. */

#include "vmm/base/types.h"

enum layout_id {
	LAYOUT_RAM, /* room for RAM: gmem knows how much of it there is */
	LAYOUT_XIVE_ESB,
	LAYOUT_XIVE_END,
	LAYOUT_XIVE_TIMA,
	LAYOUT_PHB_IO, /* the windows of all PHBs, each with its stride: phb_range() */
	LAYOUT_PHB_MEM32,
	LAYOUT_PHB_MEM64,
	LAYOUT_COUNT,
};

struct layout_row {
	const char *name;
	gpa_t base;
	uint64_t size, align;
};

extern const struct layout_row layout[LAYOUT_COUNT];

#define LAYOUT_RAM_MAX (16 * TiB)

#endif
