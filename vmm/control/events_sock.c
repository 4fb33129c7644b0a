/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines to who connects, one reader at a time; others wait in the socket's queue. Without one, lines wait
 * in memory: the next reader gets what the last one has not.
 */
#define LOG_PREFIX "events"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/control/events_private.h"

#include <errno.h>
#include <sys/socket.h>

/* A line that was begun is told anew. */
void events_sock_gone(struct events *e)
{
	loop_del(e->loop, e->fd);
	sys_close(e->fd);
	e->fd = -1;
	if (e->nrest > 0)
		e->out--;
	e->nrest = 0;
	loop_mod(e->loop, e->sock.fd, EPOLLIN);
}

/* Nothing that a reader says means anything, but that it is gone. */
static void reader(void *ctx, uint32_t events)
{
	struct events *e = ctx;
	char said[64];
	ssize_t n = -EAGAIN;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		n = sys_read(e->fd, said, sizeof(said));
	if (n == 0 || (n < 0 && n != -EAGAIN && n != -EINTR))
		events_sock_gone(e);
	else
		events_flush(e);
}

static void on_reader(void *ctx, uint32_t events)
{
	struct events *e = ctx;
	int fd = accept4(e->sock.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	if (loop_add(e->loop, fd, EPOLLIN, reader, e) < 0) {
		sys_close(fd);
		return;
	}
	e->fd = fd;
	loop_mod(e->loop, e->sock.fd, 0);
	events_flush(e);
}

int events_sock_open(struct events *e, const char *path)
{
	char why[UNIX_SOCKET_WHY];
	int r = unix_socket_listen(&e->sock, path, 0600, UNIX_SOCKET_OWN_GROUP, why);

	e->is_sock = true;
	if (r < 0)
		log_error("%s: %s", e->path, why);
	return r;
}

int events_sock_watch(struct events *e)
{
	return loop_add(e->loop, e->sock.fd, EPOLLIN, on_reader, e);
}
