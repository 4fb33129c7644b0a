/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_uring. Requests are entered by block_ring_submit() and started together by block_ring_kick();
 * what the page cache had is done when that returns, so completions are looked for at once. For the
 * rest the loop waits on the ring's descriptor (block.c). Large requests are the work of threads of
 * the kernel from the beginning (IOSQE_ASYNC): their bytes are not copied in our time.
 *
 * Not IORING_SETUP_DEFER_TASKRUN: polling such a ring does not hear of work left for us, and an
 * eventfd costs a round for each request that is done at once; switching it off for that time
 * (IORING_CQ_EVENTFD_DISABLED) can lose a signal on a weakly ordered CPU.
 */
#define LOG_PREFIX "disk"
#include "devices/backend/block/private.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES 256u

/* Completions run when this thread is in the kernel anyway, and do not interrupt it. */
static int init_ring(struct io_uring *u)
{
	int r = sys_uring_init(u, ENTRIES, IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG);

	return r == -EINVAL ? sys_uring_init(u, ENTRIES, 0) : r; /* before Linux 5.19 */
}

int block_ring_open(struct block *b)
{
	struct block_ring *ring = calloc(1, sizeof(*ring));
	int r = ring ? init_ring(&ring->uring) : -ENOMEM;

	if (r < 0) {
		free(ring);
		return r;
	}
	b->ring = ring;
	return 0;
}

void block_ring_close(struct block *b)
{
	io_uring_queue_exit(&b->ring->uring);
	free(b->ring);
	b->ring = NULL;
}

int block_ring_fd(const struct block *b)
{
	return b->ring->uring.ring_fd;
}

static void prepare(struct io_uring_sqe *sqe, struct block_req *r)
{
	int fd = r->block->fd;

	switch (r->op) {
	case BLOCK_READ:
		io_uring_prep_readv(sqe, fd, r->iov, r->niov, r->off + r->moved);
		break;
	case BLOCK_WRITE:
		io_uring_prep_writev(sqe, fd, r->iov, r->niov, r->off + r->moved);
		break;
	case BLOCK_FLUSH:
		io_uring_prep_fsync(sqe, fd, IORING_FSYNC_DATASYNC);
		break;
	case BLOCK_DISCARD:
		io_uring_prep_fallocate(sqe, fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					(off_t)r->off, (off_t)r->len);
		break;
	case BLOCK_ZERO:
		io_uring_prep_fallocate(sqe, fd,
					(r->unmap ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE) |
						FALLOC_FL_KEEP_SIZE,
					(off_t)r->off, (off_t)r->len);
		break;
	}
	io_uring_sqe_set_data(sqe, r);
	if (block_is_async(r))
		io_uring_sqe_set_flags(sqe, IOSQE_ASYNC);
}

static int start(struct block_ring *ring)
{
	int r;

	do {
		r = io_uring_submit(&ring->uring);
	} while (r == -EINTR);
	return r;
}

/* NULL: the ring is full, and stays so. */
static struct io_uring_sqe *get_sqe(struct block_ring *ring)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->uring);

	if (sqe)
		return sqe;
	start(ring); /* let them go */
	return io_uring_get_sqe(&ring->uring);
}

bool block_ring_submit(struct block *b, struct block_req *r)
{
	struct io_uring_sqe *sqe;

	/* A block device's discard is an ioctl; buffers that need a copy are the threads' work. */
	if ((b->is_device && r->op == BLOCK_DISCARD) || !block_is_aligned(r))
		return false;
	sqe = get_sqe(b->ring);
	if (!sqe)
		return false;
	prepare(sqe, r);
	b->ring->inflight++;
	return true;
}

/*
 * Cancels all that is in the ring, by one entry without an owner. What a thread of the kernel or a
 * device works on goes on. A kernel before 5.19 refuses, and everything goes on.
 */
void block_ring_cancel(struct block *b)
{
	struct io_uring_sqe *sqe = get_sqe(b->ring);

	if (!sqe)
		return;
	io_uring_prep_cancel(sqe, NULL, IORING_ASYNC_CANCEL_ANY);
	io_uring_sqe_set_data(sqe, NULL);
	b->ring->inflight++;
	start(b->ring);
}

/*
 * Did @r fail since it would have to wait, or since a file system cannot do it by fallocate()? The
 * threads have other ways.
 */
static bool is_for_pool(const struct block_req *r, int result)
{
	if (result == -EAGAIN)
		return true;
	return (r->op == BLOCK_DISCARD || r->op == BLOCK_ZERO) &&
	       (result == -EOPNOTSUPP || result == -EINVAL || result == -ENODEV);
}

/* Leaves @r to the threads. */
static void refuse(struct block *b, struct block_req *r)
{
	r->next = b->refused;
	b->refused = r;
}

static void finish(struct block *b, struct block_req *r, int result)
{
	b->ring->inflight--;
	if (!r)
		return; /* a block_ring_cancel() */
	if (b->cancelled) {
		if (!block_step(r, result))
			r->result = -ECANCELED;
		block_complete(r);
	} else if (is_for_pool(r, result)) {
		refuse(b, r);
	} else if (block_step(r, result)) {
		block_complete(r);
	} else if (!block_ring_submit(b, r)) {
		refuse(b, r);
	}
}

/* Finishes all that has arrived. True: there was something. */
static bool reap(struct block *b)
{
	struct block_ring *ring = b->ring;
	struct io_uring_cqe *cqe;
	bool any = false;

	while (ring->inflight > 0 && io_uring_peek_cqe(&ring->uring, &cqe) == 0) {
		struct block_req *r = io_uring_cqe_get_data(cqe);
		int result = cqe->res;

		io_uring_cqe_seen(&ring->uring, cqe);
		finish(b, r, result);
		any = true;
	}
	return any;
}

bool block_ring_kick(struct block *b)
{
	struct block_ring *ring = b->ring;
	bool any = false;
	int r;

	do {
		r = io_uring_sq_ready(&ring->uring) ? start(ring) : 0;
		if (reap(b))
			any = true;
	} while (io_uring_sq_ready(&ring->uring) && r >= 0);
	if (r < 0)
		log_debug("%s: io_uring: %s", b->path, strerror(-r));
	return any;
}

bool block_ring_is_stuck(const struct block *b)
{
	return io_uring_sq_ready(&b->ring->uring) > 0;
}

void block_ring_wait(struct block *b)
{
	struct block_ring *ring = b->ring;
	struct io_uring_cqe *cqe;

	if (io_uring_sq_ready(&ring->uring))
		start(ring);
	if (ring->inflight > io_uring_sq_ready(&ring->uring))
		io_uring_wait_cqe(&ring->uring, &cqe);
}
