/* SPDX-License-Identifier: BSD-2-Clause */
/* An open stream in the loop: what an event of a descriptor means. */
#include "devices/backend/chardev/private.h"

#include "vmm/base/sys.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

static ssize_t read_some(struct chardev *cd, uint8_t *buf, size_t len)
{
	ssize_t r;

	if (cd->in_io == CHARDEV_SOCKET) {
		r = recv(cd->in_fd, buf, len, MSG_DONTWAIT);
		return r < 0 ? -errno : r;
	}
	if (cd->in_io == CHARDEV_POLLED && !chardev_is_ready(cd->in_fd, POLLIN))
		return -EAGAIN;
	return sys_read(cd->in_fd, buf, len);
}

/* One read a round. */
static void fill(struct chardev *cd)
{
	size_t room = sizeof(cd->in) - cd->in_len;
	ssize_t r;

	if (!cd->in_open || cd->in_held || !room)
		return;
	if (cd->backend->may_read && !cd->backend->may_read(cd))
		return;
	r = read_some(cd, cd->in + cd->in_len, room);
	if (r <= 0) {
		if (!chardev_is_transient(r))
			cd->in_open = false;
		return;
	}
	if (cd->backend->filter)
		r = (ssize_t)cd->backend->filter(cd, cd->in + cd->in_len, (size_t)r);
	cd->in_len += (size_t)r;
	chardev_deliver(cd);
}

/* ---- the loop's side ---- */

static void on_in(void *ctx, uint32_t events)
{
	struct chardev *cd = ctx;

	(void)events; /* a hangup is seen by reading, behind what was sent before it */
	fill(cd);
	chardev_poll(cd);
}

static void on_out(void *ctx, uint32_t events)
{
	struct chardev *cd = ctx;

	chardev_flush(cd);
	if (cd->out_open && (events & (EPOLLERR | EPOLLHUP)))
		chardev_out_end(cd);
	chardev_poll(cd);
}

static void on_both(void *ctx, uint32_t events)
{
	struct chardev *cd = ctx;

	if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		fill(cd);
	if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
		chardev_flush(cd);
	if (!cd->in_open && cd->out_open && (events & (EPOLLERR | EPOLLHUP)))
		chardev_out_end(cd);
	chardev_poll(cd);
}

int chardev_attach(struct chardev *cd)
{
	bool both = cd->in_fd == cd->out_fd;
	int r = 0;

	cd->in_open = cd->in_fd >= 0;
	cd->out_open = cd->out_fd >= 0;
	if (cd->in_open)
		r = loop_add(cd->loop, cd->in_fd, 0, both ? on_both : on_in, cd);
	if (r == 0 && cd->out_open && !both && cd->out_io != CHARDEV_DIRECT)
		r = loop_add(cd->loop, cd->out_fd, 0, on_out, cd);
	if (r < 0)
		return r;
	chardev_poll(cd);
	return 0;
}
