/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_SWEEP_H
#define VMM_MACHINE_SWEEP_H

/*
 * One pass over guest RAM, in pieces that any number of threads take one by one: populate.c gives pages
 * their memory so, a reboot clears them. Says how far it is when it takes more than a second.
 *
 *	sweep_init(&s, host, size, piece, "vfio: registering"); on each thread sweep_work(&s);
 *
 * The result is the field err, when all threads are back.
 */

#include "vmm/base/types.h"

#include <stdatomic.h>

/* What is done to [@host, @host + @len), on any thread. 0 or -errno. */
typedef int sweep_piece_fn(uint8_t *host, uint64_t len);

#define SWEEP_PIECE (64 * MiB) /* so much at once; the last one may be less */

struct sweep { /* all zeros: nothing to do */
	uint8_t *host;
	uint64_t size; /* bytes */
	sweep_piece_fn *piece;
	const char *doing;             /* of the message: its object and what happens */
	atomic_uint_fast64_t next;     /* offset of the piece to take */
	atomic_uint_fast64_t done;     /* bytes, of pieces in any order */
	atomic_uint_fast64_t reported; /* when, in ns */
	atomic_int err;                /* the first; whoever sees it takes no more pieces */
};

void sweep_init(struct sweep *s, void *host, uint64_t size, sweep_piece_fn *piece,
		const char *doing);

/* Take pieces until none is left, or one has failed: @arg is the sweep. Others may have theirs still. */
void sweep_work(void *arg);

#endif
