/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_BACKEND_CHARDEV_CHARDEV_H
#define DEVICES_BACKEND_CHARDEV_CHARDEV_H

/*
 * Byte streams for consoles: what is behind `console.backend`.
 *
 *	stdio       standard input and output. A terminal becomes raw, and Ctrl-a starts a command
 *	            (x quit, ? help, a one Ctrl-a); from a pipe or file every byte is the guest's.
 *	            In the background the terminal is left alone, until we are in the foreground.
 *	pty         a new pseudo terminal, whose name is logged and which may be opened and closed
 *	            at will. A guest waits for a slow reader, but for none only a second.
 *	file:PATH   output only. What the file held is lost.
 *	unix:PATH   a stream socket that listens, of mode 0600. Up to eight readers at a time; who
 *	            comes late has the last 64 KiB first, from a whole line on. The first that types
 *	            has the input until it leaves. A slow reader loses output and is told how much.
 *	none        output is discarded, and there is no input.
 *
 * Output goes to the descriptor at once when it takes it, else to a ring that the loop empties:
 * nothing here blocks, so vCPU threads may write. (Regular files are written directly.)
 * Whatever the back end, the last output is kept in a ring (ring.h), and chardev_add_reader() lets
 * sockets read along: readers.c.
 * Input is pushed to the owner, who may take less than offered; the rest waits here, and then in
 * the kernel, until chardev_resume(). Nothing is lost, and the order is kept.
 *
 * End of input ends input only. When nobody can read the output any more (closed pipe, terminal
 * gone) it is discarded from then on; the guest goes on.
 *
 * Everything is called under the lock of struct loop, by any thread, but for
 * chardev_restore_terminal(). SIGPIPE becomes ignored: a reader that goes away is an error code.
 */

#include "devices/backend/chardev/ring.h"
#include "vmm/base/loop.h"
#include "vmm/base/unix_socket.h"

#define CHARDEV_IN_SIZE (16 * KiB)
#define CHARDEV_OUT_SIZE (64 * KiB) /* power of two */
#define CHARDEV_READERS 8u

struct chardev;
struct chardev_backend;

/* Called on the loop's thread. */
struct chardev_callbacks {
	void *ctx;
	/* Return how many bytes were taken; fewer than @len: chardev_resume() must follow. */
	size_t (*receive)(void *ctx, const uint8_t *buf, size_t len);
	/* The user typed Ctrl-a x. May be NULL. */
	void (*quit)(void *ctx);
	const char *name; /* whose stream it is, in messages; NULL: "console" */
	/* Readers lose nothing: chardev_write() refuses while one of them is behind by all of the ring. */
	bool patient;
};

/* How a descriptor is used without ever waiting for it. */
enum chardev_io {
	CHARDEV_NONBLOCK, /* O_NONBLOCK is set: our own descriptor */
	CHARDEV_SOCKET,   /* MSG_DONTWAIT */
	CHARDEV_DIRECT,   /* regular file or the like: does not wait for anybody */
	CHARDEV_POLLED, /* blocking and shared: only when poll() says so, in the smallest pieces */
};

/* One of several on a socket: readers.c. */
struct chardev_reader {
	struct chardev *cd; /* NULL: nobody */
	int fd;
	uint64_t at;            /* offset in the ring: the next byte to send */
	bool in_open, out_open; /* it may type; it may read */
	bool read_only;
	bool told;     /* that what it types goes nowhere */
	char note[72]; /* a line of ours */
	uint8_t note_len, note_sent;
};

struct chardev {
	const struct chardev_backend *backend; /* NULL: not open */
	const char *spec;                      /* borrowed */
	struct loop *loop;                     /* borrowed */
	struct chardev_callbacks cb;

