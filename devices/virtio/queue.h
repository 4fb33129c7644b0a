/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_VIRTIO_QUEUE_H
#define DEVICES_VIRTIO_QUEUE_H

/*
 * A split virtqueue, device side. Everything the guest wrote is hostile: each descriptor is copied
 * once and judged by the copy; chains are bounded, and an error breaks the queue for good (until
 * the driver resets the device) instead of being guessed around.
 *
 *	virtq_notify_off(q);                       more notifications tell us nothing new
 *	do {
 *		while ((r = virtq_pop(q, &c)) > 0) {  c.iov, c.head are ours until the push
 *			...
 *			virtq_push(q, c.head, len);   any order, at once or much later
 *		}
 *	} while (r == 0 && virtq_notify_on(q));    true: something came in between
 *	if (virtq_publish(q))                      one barrier, one interrupt for all pushes
 *		raise the queue's vector           (virtio_pci_publish() does these two)
 *
 * A popped chain's iovecs point straight into guest RAM. What they lead to may change at any time:
 * copy a request's header (virtq_chain_read) before judging it, and never read it twice.
 *
 * Memory order (POWER is weakly ordered): avail.idx is loaded with acquire before the entries it
 * covers; used.idx is stored with release after its entries; full fences stand between used.idx and
 * the guest's used_event, and between our avail_event (or flags) and the second look at avail.idx.
 *
 * Virtio 1 rings are little-endian, whatever the guest is.
 *
 * Source: Virtual I/O Device (VIRTIO) 1.2, 2.7 "Split Virtqueues".
 */

#include "vmm/base/gmem.h"
#include "vmm/base/iov.h"

#define VIRTQ_MAX_SIZE 1024u /* descriptors of a queue; a power of two */

/* How a device reaches guest memory. */
struct virtio_dma {
	const struct gmem *mem;
	/* Behind an IOMMU: as device_env.translate. NULL: addresses are the guest's own. */
	int (*translate)(void *ctx, ioba_t ioba, bool write, gpa_t *gpa, uint64_t *len);
	void *ctx;
};

/* One request: first what the device reads, then what it writes. */
struct virtq_chain {
	struct iovec *iov;  /* the caller's array, into guest RAM; no element is empty */
	uint32_t max_iov;   /* its room; set by the caller before virtq_pop() */
	uint32_t nout, nin; /* iov[0 .. nout): device reads; the next nin: device writes */
	/* Bytes of the two; the sum is below 4 GiB, and within the queue's max_bytes. */
	uint64_t out_len, in_len;
	/* Work to follow the chain: descriptors and places; TCEs loaded, of pages from 4 KiB on. */
	uint32_t npieces, ntces;
	uint16_t head; /* names it: for virtq_push() */
};

struct virtq {
	/* Set by the transport while the queue is off, then constant until reset. */
	const struct virtio_dma *dma;
	uint16_t size;              /* descriptors: a power of two up to VIRTQ_MAX_SIZE */
	uint64_t desc, avail, used; /* guest (bus) addresses */
	bool event_idx, indirect;   /* negotiated */
	uint64_t max_bytes;         /* of a chain; 0: below 4 GiB */
	uint32_t max_desc;          /* descriptors of a chain; 0: what max_iov allows */
	const char *name;           /* "disk0 queue 1", for messages */

	/* queue.c only. */
	bool enabled;
	const char *broken; /* what the guest did wrong; NULL: nothing */
	uint8_t *desc_host; /* without an IOMMU: the three areas; else NULL */
	uint8_t *avail_host, *used_host;
	uint16_t avail_seen; /* avail.idx as loaded last */
	uint16_t next_avail; /* the next entry to pop */
	uint16_t next_used;  /* the next entry to push */
	uint16_t published;  /* used.idx as the guest sees it */
	uint16_t inflight;   /* popped and not pushed */
	uint64_t done;       /* pushed, ever: outlives a reset */
	bool notify_is_off;
};

/**
 * virtq_enable - the fields above are set: begin
 * Return 0; -EINVAL size or alignment; -EFAULT areas outside RAM (with an IOMMU each access is
 * checked when it happens instead).
 */
int virtq_enable(struct virtq *q);

/* Off, empty, not broken; the fields that the transport sets are cleared, but dma and name. */
void virtq_reset(struct virtq *q);

/**
 * virtq_pop - take the next chain
 * Return 1 and *@c; 0 nothing there (or the queue is off); -EPROTO the guest broke a rule, now or
 * earlier: q->broken says which, nothing was taken, and virtio_pci_broken() is due.
 * A chain that needs more than c->max_iov elements breaks the rules (offer a seg_max), and so does
 * one of more than max_bytes or max_desc.
 */
int virtq_pop(struct virtq *q, struct virtq_chain *c);

/* Put the last @n popped chains back, newest first: nothing was done with them. */
void virtq_unpop(struct virtq *q, uint16_t n);

/*
 * Chain @head is done; the device wrote @len bytes from its first writable one on. Not seen by the
 * guest before virtq_publish(). On a broken queue it only counts.
 */
void virtq_push(struct virtq *q, uint16_t head, uint32_t len);

/* Show the guest all pushes since the last call. True: it wants an interrupt for them. */
bool virtq_publish(struct virtq *q);

/*
 * The device must not touch guest memory any more, for @why: until the reset nothing is popped, and
 * what is in flight only counts when it is pushed.
 */
void virtq_silence(struct virtq *q, const char *why);

/* Ask the guest not to notify; a hint. */
void virtq_notify_off(struct virtq *q);

/* Asks the guest to notify of what comes next. True: there is something to pop already. */
bool virtq_notify_on(struct virtq *q);

/* Is there anything to pop? A look at the ring, without effects. */
bool virtq_is_empty(struct virtq *q);

/*
 * Copy from the readable part of a chain, @off bytes behind its start, or to the writable part.
 * Return the bytes copied: less than @len when the chain ends.
 */
size_t virtq_chain_read(const struct virtq_chain *c, uint64_t off, void *buf, size_t len);
size_t virtq_chain_write(const struct virtq_chain *c, uint64_t off, const void *buf, size_t len);

#endif
