/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_TOP_H
#define VMM_CONTROL_TOP_H

/* `spapr-vmm top`: what a guest does, second by second. */

#include "vmm/control/ctl.h"

/*
 * Show the guest behind the socket @path until q, Ctrl-c, or its end; where standard output is no
 * terminal, or with @once, two looks a second apart and one table. @json: the differences as JSON instead.
 */
enum ctl_status top(const char *path, bool once, bool json);

#endif
