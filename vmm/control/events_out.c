/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the ring to a file, a FIFO, or who connects to a socket: one reader at a time, others wait in the
 * socket's queue. Nobody is waited for. Without a reader lines stay in memory: the next one gets what the
 * last one has not.
 */
#define LOG_PREFIX "events"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/control/events_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define RETRY_NS 1000000000ULL /* of a file whose disk is full */
#define WORK_WRITE (2 * KiB)   /* vmm/base/loop.h: a system call */

static void again(void *ctx)
{
	events_flush(ctx);
}

static void writable(void *ctx, uint32_t events)
{
	(void)events;
	events_flush(ctx);
}

/* A line that was begun is told anew. */
static void reader_gone(struct events *e)
{
	loop_del(e->loop, e->fd);
	sys_close(e->fd);
	e->fd = -1;
	if (e->nrest > 0)
		e->out--;
	e->nrest = 0;
	loop_mod(e->loop, e->sock.fd, EPOLLIN);
}

/* What is watched for while nothing waits. */
static uint32_t idle_events(const struct events *e)
{
	return e->is_sock ? EPOLLIN : 0;
}

/* Nothing was taken, for @err: go on when something is. */
static void wait_for_it(struct events *e, int err)
{
	if (e->is_sock && err != -EAGAIN && err != -EINTR) {
		reader_gone(e);
		return;
	}
	if (err != -EAGAIN && err != -EINTR && !e->said) {
		e->said = true;
		log_warn("%s: %s: the last %u lines are kept until it takes them", e->path,
			 strerror(-err), EVENTS_LINES);
	}
	if (!e->loop)
		return;
	if (e->is_file)
		loop_timer_set(e->loop, &e->retry, RETRY_NS, again, e);
	else
		loop_mod(e->loop, e->fd, idle_events(e) | EPOLLOUT);
}

/* Write @n bytes of a line, and keep what is left of it once it has begun. False: nothing went. */
static bool put(struct events *e, const char *line, size_t n)
{
	ssize_t r = sys_write(e->fd, line, n);

	if (e->loop)
		loop_charge(e->loop, WORK_WRITE + n);
	if (r <= 0) {
		wait_for_it(e, r < 0 ? (int)r : -EAGAIN);
		return false;
	}
	e->nrest = (uint32_t)(n - (size_t)r);
	memmove(e->rest, line + r, e->nrest);
	return true;
}

void events_flush(struct events *e)
{
	char line[EVENTS_LINE_MAX];

	if (e->fd < 0)
		return;
	while (e->nrest > 0)
		if (!put(e, e->rest, e->nrest))
			return;
	while (e->out < e->next) {
		uint64_t seq = e->out, lost;
		size_t n = events_line(e, &seq, &lost, line);

		if (!put(e, line, n))
			return;
		e->lost += lost;
		e->out = seq + 1;
		if (e->nrest > 0) { /* a disk that is nearly full */
			wait_for_it(e, e->is_file ? -ENOSPC : -EAGAIN);
			return;
		}
	}
	e->said = false;
	if (e->loop && !e->is_file)
		loop_mod(e->loop, e->fd, idle_events(e));
}

/* ---- who connects ---- */

/* Nothing that a reader says means anything, but that it is gone. */
static void reader(void *ctx, uint32_t events)
{
	struct events *e = ctx;
	char said[64];
	ssize_t n = -EAGAIN;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		n = sys_read(e->fd, said, sizeof(said));
	if (n == 0 || (n < 0 && n != -EAGAIN && n != -EINTR))
		reader_gone(e);
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

static int sock_open(struct events *e, const char *path)
{
	char why[UNIX_SOCKET_WHY];
	int r = unix_socket_listen(&e->sock, path, 0600, UNIX_SOCKET_OWN_GROUP, why);

	e->is_sock = true;
	if (r < 0)
		log_error("%s: %s", e->path, why);
	return r;
}

/* ---- open and close ---- */

/*
 * A FIFO is opened to read and write: so its reader may come later, and go. A line is appended to a file
 * by one write, also when another process does the same.
 */
static int open_path(struct events *e)
{
	struct stat st;
	int r;

	if (lstat(e->path, &st) == 0 && S_ISFIFO(st.st_mode)) {
		r = e->fd = sys_open(e->path, O_RDWR | O_NONBLOCK | O_NOFOLLOW, 0);
		return r < 0 ? r : 0;
	}
	r = named_file_open(&e->file, e->path, O_NONBLOCK | O_NOFOLLOW, 0600);
	e->fd = e->file.fd;
	e->is_file = e->file.dir_fd >= 0;
	return r;
}

int events_out_open(struct events *e)
{
	int r;

	if (strncmp(e->path, EVENTS_UNIX, strlen(EVENTS_UNIX)) == 0)
		return sock_open(e, e->path + strlen(EVENTS_UNIX));
	r = open_path(e);
	if (r < 0) {
		log_error("%s: %s: name a file that can be written, or a FIFO", e->path,
			  strerror(-r));
		return r;
	}
	return 0;
}

int events_out_watch(struct events *e)
{
	if (e->is_sock)
		return loop_add(e->loop, e->sock.fd, EPOLLIN, on_reader, e);
	return e->is_file ? 0 : loop_add(e->loop, e->fd, 0, writable, e);
}

/* A line that was begun begins anew in the new file. */
int events_reopen(struct events *e)
{
	int r;

	if (!e->is_file)
		return 0;
	r = named_file_reopen(&e->file);
	if (r < 0) {
		log_warn("%s: %s: the file that is open stays", e->path, strerror(-r));
		return r;
	}
	if (e->nrest > 0)
		e->out--;
	e->nrest = 0;
	events_flush(e);
	return 0;
}

void events_out_close(struct events *e)
{
	if (e->loop) {
		loop_timer_cancel(e->loop, &e->retry);
		loop_del(e->loop, e->fd);
		loop_del(e->loop, e->sock.fd);
	}
	if (e->fd >= 0 && e->fd != e->file.fd)
		sys_close(e->fd);
	named_file_close(&e->file);
	e->fd = -1;
	unix_socket_close(&e->sock);
}
