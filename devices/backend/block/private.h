/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_BACKEND_BLOCK_PRIVATE_H
#define DEVICES_BACKEND_BLOCK_PRIVATE_H

/*
 * The parts of a disk to each other, from the top: open.c; block.c, which alone knows the loop and
 * both engines; the engines ring.c and pool.c; run.c; req.c.
 */

#include "devices/backend/block/block.h"

#include <liburing.h>

/* block.c. The engines: a ring if the host has it, and threads. 0; or -errno, logged. */
int block_start(struct block *b, const char *who);
/* Cancels and drains; then there are no engines. */
void block_stop(struct block *b);

/* ---- req.c ---- */

/*
 * A step of @r ended with @result: bytes moved, 0, or -errno. True: it is done, r->result says how;
 * false: there is more of it, submit it again.
 */
bool block_step(struct block_req *r, ssize_t result);

/* Take @r off the books and tell its owner. Within block_kick(). */
void block_complete(struct block_req *r);

/* Is @r, as far as it still has to go, too much for the caller's time? */
bool block_is_async(const struct block_req *r);

/* Are the buffers of @r aligned as `direct` needs them? Without it, always. */
bool block_is_aligned(const struct block_req *r);

/* run.c: all of @r at once, by waiting. 0 or -errno. Any thread. */
int block_run(struct block_req *r);

struct block_ring {
	struct io_uring uring;
	uint32_t inflight; /* entered and not reaped */
};

/* ---- ring.c. Open: 0 or -errno, and b->ring is set. The others want a ring ---- */
int block_ring_open(struct block *b);
void block_ring_close(struct block *b);
int block_ring_fd(const struct block *b); /* readable: block_ring_kick() has something to do */
/* False: the ring does not take @r, which is for the pool then. */
bool block_ring_submit(struct block *b, struct block_req *r);
/*
 * Start what was submitted, also by done() meanwhile. True: some requests are done. What the ring
 * cannot do after all is in b->refused.
 */
bool block_ring_kick(struct block *b);
bool block_ring_is_stuck(const struct block *b); /* the kernel does not take what was submitted */
void block_ring_cancel(struct block *b);
void block_ring_wait(struct block *b); /* for at least one completion, if any is due */

/* ---- pool.c. Open: 0 or -errno, and b->pool is set. The others want a pool ---- */
int block_pool_open(struct block *b);
void block_pool_close(struct block *b);
int block_pool_fd(const struct block *b); /* an eventfd: block_pool_reap() has something to do */
void block_pool_submit(struct block *b, struct block_req *r);
bool block_pool_reap(struct block *b); /* tell the owners; true: there were some */
void block_pool_cancel(struct block *b);
void block_pool_wait(struct block *b); /* for at least one completion, if any is due */

#endif
