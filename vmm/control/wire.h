/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_WIRE_H
#define VMM_CONTROL_WIRE_H

/*
 * What the program and the helper process of its API say to each other, over a SOCK_SEQPACKET pair. The
 * helper knows HTTP and JSON, and is not to be trusted; the program knows neither.
 */

#include "vmm/control/verbs.h"

#include <sys/types.h>

#define WIRE_ASKS 8u          /* that wait for their answer, at most */
#define WIRE_PIECE (16 * KiB) /* bytes of an answer in one message */
/* In place of a verb of struct wire_ask: */
#define WIRE_VERB_DIED UINT32_MAX /* a helper has ended, the next one comes */
#define WIRE_VERB_SOCKET                                                                           \
	(UINT32_MAX - 1) /* with it comes the client's socket: @id was answered by 101 */

/* Helper to program. */
struct wire_ask {
	uint32_t id;   /* of the helper's choice */
	uint32_t verb; /* its place in verbs[] */
	uint32_t uid;  /* who asks, by the socket; WIRE_VERB_DIED: wait()'s status */
	int32_t pid;
	struct verb_args args;
};

/* Program to helper: a piece of an answer, with its bytes behind it. */
struct wire_reply {
	uint32_t id;
	uint32_t status; /* of HTTP */
	uint32_t total;  /* bytes of the whole answer, at most JTEXT_MAX */
	uint32_t at;     /* of this piece */
};

/* The first message of the helper's process. */
struct wire_hello {
	int32_t error;               /* 0, or -errno and why */
	int32_t landlock, same_user; /* struct confined */
	char text[300];
};

/* One message with a descriptor, which stays the caller's. @flags: of sendmsg(). 0 or -errno. */
int wire_send_fd(int channel, const void *bytes, size_t len, int fd, int flags);

/* One message; *@fd: what came with it, the caller's from here on, or -1. The message's length, or -errno. */
ssize_t wire_recv_fd(int channel, void *bytes, size_t len, int *fd, int flags);

#endif
