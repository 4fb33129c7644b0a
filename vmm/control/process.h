/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_PROCESS_H
#define VMM_CONTROL_PROCESS_H

/*
 * The processes of the control API. One is forked before guest RAM and threads are there: "spapr-api-keep"
 * loads the libraries, gives up its rights and from then on only starts "spapr-api" anew whenever that has
 * died, from 1 to 60 s later. That one serves the clients, and may start nothing.
 */

#include "vmm/base/types.h"

#include <sys/types.h>

/*
 * Of the new process, which ends here. @fd: to the program; the socket to listen at comes by it first.
 * @words: vmm/base/confine.h. @program: getpid() before the fork.
 */
void control_process(int fd, int words, pid_t program, const char *version);

#endif
