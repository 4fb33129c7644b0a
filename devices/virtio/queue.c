/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/virtio/queue.h"

#include "devices/virtio/queue_private.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>

/* Offsets in the two rings; the event indices stand behind the last entry. */
#define RING_FLAGS 0u
#define RING_IDX 2u
#define RING_ENTRIES 4u
#define AVAIL_ENTRY 2u
#define USED_ENTRY 8u
#define AVAIL_F_NO_INTERRUPT 1u
#define USED_F_NO_NOTIFY 1u

static uint64_t avail_size(const struct virtq *q)
{
	return RING_ENTRIES + (uint64_t)AVAIL_ENTRY * q->size + 2;
}

static uint64_t used_size(const struct virtq *q)
{
	return RING_ENTRIES + (uint64_t)USED_ENTRY * q->size + 2;
}

/* Behind an IOMMU the areas may move from access to access, and a page may end between fields. */
static void *ring_at(struct virtq *q, uint8_t *host, uint64_t base, uint64_t off, uint64_t len,
		     bool write)
{
	uint64_t got = len;
	void *p;

	if (host)
		return host + off;
	p = virtio_dma_map(q->dma, base + off, &got, write);
	if (p && got >= len)
		return p;
	virtq_break(q, "a ring is not mapped");
	return NULL;
}

static uint16_t avail_load(struct virtq *q, uint64_t off, int order)
{
	const uint16_t *p = ring_at(q, q->avail_host, q->avail, off, 2, false);

	if (!p)
		return q->next_avail; /* nothing new */
	return le16toh(order == __ATOMIC_ACQUIRE ? __atomic_load_n(p, __ATOMIC_ACQUIRE)
						 : __atomic_load_n(p, __ATOMIC_RELAXED));
}

static void used_store16(struct virtq *q, uint64_t off, uint16_t value)
{
	uint16_t *p = ring_at(q, q->used_host, q->used, off, 2, true);

	if (p)
		__atomic_store_n(p, htole16(value), __ATOMIC_RELEASE);
}

static void used_store32(struct virtq *q, uint64_t off, uint32_t value)
{
	uint32_t *p = ring_at(q, q->used_host, q->used, off, 4, true);

	if (p)
		__atomic_store_n(p, htole32(value), __ATOMIC_RELAXED);
}

static bool fits(uint64_t base, uint64_t size, uint64_t align)
{
	return IS_ALIGNED(base, align) && base <= UINT64_MAX - size;
}

int virtq_enable(struct virtq *q)
{
	uint64_t desc_size = (uint64_t)VIRTQ_DESC_SIZE * q->size;

	if (!is_power_of_2(q->size) || q->size > VIRTQ_MAX_SIZE || !fits(q->desc, desc_size, 16) ||
	    !fits(q->avail, avail_size(q), 2) || !fits(q->used, used_size(q), 4))
		return -EINVAL;
	if (!q->dma->translate) {
		q->desc_host = gmem_dma_host(q->dma->mem, q->desc, desc_size);
		q->avail_host = gmem_dma_host(q->dma->mem, q->avail, avail_size(q));
		q->used_host = gmem_dma_host(q->dma->mem, q->used, used_size(q));
		if (!q->desc_host || !q->avail_host || !q->used_host) {
			q->desc_host = q->avail_host = q->used_host = NULL;
			return -EFAULT;
		}
	}
	q->enabled = true;
	return 0;
}

void virtq_reset(struct virtq *q)
{
	*q = (struct virtq){ .dma = q->dma, .name = q->name, .done = q->done };
}

/* Load avail.idx. What lies before it may be read from here on. */
static bool look(struct virtq *q)
{
	q->avail_seen = avail_load(q, RING_IDX, __ATOMIC_ACQUIRE);
	if ((uint16_t)(q->avail_seen - q->next_avail) > q->size)
		virtq_break(q, "the available index is too far ahead");
	return !q->broken && q->avail_seen != q->next_avail;
}

int virtq_pop(struct virtq *q, struct virtq_chain *c)
{
	uint16_t head;

	if (q->broken)
		return -EPROTO;
	if (!q->enabled)
		return 0;
	if (q->next_avail == q->avail_seen && !look(q))
		return q->broken ? -EPROTO : 0;
	if (q->inflight >= q->size)
		return virtq_break(q, "more requests in flight than descriptors");
	head = avail_load(q, RING_ENTRIES + (uint64_t)AVAIL_ENTRY * (q->next_avail % q->size),
			  __ATOMIC_RELAXED);
	if (virtq_walk(q, head, c) < 0)
		return -EPROTO;
	q->next_avail++;
	q->inflight++;
	return 1;
}

void virtq_unpop(struct virtq *q, uint16_t n)
{
	assert(n <= q->inflight);
	q->next_avail -= n;
	q->inflight -= n;
}

void virtq_push(struct virtq *q, uint16_t head, uint32_t len)
{
	uint64_t off = RING_ENTRIES + (uint64_t)USED_ENTRY * (q->next_used % q->size);

	assert(q->inflight > 0);
	q->inflight--;
	q->done++;
	if (q->broken)
		return;
	used_store32(q, off, head);
	used_store32(q, off + 4, len);
	q->next_used++;
}

void virtq_silence(struct virtq *q, const char *why)
{
	virtq_break(q, why);
}

bool virtq_publish(struct virtq *q)
{
	uint16_t old = q->published, now = q->next_used, event;

	if (now == old || !q->enabled || q->broken)
		return false;
	used_store16(q, RING_IDX, now); /* release: after the entries */
	q->published = now;
	/* Pairs with the driver's between its used_event (or flags) and its look at used.idx. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!q->event_idx)
		return !(avail_load(q, RING_FLAGS, __ATOMIC_RELAXED) & AVAIL_F_NO_INTERRUPT);
	event = avail_load(q, RING_ENTRIES + (uint64_t)AVAIL_ENTRY * q->size, __ATOMIC_RELAXED);
	return (uint16_t)(now - event - 1) < (uint16_t)(now - old);
}

void virtq_notify_off(struct virtq *q)
{
	if (!q->enabled || q->broken || q->notify_is_off)
		return;
	q->notify_is_off = true;
	if (!q->event_idx) /* else: avail_event stays behind, which says the same */
		used_store16(q, RING_FLAGS, USED_F_NO_NOTIFY);
}

bool virtq_notify_on(struct virtq *q)
{
	if (!q->enabled || q->broken)
		return false;
	q->notify_is_off = false;
	if (q->event_idx)
		used_store16(q, RING_ENTRIES + (uint64_t)USED_ENTRY * q->size, q->next_avail);
	else
		used_store16(q, RING_FLAGS, 0);
	/* Pairs with the driver's between its avail.idx and its look at avail_event (or flags). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	look(q);
	return q->broken || q->avail_seen != q->next_avail;
}

bool virtq_is_empty(struct virtq *q)
{
	return !q->enabled || q->broken || (q->next_avail == q->avail_seen && !look(q));
}
