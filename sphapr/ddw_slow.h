/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_DDW_SLOW_H
#define SPHAPR_DDW_SLOW_H

/*
 * Calls in which the host makes or walks a window's whole table: 270 instructions an entry, seconds for
 * TiB of RAM. For a guest (pe->dma_busy is set) they are made without the machine lock. The caller has
 * cleared pe->live, so no LIOBN finds the window; ddw_wait_idle() keeps other calls from the PE.
 */

#include "sphapr/ddw.h"

/* The backend's make() and open(), the second one under the lock. */
int ddw_open_window(struct pe *pe, struct dma_window *w);

/* detach() and close() of the backend. Not 0: pages could not be unmapped (limited mode). */
int ddw_remove_window(struct pe *pe, struct dma_window *w);

/* 0; -errno: what the window maps is not known. */
int ddw_empty_window(struct pe *pe, struct dma_window *w);

/* The backend's frame(), and its answer. */
int ddw_frame(struct pe *pe, uint64_t size);

#endif
