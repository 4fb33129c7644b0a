/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_SIGNALS_H
#define VMM_MACHINE_SIGNALS_H

/*
 * Signals of the process: SIGTERM, SIGINT and SIGHUP end the guest, and a second one of them ends
 * the program, whatever that waits for; fatal ones leave the terminal as it was found. SIGHUP of who
 * has no terminal that could hang up, or a service manager ($NOTIFY_SOCKET), asks for log files to be
 * opened anew instead.
 *
 * A thread of its own waits for the first three, which all others have blocked: the main thread may
 * be where no signal reaches it, in a system call on a disk that does not answer. Signals are the
 * process's, so this state stands in the file's scope.
 */

#include "vmm/machine/stop.h"

/* Before there is another thread. 0 or -errno. The thread ends with the process. */
int signals_catch(void);

/*
 * The thread, if there is one, gives up the rights that it has no use for (vmm/base/thread.h). 0 or
 * -errno.
 */
int signals_confine(void);

/* Whom to ask; NULL: nobody, at a start or an end. The one before may go away when this returns. */
void signals_set_stop(struct stop *stop);

/* Has a signal asked for the end, even before there was a machine to ask? */
bool signals_end_came(void);

/* Has a signal asked for log files to be opened anew, since this was called last? The loop was woken. */
bool signals_rotation_came(void);

/* What is waited for from now on ("disk0"), for the message of a forced end; a copy is kept. */
void signals_waiting_for(const char *what);

#endif
