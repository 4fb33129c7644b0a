/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_ROTATE_H
#define VMM_MACHINE_ROTATE_H

struct console;
struct watch;

/*
 * Log files have been moved away, to begin new ones: the log's, the console's, and that of the events are
 * opened by their names again. Under the machine lock, on the I/O thread.
 */
void log_files_rotate(struct console *console, struct watch *watch);

#endif
