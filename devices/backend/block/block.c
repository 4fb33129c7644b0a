/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/backend/block/block.h"

#include "devices/backend/block/private.h"
#include "vmm/base/iov.h"

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

/* A copy that was cut short goes on asynchronously: how often that happens is not ours to say. */
bool block_is_async(const struct block_req *r)
{
	return r->moved > 0 || r->len > BLOCK_INLINE_MAX;
}

uint64_t block_work(const struct block_req *r)
{
	bool copies = r->op == BLOCK_READ || r->op == BLOCK_WRITE;

	return copies && r->block->ring && !r->block->direct && r->len <= BLOCK_INLINE_MAX ?
		       r->len :
		       0;
}

bool block_is_full(const struct block *b)
{
	return b->inflight_bytes >= BLOCK_MAX_INFLIGHT;
}

static uint64_t weight(const struct block_req *r)
{
	bool range = r->op == BLOCK_DISCARD || r->op == BLOCK_ZERO;

	if (r->op == BLOCK_FLUSH)
		return 0;
	return range && r->len > BLOCK_RANGE_WEIGHT ? BLOCK_RANGE_WEIGHT : r->len;
}

/* It ends at the next kick. */
static void fail(struct block *b, struct block_req *r, int err)
{
	r->result = err;
	r->next = b->failed;
	b->failed = r;
}

void block_submit(struct block *b, struct block_req *r)
{
	int err = b->cancelled ? -ECANCELED : 0;

	r->block = b;
	r->moved = 0;
	r->weight = weight(r);
	r->result = 0;
	r->next = NULL;
	b->inflight++;
	b->inflight_bytes += r->weight;
	if (err == 0 && b->ring && block_ring_submit(b, r))
		return;
	if (err == 0)
		err = block_pool_submit(b, r); /* it may be running by now: it is the threads' */
	if (err < 0)
		fail(b, r, err);
}

static bool complete_failed(struct block *b)
{
	struct block_req *r;
	bool any = b->failed;

	while ((r = b->failed)) {
		b->failed = r->next;
		block_complete(r);
	}
	return any;
}

void block_kick(struct block *b)
{
	bool any = false;

	assert(!b->kicking);
	b->kicking = true;
	do {
		any |= complete_failed(b);
		if (b->pool)
			any |= block_pool_reap(b);
		if (b->ring)
			any |= block_ring_kick(b);
	} while (b->failed);
	if (any && b->batch)
		b->batch(b->ctx);
	b->kicking = false;
}

void block_complete(struct block_req *r)
{
	struct block *b = r->block;

	assert(b->inflight > 0 && b->inflight_bytes >= r->weight);
	b->inflight--;
	b->inflight_bytes -= r->weight;
	if (r->done)
		r->done(r, r->result);
	if (b->inflight == 0)
		b->cancelled = false;
}

void block_cancel(struct block *b)
{
	if (b->inflight == 0)
		return;
	b->cancelled = true;
	if (b->pool)
		block_pool_cancel(b);
	if (b->ring)
		block_ring_cancel(b);
}

void block_drain(struct block *b)
{
	block_kick(b);
	while (b->inflight > 0) {
		uint32_t before = b->inflight;

		if (b->pool)
			block_pool_wait(b);
		block_kick(b);
		if (b->ring && b->inflight == before)
			block_ring_wait(b);
		block_kick(b);
	}
}
