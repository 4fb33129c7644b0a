/* SPDX-License-Identifier: BSD-2-Clause */
/* One request, whoever runs it: how far it is, and its end. */
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

/* A copy that was cut short goes on asynchronously: nothing bounds how often that happens. */
bool block_is_async(const struct block_req *r)
{
	return r->moved > 0 || r->len > BLOCK_INLINE_MAX;
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
