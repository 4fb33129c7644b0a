/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Readers of a stream: sockets of people and programs that came to see the output, and may type. Each
 * has a cursor in the ring, first at its oldest whole line.
 *
 * A reader's two directions end apart. The reader is
 *	live       both are there
 *	listening  it types no more (in_open is false), and reads on
 *	leaving    nobody reads (out_open is false), but what was typed before waits for the guest
 * and goes when neither is there.
 *
 * The first that types has the input (cd->writer) until its direction ends. What others type meanwhile
 * is dropped, which they are told once; while the writer is leaving it waits in their sockets.
 */
#include "devices/backend/chardev/private.h"

#include "vmm/base/sys.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define ROUND_MAX (16 * KiB) /* bytes of one round */
#define LOOK_EVERY                                                                                 \
	4096u /* bytes: how often a guest that writes looks after a reader that is behind */

static void reader_close(struct chardev_reader *r)
{
	struct chardev *cd = r->cd;

	loop_del(cd->loop, r->fd);
	sys_close(r->fd);
	if (cd->writer == r)
		cd->writer = NULL;
	r->cd = NULL;
}

void readers_close(struct chardev *cd)
{
	for (size_t i = 0; i < CHARDEV_READERS; i++)
		if (cd->readers[i].cd)
			reader_close(&cd->readers[i]);
}

/* ---- output ---- */

/* A line of ours, before the ring goes on. One that waits yet is more important. */
static void tell(struct chardev_reader *r, const char *text)
{
	if (r->note_sent < r->note_len)
		return;
	r->note_len = (uint8_t)snprintf(r->note, sizeof(r->note), "\r\n[%s]\r\n", text);
	r->note_sent = 0;
}

/* What the ring has no more is lost for this reader. */
static void catch_up(struct chardev_reader *r)
{
	const struct ring *ring = &r->cd->ring;
	char text[40];
	uint64_t to;

	if (r->at >= ring_oldest(ring))
		return;
	to = ring_first_line(ring);
	r->cd->lost += to - r->at;
	snprintf(text, sizeof(text), "... %" PRIu64 " bytes lost", to - r->at);
	r->at = to;
	tell(r, text);
}

static const uint8_t *next_piece(struct chardev_reader *r, size_t *len)
{
	const uint8_t *p;

	if (r->note_sent == r->note_len)
		catch_up(r);
	if (r->note_sent < r->note_len) {
		*len = r->note_len - r->note_sent;
		return (const uint8_t *)r->note + r->note_sent;
	}
	*len = ring_peek(&r->cd->ring, r->at, &p);
	return p;
}

static void sent(struct chardev_reader *r, size_t len)
{
	if (r->note_sent < r->note_len)
		r->note_sent = (uint8_t)(r->note_sent + len);
	else
		r->at += len;
}

static void reader_flush(struct chardev_reader *r)
{
	size_t budget = ROUND_MAX;

	while (reader_has_output(r) && budget) {
		size_t len;
		const uint8_t *p = next_piece(r, &len);
		ssize_t n;

		len = len < budget ? len : budget;
		n = send(r->fd, p, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0) {
			r->out_open = chardev_is_transient(-errno);
			return;
		}
		sent(r, (size_t)n);
		budget -= (size_t)n;
	}
}

/* What is neither read nor typed goes. */
static void reader_settle(struct chardev_reader *r)
{
	if (!r->in_open && r->cd->writer == r)
		r->cd->writer = NULL;
	if (!r->in_open && !r->out_open)
		reader_close(r);
}

void readers_flush(struct chardev *cd, uint64_t before)
{
	bool look = before / LOOK_EVERY != cd->ring.end / LOOK_EVERY;

	for (size_t i = 0; i < CHARDEV_READERS; i++) {
		struct chardev_reader *r = &cd->readers[i];

		if (!r->cd || !reader_has_output(r))
			continue;
		/* One that is behind is the loop's; but a guest that floods may keep the lock from it. */
		if (look || (r->at == before && r->note_sent == r->note_len))
			reader_flush(r);
		reader_settle(r);
	}
}

