/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests on their way: which engine has one, when it starts, and what the loop waits for. */
#include "devices/backend/block/block.h"

#include "devices/backend/block/private.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_NS 10000000ULL

/* ---- engines ---- */

static void on_event(void *ctx, uint32_t events)
{
	(void)events;
	block_kick(ctx);
}

static void on_retry(void *ctx)
{
	block_kick(ctx);
}

static int start_ring(struct block *b)
{
	int r = block_ring_open(b);

	if (r < 0)
		return r;
	r = loop_add(b->loop, block_ring_fd(b), EPOLLIN, on_event, b);
	if (r < 0)
		block_ring_close(b);
	return r;
}

/* The eventfd is watched edge-triggered, so that nobody has to read it. */
static int start_pool(struct block *b)
{
	int r = block_pool_open(b);

	if (r < 0)
		return r;
	r = loop_add(b->loop, block_pool_fd(b), EPOLLIN | EPOLLET, on_event, b);
	if (r < 0)
		block_pool_close(b);
	return r;
}

int block_start(struct block *b, const char *who)
{
	int r = start_ring(b);

	b->number = (uint32_t)strtoul(who + strcspn(who, "0123456789"), NULL, 10);
	if (r < 0)
		log_info("%s: no io_uring on this host (%s): threads do its I/O", who,
			 strerror(-r));
	r = start_pool(b);
	if (r < 0)
		log_error("%s: a thread for its requests: %s: raise the limit on threads (\"ulimit "
			  "-u\", TasksMax=)",
			  who, strerror(-r));
	return r;
}

void block_stop(struct block *b)
{
	block_cancel(b);
	block_drain(b);
	loop_timer_cancel(b->loop, &b->retry);
	if (b->ring) {
		loop_del(b->loop, block_ring_fd(b));
		block_ring_close(b);
	}
	if (b->pool) {
		loop_del(b->loop, block_pool_fd(b));
		block_pool_close(b);
	}
}

/* ---- requests ---- */

uint64_t block_work(const struct block_req *r)
{
	bool copies = r->op == BLOCK_READ || r->op == BLOCK_WRITE;

	return copies && r->block->ring && !r->block->direct && r->len <= BLOCK_INLINE_MAX ? r->len
											   : 0;
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

/* @r ends with @err at the next kick. */
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
		block_pool_submit(b, r); /* from here on @r is the threads', and may run already */
	else
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

/* Gives the pool what the ring took and could not do. */
static void pass_on(struct block *b)
{
	struct block_req *r;

	while ((r = b->refused)) {
		b->refused = r->next;
		if (b->cancelled)
			fail(b, r, -ECANCELED);
		else
			block_pool_submit(b, r);
	}
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
		pass_on(b);
	} while (b->failed);
	if (b->ring && block_ring_is_stuck(b)) /* what it has in flight may be too much for it */
		loop_timer_set(b->loop, &b->retry, RETRY_NS, on_retry, b);
	if (any && b->batch)
		b->batch(b->ctx);
	b->kicking = false;
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
