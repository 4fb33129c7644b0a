/* SPDX-License-Identifier: BSD-2-Clause */
/* One request: the header is copied and judged, the data stays in guest RAM. */
#define LOG_PREFIX "virtio-blk"
#include "devices/virtio/blk.h"
#include "vmm/base/log.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define SECTOR_SHIFT 9
#define HEADER_SIZE 16u /* type, ioprio, sector */

static struct blk_req *take(struct blk *b)
{
	struct blk_req *r = b->free;

	if (r) {
		b->free = r->next_free;
		return r;
	}
	/* There are as many as all queues can have in flight. */
	assert(b->fresh < b->nreqs);
	r = &b->reqs[b->fresh];
	r->blk = b;
	r->chain.iov = &b->iovs[(size_t)b->fresh * b->iov_max];
	r->chain.max_iov = b->iov_max;
	b->fresh++;
	return r;
}

static void give_back(struct blk_req *r)
{
	r->next_free = r->blk->free;
	r->blk->free = r;
}

static void finish(struct blk_req *r, uint8_t status)
{
	struct blk *b = r->blk;

	if (r->status && !virtio_pci_vq(&b->v, r->q)->broken)
		*r->status = status;
	virtq_push(virtio_pci_vq(&b->v, r->q), r->chain.head,
		   status == VIRTIO_BLK_S_OK ? r->in_bytes : 1);
	b->dirty |= BIT(r->q);
	give_back(r);
}

/* The guest can cause these at will (a full file system): some are enough. */
static void warn_failed(struct blk *b, const struct block_req *io, int result)
{
	static const char *const names[] = { "read", "write", "flush", "discard", "write zeroes" };

	if (b->warnings++ < BLK_MAX_WARNINGS)
		log_warn("%s: %s of %llu bytes at 0x%llx: %s", b->v.id, names[io->op],
			 (unsigned long long)io->len, (unsigned long long)io->off,
			 strerror(-result));
}

static void count(struct virtio_traffic *t, const struct block_req *io, int result)
{
	if (result < 0) {
		t->errors++;
	} else if (io->op == BLOCK_READ) {
		t->in_ops++;
		t->in_bytes += io->len;
	} else if (io->op == BLOCK_WRITE) {
		t->out_ops++;
		t->out_bytes += io->len;
	} else if (io->op == BLOCK_FLUSH) {
		t->flushes++;
	}
}

static void done(struct block_req *io, int result)
{
	struct blk_req *r = container_of(io, struct blk_req, io);

	count(&r->blk->v.traffic, io, result);

	if (result == 0 && r->then_flush) {
		r->then_flush = false;
		io->op = BLOCK_FLUSH;
		block_submit(&r->blk->block, io);
		return;
	}
	if (result < 0 && result != -ECANCELED)
		warn_failed(r->blk, io, result);
	finish(r, result < 0 ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK);
}

static uint8_t submit(struct blk_req *r, enum block_op op, uint64_t off, uint64_t len)
{
	r->io.op = op;
	r->io.off = off;
	r->io.len = len;
	r->io.done = done;
	block_submit(&r->blk->block, &r->io);
	return VIRTIO_BLK_S_OK;
}

/* Is [sector, sector + bytes) of the disk, in whole blocks? */
static bool in_disk(const struct blk *b, uint64_t sector, uint64_t bytes)
{
	const struct block *d = &b->block;
	uint64_t off = sector << SECTOR_SHIFT;

	return sector <= UINT64_MAX >> SECTOR_SHIFT && off <= d->size && bytes <= d->size - off &&
	       IS_ALIGNED(off | bytes, d->block_size);
}

/* Is each write to be durable when it is done? */
static bool is_writethrough(const struct blk *b)
{
	if (virtio_has(&b->v, VIRTIO_BLK_F_CONFIG_WCE))
		return !b->v.config[offsetof(struct virtio_blk_config, wce)];
	return !virtio_has(&b->v, VIRTIO_BLK_F_FLUSH);
}

static uint8_t transfer(struct blk_req *r, uint64_t sector, bool write)
{
	struct blk *b = r->blk;
	struct virtq_chain *c = &r->chain;
	uint64_t len = write ? c->out_len - HEADER_SIZE : c->in_len - 1;

	if (write && b->block.read_only)
		return VIRTIO_BLK_S_IOERR;
	if (len == 0 || !in_disk(b, sector, len)) {
		log_guest("%s: %llu bytes at sector 0x%llx: not blocks of the disk", b->v.id,
			  (unsigned long long)len, (unsigned long long)sector);
		return VIRTIO_BLK_S_IOERR;
	}
	/* Cut what is not data: the header in front, the status behind. */
	r->io.niov = write ? c->nout : c->nin;
	r->io.iov = iov_cut(write ? c->iov : c->iov + c->nout, &r->io.niov, write ? HEADER_SIZE : 0,
			    len);
	r->in_bytes = write ? 1 : (uint32_t)(len + 1);
	r->then_flush = write && is_writethrough(b);
	return submit(r, write ? BLOCK_WRITE : BLOCK_READ, sector << SECTOR_SHIFT, len);
}

