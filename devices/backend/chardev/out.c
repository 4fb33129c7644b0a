/* SPDX-License-Identifier: BSD-2-Clause */
/* Output: straight to the descriptor while it takes everything, else through a ring; then to readers. */
#include "devices/backend/chardev/private.h"

#include "vmm/base/sys.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define FLUSH_MAX (16 * KiB)     /* bytes of one round */
#define STALLED_NS 1000000000ULL /* a lossy stream that moved nothing for so long has no reader */

bool chardev_is_ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, 0) > 0;
}

static ssize_t write_some(struct chardev *cd, const uint8_t *buf, size_t len)
{
	ssize_t r;

	if (cd->out_io == CHARDEV_SOCKET) {
		r = send(cd->out_fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		return r < 0 ? -errno : r;
	}
	if (cd->out_io == CHARDEV_POLLED) {
		if (!chardev_is_ready(cd->out_fd, POLLOUT))
			return -EAGAIN;
		len = len < cd->out_piece ? len : cd->out_piece;
	}
	return sys_write(cd->out_fd, buf, len);
}

void chardev_out_end(struct chardev *cd)
{
	cd->out_open = false;
	cd->tail = cd->head;
}

static void put(struct chardev *cd, const uint8_t *buf, size_t len)
{
	size_t at = cd->head % CHARDEV_OUT_SIZE;
	size_t first = len < CHARDEV_OUT_SIZE - at ? len : CHARDEV_OUT_SIZE - at;

	if (!chardev_used(cd))
		cd->progress_ns = sys_now_ns();
	memcpy(cd->out + at, buf, first);
	memcpy(cd->out, buf + first, len - first);
	cd->head += (uint32_t)len;
}

/*
 * Does nobody read this lossy stream? The kernel may still take some bytes into buffers of its own, so
 * only who takes a good part of the ring counts as a reader.
 */
static bool is_stalled(struct chardev *cd)
{
	if (cd->lossy && !cd->stalled && sys_now_ns() - cd->progress_ns >= STALLED_NS) {
		cd->stalled = true;
		cd->moved = 0;
	}
	return cd->stalled;
}

static void moved(struct chardev *cd, size_t len)
{
	cd->tail += (uint32_t)len;
	cd->progress_ns = sys_now_ns();
	cd->moved += len;
	if (cd->moved >= CHARDEV_OUT_SIZE / 2)
		cd->stalled = false;
}

void chardev_flush(struct chardev *cd)
{
	size_t budget = FLUSH_MAX;

	while (cd->out_open && chardev_used(cd) && budget) {
		size_t at = cd->tail % CHARDEV_OUT_SIZE;
		size_t n = CHARDEV_OUT_SIZE - at;
		ssize_t r;

		n = n < chardev_used(cd) ? n : chardev_used(cd);
		n = n < budget ? n : budget;
		r = write_some(cd, cd->out + at, n);
		if (r <= 0) {
			if (r < 0 && !chardev_is_transient(r))
				chardev_out_end(cd);
			return;
		}
		moved(cd, (size_t)r);
		budget -= (size_t)r;
	}
}

/* To a file: what the disk refuses is lost, and said once. */
static void write_direct(struct chardev *cd, const uint8_t *buf, size_t len)
{
	while (len) {
		ssize_t r = sys_write(cd->out_fd, buf, len);

		if (r == -EINTR)
			continue;
		if (r <= 0) {
			if (!cd->write_failed)
				log_error("%s: %s: output of the guest is lost", cd->spec,
					  strerror(r < 0 ? (int)-r : EIO));
			cd->write_failed = true;
			return;
		}
		buf += r;
		len -= (size_t)r;
	}
}

/* To the back end's own descriptor: all of it, or none. */
static bool write_out(struct chardev *cd, const uint8_t *buf, size_t len)
{
	ssize_t n = 0;

	if (!cd->out_open)
		return true;
	if (cd->out_io == CHARDEV_DIRECT) {
		write_direct(cd, buf, len);
		return true;
	}
	if (!chardev_used(cd)) {
		n = write_some(cd, buf, len);
		if (n < 0 && !chardev_is_transient(n)) {
			chardev_out_end(cd);
			return true;
		}
		n = n < 0 ? 0 : n;
	} else if (len > CHARDEV_OUT_SIZE - chardev_used(cd)) {
		/* Full. A guest that floods may keep the lock from the loop: do the loop's work. */
		if (!cd->stalled)
			chardev_flush(cd);
		if (len > CHARDEV_OUT_SIZE - chardev_used(cd) && is_stalled(cd))
			cd->tail += (uint32_t)(len - (CHARDEV_OUT_SIZE - chardev_used(cd)));
		if (len > CHARDEV_OUT_SIZE - chardev_used(cd))
			return false;
	}
	if (cd->out_open && (size_t)n < len)
		put(cd, buf + n, len - (size_t)n);
	return true;
}

static void remember(struct chardev *cd, const void *buf, size_t len)
{
	uint64_t before = cd->ring.end;

	ring_put(&cd->ring, buf, len);
	readers_flush(cd, before);
	chardev_poll(cd);
}

bool chardev_write(struct chardev *cd, const uint8_t *buf, size_t len)
{
	assert(len <= CHARDEV_OUT_SIZE);
	if (cd->cb.patient && !readers_have_room(cd, len)) {
		chardev_poll(cd);
		return false;
	}
	if (!write_out(cd, buf, len))
		return false;
	remember(cd, buf, len);
	return true;
}

void chardev_mark(struct chardev *cd, const char *text)
{
	bool in_line = cd->ring.end && ring_byte(&cd->ring, cd->ring.end - 1) != '\n';
	char line[80];

	snprintf(line, sizeof(line), "%s[spapr-vmm: %s]\r\n", in_line ? "\r\n" : "", text);
	remember(cd, line, strlen(line));
}

/* Milliseconds until @end, rounded up; 0: it is past. */
static int rest_ms(uint64_t end)
{
	uint64_t now = sys_now_ns();

	return now < end ? (int)((end - now) / 1000000) + 1 : 0;
}

bool chardev_drain(struct chardev *cd, unsigned int timeout_ms)
{
	uint64_t end = sys_now_ns() + timeout_ms * 1000000ULL;

	if (!cd->backend)
		return true;
	for (;;) {
		struct pollfd p = { .fd = cd->out_fd, .events = POLLOUT };

		chardev_flush(cd);
		if (!cd->out_open || !chardev_used(cd) || !rest_ms(end) || is_stalled(cd))
			break;
		poll(&p, 1, rest_ms(end));
	}
	while (readers_wait(cd, rest_ms(end)) && rest_ms(end))
		;
	chardev_poll(cd);
	return !chardev_used(cd) && !readers_wait(cd, 0);
}
