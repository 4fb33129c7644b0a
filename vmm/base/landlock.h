/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_LANDLOCK_H
#define VMM_BASE_LANDLOCK_H

/*
 * Landlock, the kernel's way to give up access to files without being root.
 *
 * Landlock stands behind a filter of system calls (callfilter.h): what that lets through by mistake finds
 * nothing here.
 */

#include "vmm/base/types.h"

/* Whom signals still reach. */
enum landlock_signals {
	LANDLOCK_NO_SIGNALS,  /* nobody outside */
	LANDLOCK_OWN_SIGNALS, /* anybody: Linux 6.12 takes threads that closed apart for strangers */
};

/* Which files stay within reach. */
enum landlock_files {
	LANDLOCK_NO_FILES,
	LANDLOCK_NAMED_FILES, /* the folders of those in named_file.h: to make, write and rename files */
};

/*
 * From here on this thread, and those that it starts, opens, makes, changes and removes no file,
 * directory or link and executes none, but with LANDLOCK_NAMED_FILES in these folders; where the kernel can (4
 * on: Linux 6.7, 6: 6.12) it also binds no TCP port, and reaches no abstract UNIX socket and, with
 * LANDLOCK_NO_SIGNALS, no process outside. Descriptors that are open stay as they are. Privileges cannot be gained any more.
 * Return the version of the kernel's Landlock, from 1 on; 0: it has none, nothing was given up; or
 * -errno.
 */
int landlock_close(enum landlock_signals signals, enum landlock_files files);

#endif
