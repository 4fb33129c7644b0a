/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_NET_CONFINE_H
#define DEVICES_NET_CONFINE_H

/*
 * What a forked helper process gives up, in two steps around its own set-up. It reads what a guest
 * and the network send, in a large library: what it cannot reach, it cannot be made to harm.
 *
 *	confine_begin(fd)     from here on nothing of the VMM is within reach: no descriptor, no
 *	                      shared memory (KVM's run pages, a passed-through device's registers;
 *	                      guest RAM did not come along in the first place), no terminal, no
 *	                      signal handler
 *	  ... what needs rights: libraries, ports below 1024
 *	confine_end(parent)   from here on no rights: an unprivileged user, no capabilities, no new
 *	                      processes, no core dumps, no debugger; dies with its parent
 *
 * Left: files that everybody may read, and the network, for that is its work.
 */

#include <sys/types.h>

#define CONFINE_FD 3 /* the one descriptor that is left, but for 0, 1, 2: /dev/null */

/* @fd becomes CONFINE_FD. 0 or -errno. */
int confine_begin(int fd);

/* @parent: getpid() before the fork. 0 or -errno; -ESRCH: it is gone already. */
int confine_end(pid_t parent);

#endif
