/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_EVENTS_H
#define VMM_CONTROL_EVENTS_H

/*
 * Events (vmm/base/event.h) as lines of JSON: the last of them in memory for who asks, all of them to
 * a file, a FIFO or who connects to a socket, if the configuration names one.
 *
 *	{"v":1,"seq":7,"time":"2026-11-29T01:02:03.123456Z","mono_ns":81,"boot":0,
 *	 "source":"vcpu","event":"online","properties":{"server":1}}
 *
 * Told by any thread under the machine lock, written by the I/O thread, which waits for nobody: a
 * reader that takes nothing costs lines, not time, and no line is torn. What is lost is said: a line
 * vmm.lost {from, to} stands in the place of the lines with these numbers, and has the last of them
 * as its own. What a guest can cause is told EVENTS_GUEST_MAX times a second of each kind, the rest
 * as a number, vmm.more {of, count}.
 *
 * docs/events.schema.json describes each line.
 */

#include "vmm/base/event.h"
#include "vmm/base/loop.h"

#define EVENTS_LINES 256u /* in memory */
#define EVENTS_LINE_MAX                                                                            \
	4096u /* bytes with the newline: what a FIFO takes as a whole or not at all */
#define EVENTS_GUEST_MAX 10u

#define EVENTS_UNIX "unix:"

struct events;

/* A conf_key.check for the path: what is a file's name becomes absolute. */
struct conf_value;
int events_check_path(struct conf_value *v);

/**
 * events_open - start to listen
 * @path: a file to append to, made with mode 0600; a FIFO that is there; "unix:PATH", a socket that is
 *        made with mode 0600 and listens; NULL: lines are only kept. Borrowed.
 * Return the object, which events_close() takes down; NULL after one logged line, with the errno in
 * *@err.
 */
struct events *events_open(const char *path, int *err);

/* Before events are told here. @loop is borrowed until events_close(); it must not run yet. 0, -errno. */
int events_watch(struct events *e, struct loop *loop);

/* As event_fn, for event_listen() or who is called by that: @ctx is the struct. */
void events_take(void *ctx, enum event ev, const struct event_value *values);

/* The guest has been rebooted so many times. */
void events_set_boot(struct events *e, uint64_t boot);

/* Write what can be written. On the I/O thread, under the lock: when loop_wake() woke the loop. */
void events_flush(struct events *e);

/* The file again by its name, where somebody has renamed it. 0, or -errno: the old one stays. */
int events_reopen(struct events *e);

/**
 * events_since - the lines that are in memory, with numbers above @seq
 * @buf: of @size bytes; gets whole lines only, oldest first, and a NUL
 * Return how many bytes of lines it has. For more, call again with the last line's number.
 */
size_t events_since(const struct events *e, uint64_t seq, char *buf, size_t size);

/* How many were told, and how many of them never reached the file or reader. */
uint64_t events_told(const struct events *e);
uint64_t events_lost(const struct events *e);

/* Writes what can be written. NULL is fine. */
void events_close(struct events *e);

#endif
