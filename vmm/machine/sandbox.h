/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_SANDBOX_H
#define VMM_MACHINE_SANDBOX_H

/*
 * What this process can do no more once a guest runs in it. The guest is hostile: whoever finds a
 * fault here and takes a thread over holds that thread's rights, so each gives up all that it has no
 * use for, before the first instruction of the guest:
 *
 *	sandbox_prepare()   early: threads that start from here on are confined before they do
 *	                    anything else
 *	  ... the machine is opened ...
 *	sandbox_shut()      before kernels and disks are loaded: the thread that waits for signals, and
 *	                    the caller, which is the I/O thread
 *
 * | layer | takes away |
 * | user | root, when [sandbox] user names another |
 * | capabilities | all; CAP_IPC_LOCK stays where the limit on locked memory cannot be lifted instead |
 * | Landlock | all files |
 * | seccomp | all system calls but those of the thread's kind: vmm/machine/syscalls.c |
 *
 * A layer that the kernel does not have is named in a warning. A call that is not allowed ends the
 * program with status 1, after a line that names thread and call. What needs rights at the end, giving
 * devices back to their drivers, is done by a process of its own (vmm/base/caretaker.h).
 */

#include "vmm/base/blame.h"
#include "vmm/base/thread.h"
#include "vmm/machine/options.h"

struct sandbox {
	enum opt_sandbox_mode mode;
	const char *user; /* borrowed; NULL: stays who it is */
	uint32_t uid, gid;
	int no_user, landlock; /* -errno: why not; Landlock's version, 0: none */
	uint64_t kept_caps;
};

/*
 * @opt is borrowed. 0; -ENOENT no such user, logged, and *@blame (BLAME_HOST at first) is then BLAME_CONFIG.
 * Nothing is to be given back but by sandbox_close().
 */
int sandbox_prepare(struct sandbox *s, const struct opt_sandbox *opt, enum blame *blame);

/* 0, and what others wrote may be read, and run; or -errno, logged. */
int sandbox_shut(struct sandbox *s);

/* Threads that start from here on are not confined. (The caller stays what it is.) */
void sandbox_close(struct sandbox *s);

#endif