	int in_fd, out_fd; /* -1: none; may be the same */
	enum chardev_io in_io, out_io;
	size_t out_piece;         /* CHARDEV_POLLED: a ready descriptor has room for so much */
	bool in_owned, out_owned; /* close them */
	bool in_open, out_open;   /* this direction still has another end */
	bool in_held;             /* the back end wants no input for now */
	bool lossy;               /* full for a second: lose the oldest output, not the guest */
	bool write_failed;        /* and that was logged */

	size_t in_len;
	bool refused; /* until chardev_resume() */

	uint32_t head, tail;  /* of out[], free-running */
	uint64_t progress_ns; /* when output last moved */
	bool stalled;         /* lossy, and nobody reads */
	size_t moved;         /* bytes out since it stalled */

	struct loop_timer resume, retry;

	struct chardev_reader readers[CHARDEV_READERS];
	struct chardev_reader *writer; /* who has the input; NULL: whoever types first */
	uint64_t lost;                 /* bytes that readers did not get in time */

	union {
		struct {
			bool tty, out_tty; /* standard input, output */
			bool claimed;      /* we made the terminal raw */
			bool escape;       /* Ctrl-a was typed */
		} stdio;
		struct {
			int slave_fd;
		} pty;
		struct unix_socket sock;
	} u;

	/* Large and last: chardev_open() does not touch their pages. */
	uint8_t in[CHARDEV_IN_SIZE]; /* read, not yet taken */
	uint8_t out[CHARDEV_OUT_SIZE];
	struct ring ring; /* the last output; kept when the stream is closed */
};

/**
 * chardev_open - open the stream that @spec names
 * @spec: borrowed until chardev_close()
 * @l:    borrowed; may not run yet
 * Return 0, or -errno after one logged line; then nothing is left open. The configuration is always to
 * blame: another @spec can be had. Undone by chardev_close().
 */
int chardev_open(struct chardev *cd, const char *spec, struct loop *l,
		 const struct chardev_callbacks *cb);

/* Restores the terminal, removes the socket file. Tolerates a zeroed struct and a second call. */
void chardev_close(struct chardev *cd);

/* Take all @len (<= CHARDEV_OUT_SIZE) bytes and return true; or none, since there is no room. */
bool chardev_write(struct chardev *cd, const uint8_t *buf, size_t len);

/* A line of ours among the output, for readers alone: "[spapr-vmm: @text]". */
void chardev_mark(struct chardev *cd, const char *text);

#define CHARDEV_READ_ONLY 1u /* what it types goes nowhere */
#define CHARDEV_STEAL 2u     /* it has the input at once, whoever had it */

/*
 * One more reader on any stream: @fd, a connected stream socket, gets the ring from its first whole
 * line, then what comes; what it types goes to the receiver, as for a client of unix:PATH. @how:
 * CHARDEV_READ_ONLY or CHARDEV_STEAL, or 0.
 * 0, and the stream owns @fd; -EBUSY CHARDEV_READERS are there; -ENOTCONN the stream is not open;
 * or -errno.
 */
int chardev_add_reader(struct chardev *cd, int fd, unsigned int how);

/* Is the stream open, with a place for one more? */
bool chardev_takes_reader(const struct chardev *cd);

/*
 * A conf_key.check for the @spec of chardev_open(): PATH becomes absolute. Two keys that have this
 * check cannot have the same value, unless that is "pty" or "none" (vmm/machine/options_together.c).
 */
struct conf_value;
int chardev_check_spec(struct conf_value *v);
#define CHARDEV_SPEC_FORM "stdio|pty|file:PATH|unix:PATH|none"

/* The receiver takes bytes again: the loop offers them, after this has returned. */
void chardev_resume(struct chardev *cd);

/* After the loop ended: write what the ring holds, for at most @timeout_ms. True: all is out. */
bool chardev_drain(struct chardev *cd, unsigned int timeout_ms);

/*
 * Give the terminal back as it was found, if a stdio stream made it raw. For ways out that do not
 * pass chardev_close(): async-signal-safe, any thread, idempotent.
 */
void chardev_restore_terminal(void);

#endif
