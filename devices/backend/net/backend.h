/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_BACKEND_NET_BACKEND_H
#define DEVICES_BACKEND_NET_BACKEND_H

/*
 * Where a network card's frames go: "user" (libslirp in a process of its own) or "tap". A card
 * opens one of them, says whom to call, and moves frames from and to guest memory without a copy in
 * between:
 *
 *	net_user_open(&b, &conf, loop, "net0");        or net_tap_open(&b, "tap0", loop, "net0")
 *	net_backend_attach(b, &events);
 *	net_backend_want(b, NET_READABLE);             from now on events.readable() is called
 *	net_backend_receive(b, iov, niov);             a frame; -EAGAIN: there is none
 *	net_backend_send(b, iov, niov);                -EAGAIN: the other side has no room, so
 *	net_backend_want(b, NET_READABLE | NET_WRITABLE);
 *	                                               events.writable() is called once there is
 *	net_backend_close(b);
 *
 * A card without room for frames slows the other side down by not asking for NET_READABLE: frames
 * wait, or are dropped, over there. Nothing here blocks and nothing is queued here.
 *
 * When the other side ends (the process dies, the device is deleted) one line is logged,
 * link(false) is called, and from then on frames vanish: the guest goes on.
 *
 *	backend.c  what is common              user.c   the VMM's end of the user network
 *	tap.c      tap devices                 slirp.h  its process, that one's files, what it gives up
 *	forward.c  "tcp:127.0.0.1:2222-:22"
 *
 * Threads: under the machine lock; callbacks come from the loop.
 */

#include "vmm/base/loop.h"

#include <sys/types.h>
#include <sys/uio.h>

#define NET_VNET_HDR_SIZE 12u /* struct virtio_net_hdr_v1, little-endian */
#define NET_ETH_HDR_SIZE 14u
/* The longest frame either way, without vnet header: 64 KiB of IP behind Ethernet and VLAN tags. */
#define NET_MAX_FRAME (65535u + NET_ETH_HDR_SIZE + 8u)
#define NET_MAX_MTU 65520u

enum { NET_READABLE = 1, NET_WRITABLE = 2 };

/* What a peer that speaks the vnet header can leave undone. The values are our own. */
enum {
	NET_OFFLOAD_CSUM = 1,
	NET_OFFLOAD_TSO4 = 2,
	NET_OFFLOAD_TSO6 = 4,
	NET_OFFLOAD_ECN = 8,
};

struct net_backend;

struct net_events {
	void *ctx;
	void (*readable)(void *ctx); /* and again in each round, as long as it is wanted */
	void (*writable)(void *ctx);
	void (*link)(void *ctx, bool up);
};

struct net_backend_ops {
	ssize_t (*send)(struct net_backend *b, const struct iovec *iov, uint32_t n);
	ssize_t (*receive)(struct net_backend *b, const struct iovec *iov, uint32_t n);
	int (*set_offload)(struct net_backend *b, uint32_t offload); /* NULL without vnet_hdr */
	void (*gone)(struct net_backend *b);  /* log why, release what is of no use any more */
	void (*close)(struct net_backend *b); /* free it; fd is out of the loop */
};

/* The common part, embedded in each back end's own struct. All fields but events: constant. */
struct net_backend {
	const struct net_backend_ops *ops;
	struct loop *loop;
	struct net_events events;
	char id[24];      /* "net0": in messages */
	int fd;           /* frames; -1 when the other side is gone */
	uint32_t mtu;     /* bytes of IP in a frame; 0: not known */
	bool vnet_hdr;    /* frames begin with struct virtio_net_hdr_v1, both ways */
	bool checked;     /* what comes needs no look at its checksums */
	uint32_t offload; /* NET_OFFLOAD_*: both ways; 0 without vnet_hdr */
};

struct net_user_conf {
	char *const *forward; /* as net_forward_parse() takes them; borrowed during the call */
	size_t nforward;
	uint32_t mtu;       /* 0: NET_MAX_MTU, as nothing between here and the guest limits it */
	bool host_loopback; /* the guest reaches 127.0.0.1 and ::1 of the host: 10.0.2.2, fec0::2 */
};

/**
 * net_user_open - start the user network's process
 * @id: "net0"; copied
 * The new process is a fork: guest RAM must be marked MADV_DONTFORK, and threads that there are
 * already must be idle, so that none of them holds a lock of the C library.
 * Return 0 and *@out once the process serves, its forwards bound; or -errno after one logged line:
 * -ENOPKG no libslirp; -EADDRINUSE, -EACCES, ... of a forward. The host is to blame.
 */
int net_user_open(struct net_backend **out, const struct net_user_conf *conf, struct loop *loop,
		  const char *id);

/**
 * net_tap_open - a tap device
 * @tap: the name of an existing one, or "fd:5": one that our parent opened; the descriptor becomes
 *       the back end's
 * Return 0 and *@out; or -errno after one logged line: the host is to blame, where the device has to
 * be made. mtu and offload say what the device can do.
 */
int net_tap_open(struct net_backend **out, const char *tap, struct loop *loop, const char *id);

/* A back end with nothing behind it: all that is sent vanishes. 0 or -ENOMEM, after a logged line. */
int net_none_open(struct net_backend **out, struct loop *loop, const char *id);

/* Say whom to call; once, before anything else. 0, or -errno of the loop. */
int net_backend_attach(struct net_backend *b, const struct net_events *events);

/* @what: NET_READABLE, NET_WRITABLE, both or 0. Ends what an earlier call wanted. */
void net_backend_want(struct net_backend *b, uint32_t what);

/*
 * One whole frame, behind a vnet header if b->vnet_hdr. Return bytes; -EAGAIN the other side has no
 * room; all other errors concern this frame only: it is lost.
 */
ssize_t net_backend_send(struct net_backend *b, const struct iovec *iov, uint32_t n);

/*
 * The next frame. Return its bytes; -EAGAIN there is none; -EMSGSIZE it was longer than @iov, and
 * is lost (NET_MAX_FRAME and a vnet header always suffice).
 */
ssize_t net_backend_receive(struct net_backend *b, const struct iovec *iov, uint32_t n);

/* What may be left undone in frames for the guest: a subset of b->offload. 0 or -errno. */
int net_backend_set_offload(struct net_backend *b, uint32_t offload);

/* Ends the process, if there is one. NULL is fine. */
void net_backend_close(struct net_backend *b);

/* For the back ends: fill the common part. */
void net_backend_init(struct net_backend *b, const struct net_backend_ops *ops, struct loop *loop,
		      const char *id);

#endif
