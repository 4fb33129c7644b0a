/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_VIRTIO_QUEUE_PRIVATE_H
#define DEVICES_VIRTIO_QUEUE_PRIVATE_H

/* What queue.c (the two rings) asks of chain.c (descriptors). */

#include "devices/virtio/queue.h"

#include <errno.h>

#define VIRTQ_DESC_SIZE 16u

/*
 * Follow the chain that begins at descriptor @head into c->iov. 0; or -EPROTO after
 * virtq_break().
 */
int virtq_walk(struct virtq *q, uint16_t head, struct virtq_chain *c);

/* The guest broke a rule; the first one is remembered. Returns -EPROTO. */
static inline int virtq_break(struct virtq *q, const char *why)
{
	if (!q->broken)
		q->broken = why;
	return -EPROTO;
}

/*
 * Host address of [addr, addr + *len) in guest memory, or of as much of it as is contiguous there:
 * *len says. NULL: the first byte is no RAM, or the device may not access it so.
 */
void *virtio_dma_map(const struct virtio_dma *dma, uint64_t addr, uint64_t *len, bool write);

#endif
