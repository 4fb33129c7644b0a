/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_DDW_SLOW_H
#define SPHAPR_DDW_SLOW_H

/*
 * What takes the host as long as a window is large: it walks all of the table, 270 instructions an
 * entry, which are seconds for a window over TiB of RAM. On behalf of a guest, pe->dma_busy, it is done
 * without the machine lock. Nobody finds the window then, which is the caller's part (pe->live),
 * and nobody else acts on the PE, which is ddw_wait_idle()'s.
 */

#include "sphapr/ddw.h"

/* detach() and close(). 0, or not 0: what is mapped in it could not be unmapped (limited mode). */
int ddw_remove_window(struct pe *pe, struct dma_window *w);

/* 0 or -errno, and what is there is not known. */
int ddw_empty_window(struct pe *pe, struct dma_window *w);

/* frame() of the backend, and its answer. */
int ddw_frame(struct pe *pe, uint64_t size);

#endif