bool readers_have_room(struct chardev *cd, size_t len)
{
	for (size_t i = 0; i < CHARDEV_READERS; i++) {
		struct chardev_reader *r = &cd->readers[i];

		if (!r->cd || !r->out_open || cd->ring.end + len - r->at <= RING_SIZE)
			continue;
		reader_flush(r);
		if (r->out_open && cd->ring.end + len - r->at > RING_SIZE)
			return false;
	}
	return true;
}

bool readers_wait(struct chardev *cd, int timeout_ms)
{
	struct pollfd p[CHARDEV_READERS];
	nfds_t n = 0;

	for (size_t i = 0; i < CHARDEV_READERS; i++) {
		struct chardev_reader *r = &cd->readers[i];

		if (!r->cd)
			continue;
		reader_flush(r);
		if (reader_has_output(r))
			p[n++] = (struct pollfd){ .fd = r->fd, .events = POLLOUT };
	}
	if (n && timeout_ms)
		poll(p, n, timeout_ms);
	return n > 0;
}

/* ---- input ---- */

static void refuse(struct chardev_reader *r)
{
	if (!r->told)
		tell(r, r->read_only ? "spapr-vmm: read-only, keys go nowhere"
				     : "spapr-vmm: another user has the input, keys go nowhere");
	r->told = true;
}

/* One read a round. What is not for the guest is read as well, or the end would not be seen. */
static void reader_fill(struct chardev_reader *r)
{
	struct chardev *cd = r->cd;
	uint8_t scratch[512], *buf = scratch;
	size_t room = sizeof(scratch);
	bool takes = reader_may_type(r);
	ssize_t n;

	if (!(reader_wants(r) & EPOLLIN))
		return;
	if (takes) {
		buf = cd->in + cd->in_len;
		room = sizeof(cd->in) - cd->in_len;
	}
	n = recv(r->fd, buf, room, MSG_DONTWAIT);
	if (n > 0 && takes) {
		cd->writer = r;
		cd->in_len += (size_t)n;
		chardev_deliver(cd);
	} else if (n > 0) {
		refuse(r);
	} else if (n == 0 || !chardev_is_transient(-errno)) {
		r->in_open = false;
	}
}

static void on_reader(void *ctx, uint32_t events)
{
	struct chardev_reader *r = ctx;
	struct chardev *cd = r->cd;

	if (events & (EPOLLERR | EPOLLHUP))
		r->out_open = false;
	if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		reader_fill(r);
	reader_flush(r);
	reader_settle(r);
	chardev_poll(cd);
}

/* ---- coming ---- */

/* A place for one more: a free one, else that of one who is leaving. NULL: all are here to stay. */
static struct chardev_reader *find_place(struct chardev *cd)
{
	struct chardev_reader *leaving = NULL;

	for (size_t i = 0; i < CHARDEV_READERS; i++) {
		if (!cd->readers[i].cd)
			return &cd->readers[i];
		if (reader_is_leaving(&cd->readers[i]))
			leaving = &cd->readers[i];
	}
	if (leaving)
		reader_close(leaving);
	return leaving;
}

bool chardev_takes_reader(const struct chardev *cd)
{
	bool takes = false;

	for (size_t i = 0; i < CHARDEV_READERS; i++)
		takes |= !cd->readers[i].cd || reader_is_leaving(&cd->readers[i]);
	return cd->backend && takes;
}

static void take_input(struct chardev_reader *r)
{
	struct chardev *cd = r->cd;

	if (cd->writer) {
		tell(cd->writer, "spapr-vmm: another user has taken the input");
		cd->writer->told = true;
	}
	cd->writer = r;
}

int chardev_add_reader(struct chardev *cd, int fd, unsigned int how)
{
	struct chardev_reader *r;
	int err;

	if (!cd->backend)
		return -ENOTCONN;
	r = find_place(cd);
	if (!r)
		return -EBUSY;
	*r = (struct chardev_reader){
		.cd = cd,
		.fd = fd,
		.at = ring_first_line(&cd->ring),
		.in_open = true,
		.out_open = true,
		.read_only = how & CHARDEV_READ_ONLY,
	};
	err = loop_add(cd->loop, fd, 0, on_reader, r);
	if (err < 0) {
		r->cd = NULL;
		return err;
	}
	if (how & CHARDEV_STEAL && !r->read_only)
		take_input(r);
	reader_flush(r);
	reader_settle(r);
	chardev_poll(cd);
	return 0;
}
