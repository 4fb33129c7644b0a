/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_DDW_QUERY_H
#define SPHAPR_DDW_QUERY_H

/*
 * Which windows may be made next. ibm,query-pe-dma-window answers by these functions, and
 * ibm,create-pe-dma-window judges a request by them.
 */

#include "sphapr/ddw.h"

/* How many more can be made; 0 without ddw. */
uint32_t ddw_windows_left(const struct pe *pe);

/* Where the next window is expected to land; if none can be made now, the one after a removal. */
ioba_t ddw_next_start(const struct pe *pe);

/* Highest RAM address, rounded up to a power of two: what a guest wants to map one to one. */
uint64_t ddw_ram_span(const struct gmem *mem);

bool ddw_is_offered(const struct pe *pe, const struct gmem *mem, uint32_t page_shift,
		    uint32_t window_shift);

#endif
