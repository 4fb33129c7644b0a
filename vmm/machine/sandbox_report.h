/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_SANDBOX_REPORT_H
#define VMM_MACHINE_SANDBOX_REPORT_H

/* `[sandbox] mode = "log"`: nothing is refused, and what would be is told, once a thread and call. */

struct call_program;

/*
 * Load @program with CALL_REPORT for the calling thread, and start another that reads what it
 * reports; that one ends with the caller. 0 or -errno.
 */
int sandbox_report(const struct call_program *program);

#endif
