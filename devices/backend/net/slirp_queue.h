/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_BACKEND_NET_SLIRP_QUEUE_H
#define DEVICES_BACKEND_NET_SLIRP_QUEUE_H

/*
 * Frames on their way to the guest wait here while it has no room for them. When too many wait, the
 * host's sockets are left alone (slirp_queue_is_high), so that TCP slows its sender down; frames that
 * come in spite of that are dropped.
 */

#include "vmm/base/types.h"

#define SLIRP_QUEUE_BYTES (4 * MiB)
#define SLIRP_QUEUE_HIGH (1 * MiB)

struct slirp_frame;

struct slirp_queue {
	int fd;
	struct slirp_frame *first, **last;
	size_t bytes; /* of all that wait */
	bool broken;  /* the other end is gone */
};

void slirp_queue_init(struct slirp_queue *q, int fd);

/* Send now if nothing waits, else keep a copy; or drop it. */
void slirp_queue_put(struct slirp_queue *q, const void *frame, size_t len);

/* Send what the socket takes. */
void slirp_queue_flush(struct slirp_queue *q);

static inline bool slirp_queue_waits(const struct slirp_queue *q)
{
	return q->first;
}

static inline bool slirp_queue_is_high(const struct slirp_queue *q)
{
	return q->bytes > SLIRP_QUEUE_HIGH;
}

#endif
