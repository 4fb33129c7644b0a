/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_BACKEND_CHARDEV_PRIVATE_H
#define DEVICES_BACKEND_CHARDEV_PRIVATE_H

/*
 * The files of a stream to each other, from the top: chardev.c opens and closes; the back ends
 * stdio.c, pty.c, file.c, unix.c; stream.c events; out.c output; readers.c who reads along on sockets;
 * in.c input to the owner; watch.c what the loop watches; tty.c the terminal.
 */

#include "devices/backend/chardev/chardev.h"

#include <errno.h>
#include <sys/types.h>

#define LOG_PREFIX ((cd)->cb.name ? (cd)->cb.name : "console")
#include "vmm/base/log.h"

/* All functions but open may be NULL. */
struct chardev_backend {
	const char *name; /* "x:" takes the rest of the spec as a path */
	bool lossy;
	/* Set up descriptors, then chardev_attach(). 0, or -errno after one logged line. */
	int (*open)(struct chardev *cd, const char *path);
	/* Releases what chardev_close() does not know of. Tolerates a failed open. */
	void (*close)(struct chardev *cd);
	/* May input be read now? If not, it set in_held. */
	bool (*may_read)(struct chardev *cd);
	/* Bytes just read: keep what is for the guest, return how many. */
	size_t (*filter)(struct chardev *cd, uint8_t *buf, size_t len);
};

extern const struct chardev_backend chardev_stdio, chardev_pty, chardev_file, chardev_unix;

/* ---- in the loop: stream.c, in.c, watch.c ---- */

/* Hand in_fd and out_fd (each or -1) to the loop: both directions are open. 0 or -errno. */
int chardev_attach(struct chardev *cd);

/* Takes the descriptors back from the loop, and closes those that are owned. The ring is dropped. */
void chardev_detach(struct chardev *cd);

/* Tell the loop what we wait for, after in_held, in_open or out_open changed. */
void chardev_poll(struct chardev *cd);

/* Offer what was read to the receiver, unless it waits for chardev_resume(). in.c */
void chardev_deliver(void *cd);

/* ---- readers on sockets, readers.c ---- */

static inline bool reader_is_leaving(const struct chardev_reader *r)
{
	return r && !r->out_open && r->in_open;
}

static inline bool reader_may_type(const struct chardev_reader *r)
{
	return !r->read_only && (!r->cd->writer || r->cd->writer == r);
}

static inline bool reader_has_output(const struct chardev_reader *r)
{
	return r->out_open && (r->note_sent < r->note_len || r->at < r->cd->ring.end);
}

/* What the loop is to watch for one. watch.c */
uint32_t reader_wants(const struct chardev_reader *r);

/* The ring got more; @before: its end until then. */
void readers_flush(struct chardev *cd, uint64_t before);

/* Would @len bytes more leave each reader all that it has not got yet? */
bool readers_have_room(struct chardev *cd, size_t len);

/* Flush, and wait for those who are behind. False: nobody is. */
bool readers_wait(struct chardev *cd, int timeout_ms);

void readers_close(struct chardev *cd);

/* ---- output, out.c ---- */

/* Write as much of the ring as the other end takes at once, within bounds. */
void chardev_flush(struct chardev *cd);

/* Nobody reads any more: drop what waits. */
void chardev_out_end(struct chardev *cd);

/* Bytes that wait in the ring. */
static inline size_t chardev_used(const struct chardev *cd)
{
	return cd->head - cd->tail;
}

bool chardev_is_ready(int fd, short events);

/* No end of the stream: try again when it is ready. */
static inline bool chardev_is_transient(ssize_t r)
{
	return r == -EAGAIN || r == -EINTR;
}

/* ---- the terminal, tty.c ---- */

/* May we read and change terminal @fd? True as well for one that job control does not concern. */
bool tty_is_ours(int fd);

/*
 * Makes terminal @fd raw, so that all keys are the guest's. 0; -EBUSY: another stream has the
 * terminal; or -errno. Undone by chardev_restore_terminal().
 */
int tty_make_raw(int fd);

/* The shell uses the terminal for a while, in modes of its own; then comes tty_make_raw() again. */
void tty_lend(void);

#endif
