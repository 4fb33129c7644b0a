/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_CTL_CONSOLE_H
#define VMM_CONTROL_CTL_CONSOLE_H

/* The console of a guest on standard input and output: of `spapr-vmm ctl`. */

#include "vmm/base/types.h"

/*
 * Copies between @fd, a connection that vm.attach has switched, and standard input and output, until the
 * guest, the user (Ctrl-a d) or a signal ends it. A terminal is raw meanwhile. Without one all bytes are the
 * guest's, and the end of input is not the end of output.
 */
void ctl_console_talk(int fd);

/* The *@body of vm.attach for the word --read-only or --steal, or none (NULL). False: another, logged. */
bool ctl_console_how(const char *word, const char **body);

#endif
