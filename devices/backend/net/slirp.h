/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_BACKEND_NET_SLIRP_H
#define DEVICES_BACKEND_NET_SLIRP_H

/*
 * The process of a user network: libslirp between a guest's frames and the host's sockets.
 *
 * The process is a fork of the VMM, confined (vmm/base/confine.h), that loads libslirp by itself. So a VMM
 * without a user network neither loads nor looks for libslirp and glib, and the product stays one
 * file. Process and VMM share a SOCK_SEQPACKET socket, and a pipe for last words. On the socket one
 * message is one frame; before the first one the process says how its start went (struct
 * slirp_hello). The process ends when the VMM's end of the socket is closed.
 *
 *	slirp_process.c  from fork to exit       slirp.c         libslirp, and its loop
 *	slirp_calls.c    the system calls        slirp_filter.c  frames for the host itself
 *	slirp_lib.c      loads the library       slirp_queue.c   frames that the VMM does not
 *	slirp_timer.c    timers                                  take yet
 */

#include "devices/backend/net/backend.h"
#include "vmm/base/confine.h"

/* The first message. */
struct slirp_hello {
	int32_t error; /* 0: it serves; else why not, -errno */
	struct confined confined;
	char text[500]; /* with an error: completes "net0: " */
};

/* Addresses that the guest sees, as every user of libslirp has them. */
#define SLIRP_NET "10.0.2.0"
#define SLIRP_MASK "255.255.255.0"
#define SLIRP_HOST "10.0.2.2"
#define SLIRP_DNS "10.0.2.3"
#define SLIRP_GUEST "10.0.2.15"
#define SLIRP_NET6 "fec0::"
#define SLIRP_HOST6 "fec0::2"
#define SLIRP_DNS6 "fec0::3"

/*
 * All of the new process's life. @fd, @words: its ends of the socket and of the pipe; @parent: the
 * VMM's process id.
 */
void slirp_process(const struct net_user_conf *conf, int fd, int words, pid_t parent)
	__attribute__((noreturn));

/* ---- slirp.c, for slirp_process.c ---- */

struct slirp_stack;

/**
 * slirp_start - load libslirp, bind the forwards
 * @fd: the socket, for frames
 * @why: out, on failure: completes "net0: "
 * Return 0 and *@out (for the process's life); or -errno.
 */
int slirp_start(struct slirp_stack **out, const struct net_user_conf *conf, int fd, char *why,
		size_t why_size);

/* Serve until the other end of the socket is closed: 0; or -errno of poll. */
int slirp_serve(struct slirp_stack *s);

#endif
