/* SPDX-License-Identifier: BSD-2-Clause */
/* From the ring to a file or a FIFO. Nobody is waited for. */
#define LOG_PREFIX "events"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/control/events_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

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

/* What is watched for while nothing waits. */
static uint32_t idle_events(const struct events *e)
{
	return e->is_sock ? EPOLLIN : 0;
}

/* It took nothing, for @err: go on when it does. */
static void wait_for_it(struct events *e, int err)
{
	if (e->is_sock && err != -EAGAIN && err != -EINTR) {
		events_sock_gone(e);
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

/*
 * Read and write: so a FIFO can be opened before its reader is there, and stays when that goes. A line
 * is appended by one write, also when another process does the same.
 */
static int open_path(struct events *e)
{
	struct file_facts facts;
	int fd = sys_open(e->path, O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK | O_NOFOLLOW, 0600);
	int r = fd < 0 ? fd : sys_file_facts(fd, &facts);

	if (r < 0) {
		if (fd >= 0)
			sys_close(fd);
		return r;
	}
	e->is_file = facts.is_file;
	return fd;
}

int events_out_open(struct events *e)
{
	int r;

	if (strncmp(e->path, EVENTS_UNIX, strlen(EVENTS_UNIX)) == 0)
		return events_sock_open(e, e->path + strlen(EVENTS_UNIX));
	r = open_path(e);
	if (r < 0) {
		log_error("%s: %s: name a file that can be written, or a FIFO", e->path,
			  strerror(-r));
		return r;
	}
	e->fd = r;
	return 0;
}

int events_out_watch(struct events *e)
{
	if (e->is_sock)
		return events_sock_watch(e);
	return e->is_file ? 0 : loop_add(e->loop, e->fd, 0, writable, e);
}

int events_reopen(struct events *e)
{
	int r;

	if (!e->path || !e->is_file)
		return 0;
	r = open_path(e);
	if (r < 0) {
		log_warn("%s: %s: the file that is open stays", e->path, strerror(-r));
		return r;
	}
	sys_close(e->fd);
	e->fd = r;
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
	if (e->fd >= 0)
		sys_close(e->fd);
	e->fd = -1;
	unix_socket_close(&e->sock);
}
