/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_VIRTIO_ROUND_H
#define DEVICES_VIRTIO_ROUND_H

/*
 * A device's turn at one of its queues. The work of a turn is counted, by bytes as loop_charge()
 * counts them; when the turn is used up the rest waits for the next one, behind all others: no guest
 * can hold the machine lock for longer by what it puts into a queue.
 *
 *	virtio_round_begin(&r, v, q);
 *	do {
 *		while (virtio_round_pop(&r, &c) > 0) {        the chain itself is charged
 *			...
 *			virtio_round_charge(&r, bytes);       and what was done for it
 *			virtq_push(vq, c.head, len);
 *		}
 *	} while (virtio_round_more(&r));
 *	virtio_round_end(&r);
 *
 * A turn may end late by one chain: chains are bounded (virtio_pci.max_chain), and a device with much
 * to copy of one does so in pieces.
 */

#include "devices/virtio/pci.h"

#define VIRTIO_ROUND_WORK LOOP_MAX_WORK /* of one turn */
#define VIRTIO_ROUND_CHAINS 256u        /* likewise; answers are shown to the guest at its end */

/* What things cost, in bytes that could have been copied meanwhile. */
#define WORK_CHAIN 1024u    /* to pop, to push */
#define WORK_PIECE 64u      /* a descriptor, a buffer's part in one place */
#define WORK_TCE 8u         /* an entry of a DMA window that is loaded */
#define WORK_CALL (2 * KiB) /* a system call */

struct virtio_round {
	struct virtio_pci *v;
	uint32_t q;
	uint64_t work;   /* left; charging stops at 0 */
	uint32_t chains; /* left; a device that answers sooner lowers it after the begin */
};

/* Notifications of @q are off from here on. */
void virtio_round_begin(struct virtio_round *r, struct virtio_pci *v, uint32_t q);

/* As virtio_pci_pop(); 0 as well when the turn is used up. */
int virtio_round_pop(struct virtio_round *r, struct virtq_chain *c);

static inline void virtio_round_charge(struct virtio_round *r, uint64_t work)
{
	r->work -= work < r->work ? work : r->work;
}

static inline bool virtio_round_is_over(const struct virtio_round *r)
{
	return r->work == 0 || r->chains == 0;
}

/* The queue was empty: is there something now? If not, the guest notifies of what comes next. */
bool virtio_round_more(struct virtio_round *r);

/* Shows the guest what was pushed, charges the loop. After a turn that is used up comes another. */
void virtio_round_end(struct virtio_round *r);

/* The same without another turn: for a device that hears of more to do from elsewhere. */
void virtio_round_stop(struct virtio_round *r);

#endif