static uint8_t get_id(struct blk_req *r)
{
	size_t n;

	if (r->chain.in_len < 2)
		return VIRTIO_BLK_S_IOERR;
	n = r->chain.in_len - 1 < BLK_SERIAL_LEN ? r->chain.in_len - 1 : BLK_SERIAL_LEN;
	virtq_chain_write(&r->chain, 0, r->blk->serial, n);
	r->in_bytes = (uint32_t)n + 1;
	finish(r, VIRTIO_BLK_S_OK);
	return VIRTIO_BLK_S_OK;
}

/* A request has one range, as we announce. */
static uint8_t discard(struct blk_req *r, bool zero)
{
	struct blk *b = r->blk;
	uint8_t raw[sizeof(struct virtio_blk_discard_write_zeroes)];
	uint64_t sector, bytes;
	uint32_t flags;

	if (b->block.read_only)
		return VIRTIO_BLK_S_IOERR;
	if (r->chain.out_len != HEADER_SIZE + sizeof(raw) ||
	    virtq_chain_read(&r->chain, HEADER_SIZE, raw, sizeof(raw)) != sizeof(raw))
		return VIRTIO_BLK_S_IOERR;
	sector = le64_load(raw);
	bytes = (uint64_t)le32_load(raw + 8) << SECTOR_SHIFT;
	flags = le32_load(raw + 12);
	if (flags & ~(uint32_t)VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP || (flags && !zero))
		return VIRTIO_BLK_S_UNSUPP;
	if (bytes == 0 || bytes >> SECTOR_SHIFT > BLK_MAX_RANGE_SECTORS ||
	    !in_disk(b, sector, bytes))
		return VIRTIO_BLK_S_IOERR;
	r->io.unmap = flags;
	r->then_flush = zero && is_writethrough(b);
	return submit(r, zero ? BLOCK_ZERO : BLOCK_DISCARD, sector << SECTOR_SHIFT, bytes);
}

/* S_OK: it is under way, or done; else the status that it ends with. */
static uint8_t dispatch(struct blk_req *r, uint32_t type, uint64_t sector)
{
	/* SLOF sets this bit, which virtio 1 does not have, and waits for each request. */
	switch (type & ~(uint32_t)VIRTIO_BLK_T_BARRIER) {
	case VIRTIO_BLK_T_IN:
		return transfer(r, sector, false);
	case VIRTIO_BLK_T_OUT:
		return transfer(r, sector, true);
	case VIRTIO_BLK_T_FLUSH:
		return submit(r, BLOCK_FLUSH, 0, 0);
	case VIRTIO_BLK_T_GET_ID:
		return get_id(r);
	case VIRTIO_BLK_T_DISCARD:
		return discard(r, false);
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return discard(r, true);
	default:
		log_guest("%s: request of type %u", r->blk->v.id, type);
		return VIRTIO_BLK_S_UNSUPP;
	}
}

bool blk_serve(struct blk *b, struct virtio_round *round)
{
	struct blk_req *r = take(b);
	struct virtq_chain *c = &r->chain;
	uint8_t header[HEADER_SIZE], status = VIRTIO_BLK_S_IOERR;
	const struct iovec *last;

	if (virtio_round_pop(round, c) <= 0) {
		give_back(r);
		return false;
	}
	r->q = round->q;
	r->status = NULL;
	r->in_bytes = 1;
	r->then_flush = false;
	r->io.block = NULL;
	if (c->nin) {
		last = &c->iov[c->nout + c->nin - 1];
		r->status = (uint8_t *)last->iov_base + last->iov_len - 1;
	}
	if (!r->status || virtq_chain_read(c, 0, header, sizeof(header)) != sizeof(header))
		log_guest("%s: a request without %s", b->v.id, r->status ? "header" : "status");
	else
		status = dispatch(r, le32_load(header), le64_load(header + 8));
	if (status != VIRTIO_BLK_S_OK)
		finish(r, status);
	else if (r->io.block) /* it is under way: a part of it may be copied in our time */
		virtio_round_charge(round, WORK_CALL + block_work(&r->io));
	return true;
}
