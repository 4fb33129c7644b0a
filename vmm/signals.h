/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_SIGNALS_H
#define VMM_SIGNALS_H

/*
 * Signals of the process: SIGTERM, SIGINT and SIGHUP end the guest, a second one of them the
 * program, whatever that waits for; fatal ones leave the terminal as it was found.
 *
 * A handler has no argument of ours: what it needs stands in the file's scope.
 */

#include "vmm/machine.h"

void signals_catch(void);

/* Whom to ask; NULL: nobody, at a start or an end. */
void signals_set_machine(struct machine *m);

/* Was there one, even before there was a machine to ask? */
bool signals_end_came(void);

/* What is waited for from now on ("disk0"), for the message of a forced end; copied. */
void signals_waiting_for(const char *what);

#endif
