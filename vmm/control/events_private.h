/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_EVENTS_PRIVATE_H
#define VMM_CONTROL_EVENTS_PRIVATE_H

/* events.c: lines; events_out.c: where they go; events_sock.c: who connects. */

#include "vmm/base/unix_socket.h"
#include "vmm/control/events.h"

struct events_line {
	char *text; /* malloc'ed; ends with a newline; NULL: there was no memory */
	uint32_t len;
};

/* Of a kind that guests can cause. */
struct events_kind {
	uint64_t since_ns; /* when this second began */
	uint32_t told;     /* in it */
	uint32_t more;     /* not told */
};

struct events {
	struct loop *loop;                     /* NULL: none yet */
	struct events_line ring[EVENTS_LINES]; /* by number */
	uint64_t next;                         /* number of the next line, from 1 on */
	uint64_t boot;
	struct events_kind kinds[EVENTS];
	struct loop_timer more_timer;

	/* Where lines go. */
	const char *path;
	int fd; /* -1: nowhere now */
	bool is_file;
	bool said;                  /* that they wait */
	uint64_t out;               /* number of the next line to be written */
	uint64_t lost;              /* lines */
	char rest[EVENTS_LINE_MAX]; /* of a line that was begun */
	uint32_t nrest;
	struct loop_timer retry; /* of a file */
	struct unix_socket sock;
	bool is_sock; /* fd is a reader's, or -1 */
};

/*
 * The line with number *@seq into @buf. Where that has gone, vmm.lost, which stands for *@lost lines, and
 * *@seq is the last of them. Returns its length.
 */
size_t events_line(const struct events *e, uint64_t *seq, uint64_t *lost, char *buf);

/* 0, or -errno, logged. */
int events_out_open(struct events *e);
int events_out_watch(struct events *e);
void events_out_close(struct events *e);

/* events_sock.c: as the three above, for @path behind "unix:"; the reader has gone. */
int events_sock_open(struct events *e, const char *path);
int events_sock_watch(struct events *e);
void events_sock_gone(struct events *e);

#endif
