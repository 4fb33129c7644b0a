/* SPDX-License-Identifier: BSD-2-Clause */
/* One request from beginning to end by ordinary system calls: for threads, which may wait. */
#include "devices/backend/block/private.h"
#include "vmm/base/iov.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>

#define BOUNCE_SIZE (64 * KiB)

/* Asked between two pieces of a request. */
static bool is_cancelled(const struct block_req *r)
{
	return atomic_load_explicit(&r->block->cancelled, memory_order_relaxed);
}

static ssize_t transfer(const struct block_req *r)
{
	uint64_t off = r->off + r->moved;

	return r->op == BLOCK_READ ? sys_preadv(r->block->fd, r->iov, (int)r->niov, off)
				   : sys_pwritev(r->block->fd, r->iov, (int)r->niov, off);
}

/* Moves bytes through a buffer of ours, where the host does not take the guest's. */
static ssize_t bounce(const struct block_req *r, void *buf)
{
	uint64_t left = r->len - r->moved, off = r->off + r->moved;
	size_t len = left < BOUNCE_SIZE ? left : BOUNCE_SIZE;
	ssize_t n;

	if (r->op == BLOCK_WRITE) {
		iov_to_buf(r->iov, r->niov, 0, buf, len);
		return sys_pwrite(r->block->fd, buf, len, off);
	}
	n = sys_pread(r->block->fd, buf, len, off);
	if (n > 0)
		iov_from_buf(r->iov, r->niov, 0, buf, (size_t)n);
	return n;
}

static int run_transfer(struct block_req *r)
{
	void *buf = NULL;
	ssize_t n;

	if (!block_is_aligned(r)) {
		buf = aligned_alloc(sys_page_size(), BOUNCE_SIZE);
		if (!buf)
			return -ENOMEM;
	}
	do {
		n = is_cancelled(r) ? -ECANCELED : buf ? bounce(r, buf) : transfer(r);
	} while (!block_step(r, n));
	free(buf);
	return r->result;
}

static int run_fallocate(const struct block_req *r, int mode)
{
	int n;

	do {
		n = sys_fallocate(r->block->fd, mode | FALLOC_FL_KEEP_SIZE, r->off, r->len);
	} while (n == -EINTR);
	return n;
}

static bool is_unsupported(int r)
{
	return r == -EOPNOTSUPP || r == -ENOTTY || r == -EINVAL || r == -ENOSYS;
}

/* A hint: what the host cannot do is not done. */
static int run_discard(const struct block_req *r)
{
	uint64_t range[2] = { r->off, r->len };
	int n = r->block->is_device ? sys_ioctl(r->block->fd, BLKDISCARD, range)
				    : run_fallocate(r, FALLOC_FL_PUNCH_HOLE);

	return is_unsupported(n) ? 0 : n;
}

static int write_zeroes(const struct block_req *r)
{
	void *zeroes = aligned_alloc(sys_page_size(), BOUNCE_SIZE);
	uint64_t done = 0;

	if (!zeroes)
		return -ENOMEM;
	memset(zeroes, 0, BOUNCE_SIZE);
	while (done < r->len) {
		uint64_t left = r->len - done;
		ssize_t n = is_cancelled(r) ? -ECANCELED
					    : sys_pwrite(r->block->fd, zeroes,
							 left < BOUNCE_SIZE ? left : BOUNCE_SIZE,
							 r->off + done);

		if (n == -EINTR)
			continue;
		if (n <= 0) {
			free(zeroes);
			return n < 0 ? (int)n : -EIO;
		}
		done += (uint64_t)n;
	}
	free(zeroes);
	return 0;
}

static int run_zero(const struct block_req *r)
{
	int n = run_fallocate(r, r->unmap ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE);

	if (is_unsupported(n) && !r->unmap && !r->block->is_device)
		n = run_fallocate(r, FALLOC_FL_PUNCH_HOLE); /* reads as zero, too */
	return is_unsupported(n) ? write_zeroes(r) : n;
}

int block_run(struct block_req *r)
{
	switch (r->op) {
	case BLOCK_READ:
	case BLOCK_WRITE:
		return run_transfer(r);
	case BLOCK_FLUSH:
		return sys_fdatasync(r->block->fd);
	case BLOCK_DISCARD:
		return run_discard(r);
	case BLOCK_ZERO:
		return run_zero(r);
	}
	return -EINVAL;
}

static int run_at(struct block *b, enum block_op op, uint64_t off, void *buf, size_t len)
{
	struct iovec iov = { buf, len };
	struct block_req r = {
		.op = op, .off = off, .len = len, .iov = &iov, .niov = 1, .block = b
	};

	return block_run(&r);
}

/* Whole blocks around the bytes go through a buffer of ours. */
int block_move(struct block *b, enum block_op op, uint64_t off, void *buf, size_t len)
{
	uint64_t bs = b->block_size;
	uint8_t *blocks, *to = buf;
	int r = 0;

	if (IS_ALIGNED(off | len, bs))
		return run_at(b, op, off, buf, len);
	blocks = aligned_alloc(sys_page_size(), BOUNCE_SIZE);
	if (!blocks)
		return -ENOMEM;
	for (size_t n; len > 0 && r == 0; off += n, to += n, len -= n) {
		uint64_t first = ALIGN_DOWN(off, bs), end = ALIGN_UP(off + len, bs);
		size_t span = end - first < BOUNCE_SIZE ? end - first : BOUNCE_SIZE;

		n = first + span - off < len ? first + span - off : len;
		r = run_at(b, BLOCK_READ, first, blocks, span);
		if (r == 0 && op == BLOCK_WRITE) {
			memcpy(blocks + (off - first), to, n);
			r = run_at(b, BLOCK_WRITE, first, blocks, span);
		} else if (r == 0) {
			memcpy(to, blocks + (off - first), n);
		}
	}
	free(blocks);
	return r;
}
