/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_UNIX_SOCKET_H
#define VMM_BASE_UNIX_SOCKET_H

/* A UNIX stream socket that listens at a path: a console's, the control API's. */

#include "vmm/base/types.h"

#include <sys/stat.h>
#include <sys/un.h>

#define UNIX_SOCKET_WHY 160              /* bytes for a reason, with its NUL */
#define UNIX_SOCKET_OWN_GROUP UINT32_MAX /* the file's group is the process's */

struct unix_socket {
	int fd; /* -1: none */
	struct sockaddr_un addr;
	dev_t dev; /* the socket file, once ours */
	ino_t ino;
	int task; /* vmm/base/caretaker.h: the file goes at the end */
};

/**
 * unix_socket_listen - make the socket, in place of one that a dead process has left
 * @mode: of the file: at no moment more is allowed
 * @gid:  the file's group
 * Return 0; or -errno with the reason and the remedy in @why: -ENAMETOOLONG, -EADDRINUSE another process
 * listens there, -EEXIST there is a file that is no socket. unix_socket_close() in every case.
 */
int unix_socket_listen(struct unix_socket *s, const char *path, unsigned int mode, uint32_t gid,
		       char why[UNIX_SOCKET_WHY]);

/* Removes the file, if it is still the one that was made. Tolerates a second call. */
void unix_socket_close(struct unix_socket *s);

#endif
