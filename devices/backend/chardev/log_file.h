/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_BACKEND_CHARDEV_LOG_FILE_H
#define DEVICES_BACKEND_CHARDEV_LOG_FILE_H

/*
 * The file that keeps what a console says, beside its back end: a reader of the ring (ring.h) with a
 * cursor of its own, which the guest never waits for. Lines are written as they end, a rest a moment
 * later.
 *
 * A guest fills no disk at once: `rate` bytes a second are written, a burst of four seconds' worth at
 * first; what comes faster waits in the ring, and what the ring loses is counted, and marked in the
 * file: "[... N bytes lost]". A disk that refuses is named once, and tried again every ten seconds.
 *
 * Under the lock of struct loop, by any thread, but for log_file_rotate(): on the I/O thread.
 */

#include "devices/backend/chardev/ring.h"
#include "vmm/base/loop.h"
#include "vmm/base/named_file.h"

struct log_file_conf {
	const char *path; /* absolute; borrowed */
	uint64_t rate;    /* bytes a second; 0: any */
	uint64_t size;    /* bytes, then the file becomes PATH.1 and a new one begins; 0: any */
};

struct log_file {
	struct log_file_conf conf;
	const struct ring *ring; /* borrowed; NULL: not open */
	struct loop *loop;       /* borrowed */
	struct named_file file;
	struct loop_timer timer;
	bool timed;      /* the timer is set */
	uint64_t at;     /* offset in the ring: the next byte to write */
	uint64_t size;   /* bytes of the file */
	uint64_t may;    /* bytes that may be written at once */
	uint64_t may_ns; /* when that was so */
	uint64_t lost;   /* bytes that no file has got */
	bool limited;    /* by the rate, until the timer */
	bool failed;     /* and that was logged */
};

/* 0; or -errno after one logged line. The file is appended to, and made with mode 0600. */
int log_file_open(struct log_file *f, const struct log_file_conf *conf, const struct ring *ring,
		  struct loop *l);

/* The ring got more. Tolerates one that is not open. */
void log_file_kick(struct log_file *f);

/* Somebody has moved the file away: the next byte goes into a new one. Tolerates one not open. */
void log_file_rotate(struct log_file *f);

/* What is left is written. Tolerates one that is not open, and a second call. */
void log_file_close(struct log_file *f);

#endif
