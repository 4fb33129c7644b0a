/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_BACKEND_BLOCK_BLOCK_H
#define DEVICES_BACKEND_BLOCK_BLOCK_H

/*
 * A raw disk image: a regular file or a block device of the host, read and written without waiting.
 * Requests go to io_uring (ring.c). Threads (pool.c) have what io_uring does not know, or all of them
 * where the host refuses io_uring. What is written is in the host's page cache, or on the medium
 * with `direct`, when done() is called; BLOCK_FLUSH makes it durable. Nothing is cached here.
 *
 *	block_submit(b, &r);      r->done() is called from the loop, or from block_kick()
 *	block_kick(b);            after some of them: they start now
 *	block_cancel(b);          nobody wants them any more: what has not begun ends with -ECANCELED
 *
 * Bytes that are in the host's page cache are copied within block_kick(), in the caller's time:
 * block_work() says how many that may be. A request of more than BLOCK_INLINE_MAX is never copied
 * there.
 *
 * All of it runs on the I/O thread, under the machine lock; only block_run() is called by threads
 * of the pool, which touch nothing but their request, and block_move() by any thread.
 *
 * Files: open.c opening, locking, facts; block.c requests and the loop; ring.c, pool.c engines;
 * run.c a request by ordinary system calls; req.c what is common to all requests.
 */

#include "vmm/base/blame.h"
#include "vmm/base/loop.h"
#include "vmm/base/types.h"

#include <stdatomic.h>
#include <sys/uio.h>

#define BLOCK_INLINE_MAX (1 * MiB)    /* of a request: a larger one is copied by others */
#define BLOCK_MAX_INFLIGHT (64 * MiB) /* by weight: block_is_full() from there on */
#define BLOCK_RANGE_WEIGHT (16 * MiB) /* of a discard or zeroing at most: four at a time */

struct block_conf {
	const char *path; /* absolute; borrowed */
	bool read_only;
	bool direct; /* O_DIRECT: past the host's page cache */
	bool raw;    /* whatever it begins with */
};

enum block_op {
	BLOCK_READ,
	BLOCK_WRITE,
	BLOCK_FLUSH,   /* all writes that are done become durable */
	BLOCK_DISCARD, /* the bytes may be forgotten; a host that cannot do it does nothing */
	BLOCK_ZERO,    /* the bytes read as zero */
};

struct block_req {
	enum block_op op;
	bool unmap;        /* BLOCK_ZERO: may give the space back */
	uint64_t off, len; /* bytes, multiples of b->block_size, inside b->size */
	struct iovec *iov; /* READ, WRITE: of len bytes in all; consumed */
	uint32_t niov;     /* 1 to IOV_MAX */
	void (*done)(struct block_req *r, int result); /* 0 or -errno */

	/* The engines'. */
	struct block *block;
	uint64_t moved;  /* bytes that are done */
	uint64_t weight; /* in block.inflight_bytes */
	int result;
	struct block_req *next;
};

struct block_ring;
struct block_pool;

struct block {
	int fd;
	bool read_only, direct, is_device;
	uint32_t block_size;    /* bytes: offsets and lengths are multiples of it */
	uint32_t physical_size; /* bytes: what the host writes without reading before */
	uint32_t mem_align;     /* bytes: of buffers, with `direct` */
	uint64_t size;          /* bytes, a multiple of block_size; block_poll_size() */
	const char *path;       /* borrowed */

	uint32_t number; /* of disk0, for the names of its threads */

	struct loop *loop;
	/* After some done() calls, so that their effects can go out together. May be NULL. */
	void (*batch)(void *ctx);
	void *ctx;
	uint32_t inflight;       /* submitted and not done */
	uint64_t inflight_bytes; /* their weights */
	atomic_bool cancelled;   /* until nothing is in flight; threads of the pool look at it */
	bool kicking;            /* within block_kick() */
	struct block_ring *ring; /* NULL: there is no io_uring here */
	struct block_pool *pool; /* what no ring takes */
	/* Lists until the next block_kick(): owners to be told; what the ring left to the pool. */
	struct block_req *failed, *refused;
	struct loop_timer retry; /* the kernel had no memory for a submission to the ring */
};

/**
 * block_open - open, lock and look at an image
 * @who: "disk0", for messages
 * A writer excludes all others and readers exclude writers, by OFD locks that end with the process;
 * a block device is opened exclusively as well. An image with a known other format is refused,
 * unless the user says that it is raw: raw is all this is.
 * @blame: out, with a failure: BLAME_CONFIG where @conf names no image that could be a disk, else
 *         as it was
 * Return 0; -EINVAL no image, or one that is no disk; else -errno. One line has been logged then,
 * and nothing is left behind.
 */
int block_open(struct block *b, const struct block_conf *conf, struct loop *loop, const char *who,
	       enum blame *blame);

/* The format of images that the file begins as, a literal; NULL: none that is known, so it may be raw. */
const char *block_foreign_format(int fd);

/* Cancels and drains first. Tolerates a zeroed one. */
void block_close(struct block *b);

/*
 * block_submit() does not call done(). @r is the block's until done() is called. What done() submits
 * starts without another kick; done() and batch() do not kick: there is no recursion.
 */
void block_submit(struct block *b, struct block_req *r);
void block_kick(struct block *b);

/* Bytes that block_kick() may copy for @r, which was submitted, before it returns. */
uint64_t block_work(const struct block_req *r);

/* Is so much in flight that nothing should be submitted before some of it is done? */
bool block_is_full(const struct block *b);

/*
 * Requests that have not begun, and pieces of one that has, are dropped; what the host's kernel works
 * on ends in its time. Does not wait. done() is called for all, as ever: with -ECANCELED for what was
 * dropped, which includes what is submitted before nothing is in flight.
 */
void block_cancel(struct block *b);

/* Waits until nothing is in flight; done() and batch() are called. */
void block_drain(struct block *b);

/**
 * block_move - bytes of the disk, by waiting: for firmware, which has no rings
 * @op: BLOCK_READ, or BLOCK_WRITE of a disk that is not read_only
 * @off, @len: inside the disk, any
 * Any thread, with or without the machine lock, beside requests in flight. 0 or -errno.
 */
int block_move(struct block *b, enum block_op op, uint64_t off, void *buf, size_t len);

/* Look whether the image has another size now; true when b->size has changed. */
bool block_poll_size(struct block *b);

#endif
