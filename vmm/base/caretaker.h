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
 */

#include "vmm/base/types.h"

typedef void caretaker_fn(void *ctx);

#define CARETAKER_TASKS 64u

/* The number of the task, for caretaker_do(); -1: there is no room. @ctx must stay until then. */
int caretaker_add(caretaker_fn *fn, void *ctx);

/*
 * Fork the process, if there are tasks. 0; or -errno, logged. Guest RAM does not come along
 * (MADV_DONTFORK), nor do descriptors but that of the log: when this returns the process holds no
 * other, and none of our shared mappings.
 */
int caretaker_start(void);

/* Have task @n done once; fn(ctx) is called here when nobody else can: @n is -1, or no process. */
void caretaker_do(int n, caretaker_fn *fn, void *ctx);

/*
 * All that is left is done once this process has gone, whatever becomes of it. From any thread, also
 * in a signal handler.
 */
void caretaker_do_rest_later(void);

/* The process ends, without doing what is left. */
void caretaker_stop(void);

#endif
