/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_CTL_H
#define VMM_CONTROL_CTL_H

/* `spapr-vmm ctl`: one verb, asked from a shell. */

#include "vmm/base/types.h"

#include <stdio.h>

enum ctl_status {
	CTL_DONE = 0,
	CTL_NOBODY = 1,  /* cannot connect, or the connection broke */
	CTL_USAGE = 2,   /* no such verb */
	CTL_REFUSED = 3, /* the answer is an error */
};

/*
 * Ask for @verb at the socket @path: "vm.info", or "info"; or "wait", with "ready" (the mark of
 * service.ready) or "end" as its @arg; or "console", with "--read-only", "--steal" or NULL.
 * @arg: the body of a PUT, or the query of a GET; NULL: none. The answer goes to @out, what went wrong is
 * logged.
 */
enum ctl_status ctl(const char *path, const char *verb, const char *arg, FILE *out);

#endif
