/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_CARETAKER_H
#define VMM_BASE_CARETAKER_H

/*
 * What needs rights at the end, when this process has none any more: a device is given back to its
 * driver, a socket's file is removed. Owners register such a task when it becomes due at the end. A
 * process that is forked before the sandbox is shut then does it when it is asked to, and can do
 * nothing else; without that process the caller does it.
 *
 *	n = caretaker_add(give_back, bind);        at the start; -1: no room
 *	caretaker_start();                         before rights are given up
 *	caretaker_do(n, give_back, bind);          at the end: returns when it is done
 *
 * The process knows a task and its object as they were at caretaker_start(). Of the process, as
 * rights are.
 *
 * A file that is written anew while a guest runs goes the same way, as letters to a task that is done
 * for each of them:
 *
 *	n = caretaker_add_letters(replace, metrics);
 *	caretaker_send(n, replace, metrics, text, len);   does not wait
 */

#include "vmm/base/types.h"

typedef void caretaker_fn(void *ctx);

/* Part of a text, in order; @first and @last say where it begins and ends. A begun one may never end. */
typedef void caretaker_letter_fn(void *ctx, const char *part, size_t len, bool first, bool last);

#define CARETAKER_TASKS 64u

/* The number of the task, for caretaker_do(); -1: there is no room. @ctx must stay until then. */
int caretaker_add(caretaker_fn *fn, void *ctx);

/* The same for letters. Afterwards, @fn(@ctx) is the process's, and the caller does not look at it. */
int caretaker_add_letters(caretaker_letter_fn *fn, void *ctx);

/*
 * Fork the process, if there are tasks. 0; or -errno, logged. Guest RAM does not come along
 * (MADV_DONTFORK), nor do descriptors but that of the log: when this returns the process holds no
 * other, and none of our shared mappings.
 */
int caretaker_start(void);

/* Have task @n done once; fn(ctx) is called here when nobody else can: @n is -1, or no process. */
void caretaker_do(int n, caretaker_fn *fn, void *ctx);

/*
 * The text @buf to task @n; fn is called here when there is no process. A process that is slow loses the
 * letter, or its end: the next one begins anew. False: so it was lost.
 */
bool caretaker_send(int n, caretaker_letter_fn *fn, void *ctx, const char *buf, size_t len);

/*
 * All that is left is done once this process has gone, whatever becomes of it. From any thread, also
 * in a signal handler.
 */
void caretaker_do_rest_later(void);

/* The process ends, without doing what is left. */
void caretaker_stop(void);

#endif
