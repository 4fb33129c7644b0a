/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/backend/net/slirp_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct slirp_frame {
	struct slirp_frame *next;
	size_t len;
	uint8_t data[];
};

void slirp_queue_init(struct slirp_queue *q, int fd)
{
	*q = (struct slirp_queue){ .fd = fd };
	q->last = &q->first;
}

/* False: the socket has no room now. A frame that can never be sent counts as sent. */
static bool send_one(struct slirp_queue *q, const void *frame, size_t len)
{
	ssize_t r;

	do
		r = send(q->fd, frame, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (r < 0 && errno == EINTR);
	if (r < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM))
		return false;
	if (r < 0 && (errno == EPIPE || errno == ECONNRESET))
		q->broken = true;
	return true;
}

void slirp_queue_put(struct slirp_queue *q, const void *frame, size_t len)
{
	struct slirp_frame *f;

	if (!len || (!q->first && send_one(q, frame, len)))
		return;
	if (len > SLIRP_QUEUE_BYTES - q->bytes)
		return;
	f = malloc(sizeof(*f) + len);
	if (!f)
		return;
	f->next = NULL;
	f->len = len;
	memcpy(f->data, frame, len);
	*q->last = f;
	q->last = &f->next;
	q->bytes += len;
}

void slirp_queue_flush(struct slirp_queue *q)
{
	struct slirp_frame *f;

	while ((f = q->first) && send_one(q, f->data, f->len)) {
		q->first = f->next;
		if (!q->first)
			q->last = &q->first;
		q->bytes -= f->len;
		free(f);
	}
}
