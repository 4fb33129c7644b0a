/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/block/block.h"

#include "devices/block/private.h"
#include "devices/virtio/queue.h"

#include <assert.h>
#include <errno.h>

bool block_step(struct block_req *r, ssize_t result)
{
	if (result == -EINTR)
		return false;
	if (result < 0) {
		r->result = (int)result;
		return true;
	}
	r->result = 0;
	if (r->op != BLOCK_READ && r->op != BLOCK_WRITE)
		return true;
	r->moved += (uint64_t)result;
	if (r->moved >= r->len)
		return true;
	if (result == 0) { /* the file became shorter than we think */
		r->result = -EIO;
		return true;
	}
	r->iov = iov_cut(r->iov, &r->niov, (uint64_t)result, r->len - r->moved);
	return false;
}

bool block_is_aligned(const struct block_req *r)
{
	uintptr_t bits = 0;

	if (!r->block->direct)
		return true;
	for (uint32_t i = 0; i < r->niov; i++)
		bits |= (uintptr_t)r->iov[i].iov_base | r->iov[i].iov_len;
	return IS_ALIGNED(bits, r->block->mem_align);
}

void block_submit(struct block *b, struct block_req *r)
{
	int err;

	r->block = b;
	r->moved = 0;
	r->result = 0;
	r->next = NULL;
	b->inflight++;
	if (b->ring && block_ring_submit(b, r))
		return;
	err = block_pool_submit(b, r); /* it may be running by now: it is the threads' */
	if (err < 0) {
		r->result = err;
		r->next = b->failed;
		b->failed = r;
	}
}

static void complete_failed(struct block *b)
{
	struct block_req *r;

	if (!b->failed)
		return;
	while ((r = b->failed)) {
		b->failed = r->next;
		block_complete(r);
	}
	block_batch(b);
}

void block_kick(struct block *b)
{
	complete_failed(b);
	if (b->ring)
		block_ring_kick(b);
}

void block_complete(struct block_req *r)
{
	assert(r->block->inflight > 0);
	r->block->inflight--;
	if (r->done)
		r->done(r, r->result);
}

void block_batch(struct block *b)
{
	if (b->batch)
		b->batch(b->ctx);
}

void block_drain(struct block *b)
{
	block_kick(b);
	while (b->inflight > 0) {
		uint32_t before = b->inflight;

		if (b->pool)
			block_pool_wait(b);
		if (b->ring && b->inflight == before)
			block_ring_wait(b);
		block_kick(b);
	}
}
