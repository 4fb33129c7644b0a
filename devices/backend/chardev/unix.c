/* SPDX-License-Identifier: BSD-2-Clause */
/* A socket that listens: each client is a reader of the stream (readers.c). */
#include "devices/backend/chardev/private.h"

#include "vmm/base/sys.h"

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

/* All places are taken by others. */
static void turn_away(int fd)
{
	static const char text[] = "[spapr-vmm: as many as can be are connected already]\r\n";

	(void)!send(fd, text, sizeof(text) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	sys_close(fd);
}

static void on_client(void *ctx, uint32_t events)
{
	struct chardev *cd = ctx;
	int fd = accept4(cd->u.sock.fd, NULL, NULL, SOCK_CLOEXEC);
	int err = errno;

	(void)events;
	if (fd >= 0) {
		err = -chardev_add_reader(cd, fd, 0);
		if (err == EBUSY)
			turn_away(fd);
		else if (err)
			sys_close(fd);
		if (!err || err == EBUSY)
			return;
	}
	if (err == EAGAIN || err == EINTR || err == ECONNABORTED)
		return;
	/* No descriptors or memory: the client stays in the queue, and so would its event. */
	loop_mod(cd->loop, cd->u.sock.fd, 0);
	loop_timer_set(cd->loop, &cd->retry, RETRY_NS, listen_again, cd);
}

/* ---- open and close ---- */

static int unix_open(struct chardev *cd, const char *path)
{
	char why[UNIX_SOCKET_WHY];
	int r;

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
};
