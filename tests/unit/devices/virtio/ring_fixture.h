/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_DEVICES_VIRTIO_RING_FIXTURE_H
#define TESTS_UNIT_DEVICES_VIRTIO_RING_FIXTURE_H

/*
 * The driver's side of a split virtqueue in some RAM, with nothing checked: tests write what they
 * like. Guest addresses begin at RING_RAM, so that 0 is not RAM.
 */

#include "devices/virtio/queue.h"

#include <string.h>

#define RING_RAM 0x10000u
#define RING_RAM_SIZE (1024 * 1024u)
#define RING_DESC RING_RAM
#define RING_AVAIL (RING_RAM + 0x8000u)
#define RING_USED (RING_RAM + 0xa000u)
#define RING_DATA (RING_RAM + 0x10000u) /* free for the test from here on */
#define RING_END (RING_RAM + RING_RAM_SIZE)

#define D_NEXT 1u
#define D_WRITE 2u
#define D_INDIRECT 4u

struct ring {
	uint8_t memory[2 * RING_RAM_SIZE];
	uint8_t *ram; /* in our own memory, at a multiple of its size; or another ring's */
	uint64_t at;  /* how far behind RING_DESC and so on the areas are */
	struct gmem mem;
	uint32_t size;
	uint16_t avail; /* what was put into avail.idx */
	uint16_t used_seen;
};

static inline void *ring_at(struct ring *r, uint64_t gpa)
{
	return r->ram + (gpa - RING_RAM);
}

static inline void ring_init(struct ring *r, uint32_t size)
{
	memset(r, 0, sizeof(*r));
	r->size = size;
	r->ram = (uint8_t *)ALIGN_UP((uintptr_t)r->memory, RING_RAM_SIZE);
	gmem_add(&r->mem, RING_RAM, RING_RAM_SIZE, r->ram);
}

/* A further ring in the RAM of @first, @at bytes behind it. */
static inline void ring_beside(struct ring *r, struct ring *first, uint64_t at)
{
	memset(r, 0, sizeof(*r));
	r->size = first->size;
	r->ram = first->ram;
	r->at = at;
}

static inline void ring_desc_at(struct ring *r, uint64_t table, uint32_t i, uint64_t addr,
				uint32_t len, uint32_t flags, uint32_t next)
{
	uint8_t *d = ring_at(r, table + 16ULL * i);

	le64_store(d, addr);
	le32_store(d + 8, len);
	le16_store(d + 12, (uint16_t)flags);
	le16_store(d + 14, (uint16_t)next);
}

static inline void ring_desc(struct ring *r, uint32_t i, uint64_t addr, uint32_t len,
			     uint32_t flags, uint32_t next)
{
	ring_desc_at(r, RING_DESC + r->at, i, addr, len, flags, next);
}

static inline void ring_set_avail(struct ring *r, uint16_t idx)
{
	r->avail = idx;
	le16_store(ring_at(r, RING_AVAIL + r->at + 2), idx);
}

/* Offer the chain that begins at @head. */
static inline void ring_offer(struct ring *r, uint16_t head)
{
	le16_store(ring_at(r, RING_AVAIL + r->at + 4 + 2 * (r->avail % r->size)), head);
	ring_set_avail(r, (uint16_t)(r->avail + 1));
}

static inline void ring_set_avail_flags(struct ring *r, uint16_t flags)
{
	le16_store(ring_at(r, RING_AVAIL + r->at), flags);
}

static inline void ring_set_used_event(struct ring *r, uint16_t idx)
{
	le16_store(ring_at(r, RING_AVAIL + r->at + 4 + 2 * r->size), idx);
}

static inline uint16_t ring_used_flags(struct ring *r)
{
	return le16_load(ring_at(r, RING_USED + r->at));
}

static inline uint16_t ring_used_idx(struct ring *r)
{
	return le16_load(ring_at(r, RING_USED + r->at + 2));
}

static inline uint16_t ring_avail_event(struct ring *r)
{
	return le16_load(ring_at(r, RING_USED + r->at + 4 + 8 * r->size));
}

/* The next used entry; false: none. */
static inline bool ring_take(struct ring *r, uint32_t *id, uint32_t *len)
{
	uint8_t *e = ring_at(r, RING_USED + r->at + 4 + 8 * (r->used_seen % r->size));

	if (ring_used_idx(r) == r->used_seen)
		return false;
	r->used_seen++;
	*id = le32_load(e);
	*len = le32_load(e + 4);
	return true;
}

#endif
