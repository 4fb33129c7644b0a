/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * States: listening (no client; the socket is polled), connected (the socket is not polled: others
 * wait in its queue). A client is let go when neither direction has another end: after its end of
 * input a client may still read, and when it reads no more, what it sent before is still taken.
 */
#include "devices/backend/chardev/private.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define RETRY_NS 1000000000ULL

/* ---- clients ---- */

static void listen_again(void *ctx)
{
	struct chardev *cd = ctx;

	loop_mod(cd->loop, cd->u.sock.fd, EPOLLIN);
}

static void on_client(void *ctx, uint32_t events)
{
	struct chardev *cd = ctx;
	int fd = accept4(cd->u.sock.fd, NULL, NULL, SOCK_CLOEXEC);
	int err = errno;

	(void)events;
	if (fd >= 0) {
		cd->in_fd = cd->out_fd = fd;
		if (chardev_attach(cd) == 0) {
			loop_mod(cd->loop, cd->u.sock.fd, 0);
			return;
		}
		chardev_detach(cd);
		err = ENOMEM;
	}
	if (err == EAGAIN || err == EINTR || err == ECONNABORTED)
		return;
	/* No descriptors or memory: the client stays in the queue, and so would its event. */
	loop_mod(cd->loop, cd->u.sock.fd, 0);
	loop_timer_set(cd->loop, &cd->retry, RETRY_NS, listen_again, cd);
}

static void unix_ended(struct chardev *cd)
{
	if (cd->in_open || cd->out_open)
		return;
	chardev_detach(cd);
	loop_mod(cd->loop, cd->u.sock.fd, EPOLLIN);
}

/* ---- open and close ---- */

static int unix_open(struct chardev *cd, const char *path)
{
	char why[UNIX_SOCKET_WHY];
	int r;

	cd->in_io = cd->out_io = CHARDEV_SOCKET;
	cd->in_owned = true;
	r = unix_socket_listen(&cd->u.sock, path, 0600, UNIX_SOCKET_OWN_GROUP, why);
	if (r < 0) {
		log_error("%s: %s", cd->spec, why);
		return r;
	}
	r = loop_add(cd->loop, cd->u.sock.fd, EPOLLIN, on_client, cd);
	if (r < 0)
		log_error("%s: cannot listen: %s", cd->spec, strerror(-r));
	return r;
}

static void unix_close(struct chardev *cd)
{
	if (cd->u.sock.fd >= 0)
		loop_del(cd->loop, cd->u.sock.fd);
	unix_socket_close(&cd->u.sock);
}

const struct chardev_backend chardev_unix = {
	.name = "unix:",
	.open = unix_open,
	.close = unix_close,
	.ended = unix_ended,
};
