/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_CONFINE_H
#define VMM_BASE_CONFINE_H

/*
 * What a forked helper process gives up, in two steps around its own set-up. The process reads what
 * a guest and the network send, in a large library: what is out of reach cannot be harmed.
 *
 *	confine_begin(fd, words)  from here on nothing of the VMM is within reach: no descriptor, no
 *	                          shared memory (KVM's run pages, a passed-through device's
 *	                          registers; guest RAM did not come along in the first place), no
 *	                          terminal, no signal handler
 *	  ... what needs rights: libraries, ports below 1024
 *	confine_end(parent, ...)  from here on no rights: an unprivileged user in root's place, and for
 *	                          any user no capabilities, no debugger, a bounded amount of memory
 *	                          and descriptors, no files (Landlock), only the system calls of
 *	                          a table (seccomp); the process dies with its parent
 *
 * Each layer holds alone: without root there is no other user, and an old kernel has no Landlock.
 */

#include "vmm/base/callfilter.h"

#include <sys/types.h>

#define CONFINE_FD 3    /* what the process works on; 0, 1, 2 are /dev/null */
#define CONFINE_WORDS 4 /* a pipe: struct confine_words */

/* What a process says that is about to end because it asked for a call that it may not make. */
struct confine_words {
	int32_t nr;
	char name[28]; /* may be empty */
};

struct confine_limits {
	struct call_filter calls; /* CALL_REFUSE */
	uint64_t data;            /* bytes of memory beyond what the fork brought along */
	uint32_t fds;             /* descriptors in all */
	bool forks;               /* it may start processes, and these may do no more than itself */
};

/* Which layers could not be had. */
struct confined {
	int32_t landlock;  /* the version of Landlock; 0: this kernel has none */
	int32_t same_user; /* 1: it is root still, where root may change to nobody else */
};

/* @fd becomes CONFINE_FD, @words CONFINE_WORDS; both above 2. 0 or -errno. */
int confine_begin(int fd, int words);

/*
 * @parent: getpid() before the fork
 * 0 and *@done; or -errno: -ESRCH the parent is gone already.
 */
int confine_end(pid_t parent, const struct confine_limits *limits, struct confined *done);

/* A call_refused_fn that writes to CONFINE_WORDS: for a filter that is loaded later. */
void confine_last_words(int nr, const char *name);

#endif
