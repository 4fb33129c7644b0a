/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/backend/chardev/private.h"

#include "vmm/base/sys.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

static int none_open(struct chardev *cd, const char *path)
{
	(void)path;
	return chardev_attach(cd);
}

static const struct chardev_backend chardev_none = { .name = "none", .open = none_open };

static const struct chardev_backend *const backends[] = {
	&chardev_stdio, &chardev_pty, &chardev_file, &chardev_unix, &chardev_none,
};

/* ---- input ---- */

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

static void in_end(struct chardev *cd)
{
	cd->in_open = false;
	if (cd->backend->ended)
		cd->backend->ended(cd);
}

static void deliver(void *ctx)
{
	struct chardev *cd = ctx;
	size_t n;

	if (cd->refused || !cd->in_len)
		return;
	cd->refused = true; /* first, so that a chardev_resume() from inside counts */
	n = cd->cb.receive(cd->cb.ctx, cd->in, cd->in_len);
	assert(n <= cd->in_len);
	if (n == cd->in_len)
		cd->refused = false;
	cd->in_len -= n;
	memmove(cd->in, cd->in + n, cd->in_len);
	chardev_poll(cd);
}

void chardev_resume(struct chardev *cd)
{
	if (!cd->backend || !cd->refused)
		return;
	cd->refused = false;
	loop_timer_set(cd->loop, &cd->resume, 0, deliver, cd);
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
			in_end(cd);
		return;
	}
	if (cd->backend->filter)
		r = (ssize_t)cd->backend->filter(cd, cd->in + cd->in_len, (size_t)r);
	cd->in_len += (size_t)r;
	deliver(cd);
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

void chardev_poll(struct chardev *cd)
{
	uint32_t in = 0, out = 0;

	if (cd->in_open && !cd->in_held && cd->in_len < sizeof(cd->in))
		in = EPOLLIN;
	if (cd->out_open && chardev_used(cd))
		out = EPOLLOUT;
	if (cd->in_fd != cd->out_fd) {
		if (cd->in_fd >= 0)
			loop_mod(cd->loop, cd->in_fd, in);
		if (cd->out_fd >= 0 && cd->out_io != CHARDEV_DIRECT)
			loop_mod(cd->loop, cd->out_fd, out);
	} else if (cd->in_fd >= 0) {
		/* The peer sends no more, but reads on: edge-triggered nothing is its hangup, once.
		 */
		if (!cd->in_open && cd->out_open && !out)
			in = EPOLLET;
		loop_mod(cd->loop, cd->in_fd, in | out);
	}
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

void chardev_detach(struct chardev *cd)
{
	if (cd->out_fd >= 0 && cd->out_fd != cd->in_fd) {
		loop_del(cd->loop, cd->out_fd);
		if (cd->out_owned)
			sys_close(cd->out_fd);
	}
	if (cd->in_fd >= 0) {
		loop_del(cd->loop, cd->in_fd);
		if (cd->in_owned)
			sys_close(cd->in_fd);
	}
	cd->in_fd = cd->out_fd = -1;
	cd->in_open = cd->out_open = false;
	cd->tail = cd->head;
}

/* ---- open and close ---- */

static const struct chardev_backend *find(const char *spec, const char **path)
{
	for (size_t i = 0; i < ARRAY_LEN(backends); i++) {
		size_t n = strlen(backends[i]->name);
		bool takes_path = backends[i]->name[n - 1] == ':';

		if (strncmp(spec, backends[i]->name, n) || (!takes_path && spec[n]) ||
		    (takes_path && !spec[n]))
			continue;
		*path = spec + n;
		return backends[i];
	}
	return NULL;
}

int chardev_open(struct chardev *cd, const char *spec, struct loop *l,
		 const struct chardev_callbacks *cb)
{
	const char *path = NULL;
	int r;

	memset(cd, 0, sizeof(*cd));
	cd->in_fd = cd->out_fd = -1;
	cd->spec = spec;
	cd->loop = l;
	cd->cb = *cb;
	cd->backend = find(spec, &path);
	if (!cd->backend) {
		log_error("\"%s\": unknown back end: use stdio, pty, file:PATH, unix:PATH or none",
			  spec);
		return -EINVAL;
	}
	cd->lossy = cd->backend->lossy;
	signal(SIGPIPE, SIG_IGN);
	r = cd->backend->open(cd, path);
	if (r < 0)
		chardev_close(cd);
	return r;
}

void chardev_close(struct chardev *cd)
{
	if (!cd->backend)
		return;
	chardev_detach(cd);
	loop_timer_cancel(cd->loop, &cd->resume);
	loop_timer_cancel(cd->loop, &cd->retry);
	if (cd->backend->close)
		cd->backend->close(cd);
	cd->backend = NULL;
}
