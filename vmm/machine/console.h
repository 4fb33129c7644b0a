/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_CONSOLE_H
#define VMM_MACHINE_CONSOLE_H

/*
 * The guest's console: its terminal (sphapr/vty.h) and a back end of the host, joined; beside them a
 * log file, and readers who came by a socket.
 *
 *	guest ─► vty ─► console ─► back end ─► ring ─► readers
 *	                                        └────► log file
 *
 * For the control API: console.dev.ring is what was said (ring_read()), console_attach() takes a
 * descriptor that the API was given and makes it one more reader, so that neither the API nor a
 * process of its own is in the way of the bytes; console.dev.lost and console.log.lost count what
 * readers and the file did not get. Under the machine lock, as all here.
 */

#include "devices/backend/chardev/chardev.h"
#include "devices/backend/chardev/log_file.h"
#include "vmm/machine/options.h"
#include "vmm/machine/stop.h"

/*
 * Who wants to know when the guest said something. The owner keeps it until fn was called, which is
 * once: under the machine lock, on any thread, so it notes and returns.
 */
struct console_watch {
	const char *text; /* borrowed; NULL: the first byte */
	void (*fn)(void *ctx);
	void *ctx;
	struct console_watch *next;
};

struct console {
	struct chardev dev;
	struct log_file log;
	struct spapr *sp;              /* borrowed */
	struct stop *stop;             /* borrowed */
	struct console_watch *watches; /* borrowed: those that wait yet */
	uint64_t reboots;
	uint64_t said_from; /* offset in the ring: where this boot began */
};

/*
 * Joins the terminal of @sp with the back end and the log file of @opt, which is borrowed. 0 or
 * -errno, logged; console_close() in either case.
 */
int console_open(struct console *c, const struct opt_console *opt, struct spapr *sp,
		 struct loop *loop, struct stop *stop);

/*
 * One more reader, on a connected stream socket; @how: CHARDEV_READ_ONLY, CHARDEV_STEAL or 0. 0, and
 * the console owns @fd; -EBUSY as many as can be are there; or -errno. Whatever the back end is.
 */
int console_attach(struct console *c, int fd, unsigned int how);

/* From now on; also before console_open(). What was said in this boot already counts. */
void console_watch(struct console *c, struct console_watch *w);

/* The guest starts anew in place: a line among the output for readers and the log file. */
void console_rebooted(struct console *c);

/* Somebody has moved the log file away. On the I/O thread. */
void console_rotate(struct console *c);

/* Tolerates one that is not open. */
void console_close(struct console *c);

#endif
