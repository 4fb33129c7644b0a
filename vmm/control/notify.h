/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_NOTIFY_H
#define VMM_CONTROL_NOTIFY_H

/*
 * What a service manager is told, by the protocol of sd_notify(3): datagrams of NAME=VALUE lines to
 * the socket that the environment names. Without such a socket all of this does nothing. A manager
 * that does not listen is not waited for, and what is not told changes nothing for the guest.
 */

#include "vmm/base/types.h"

struct notify {
	int fd;               /* connected; -1: nobody is told */
	uint64_t watchdog_ns; /* the manager wants a sign of life this often; 0: never */
};

/*
 * Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and takes them out of the environment: no
 * process that starts later speaks for this one. Before there are threads, and before the sandbox.
 */
void notify_open(struct notify *n);
void notify_close(struct notify *n); /* tolerates one that is closed */

/*
 * One datagram; a line each "NAME=VALUE", without the final newline. From any thread. False: the manager
 * takes no more at the moment, and has not heard of it.
 */
bool notify_say(const struct notify *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
