/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/layout.h"

#include "sphapr/intc.h"

#define ESB_PAIR (2ULL << XIVE_ESB_PAGE_SHIFT)

/* PHB windows begin at 32 TiB, where Linux guests of other pseries machines have them, too. */
const struct layout_row layout[LAYOUT_COUNT] = {
	[LAYOUT_RAM] = { "ram", .base = 0, .size = LAYOUT_RAM_MAX, .align = 64 * KiB },
	[LAYOUT_XIVE_ESB] = { "xive-esb", .base = 28 * TiB, .size = LISN_END * ESB_PAIR,
			      .align = ESB_PAIR },
	/* Queue ESBs are not backed: KVM notifies always; the address is only a name for the guest. */
	[LAYOUT_XIVE_END] = { "xive-end", .base = 29 * TiB, .size = 1 * TiB, .align = ESB_PAIR },
	[LAYOUT_XIVE_TIMA] = { "xive-tima", .base = 30 * TiB, .size = 256 * KiB,
			       .align = 64 * KiB },
	[LAYOUT_PHB_IO] = { "phb-io", .base = 32 * TiB, .size = 2 * GiB, .align = 64 * KiB },
	[LAYOUT_PHB_MEM32] = { "phb-mem32", .base = 32 * TiB + 2 * GiB, .size = 62 * GiB,
			       .align = 2 * GiB },
	[LAYOUT_PHB_MEM64] = { "phb-mem64", .base = 33 * TiB, .size = 31 * TiB, .align = 1 * TiB },
};
