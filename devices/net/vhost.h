/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_NET_VHOST_H
#define DEVICES_NET_VHOST_H

/*
 * vhost-net: the host's kernel moves frames between a tap device and the guest's queues, without
 * us. It is given guest RAM, the rings, and two eventfds for each queue; from vhost_net_attach() to
 * vhost_net_detach() the rings are its own.
 *
 * Source: linux/vhost.h, drivers/vhost/net.c. Rings of VIRTIO_F_VERSION_1 are little-endian there
 * as well.
 */

#include "devices/virtio/queue.h"

#define VHOST_NET_PATH "/dev/vhost-net"

struct vhost_net {
	int fd;            /* -1: none */
	uint64_t features; /* that it knows how to serve */
};

/* Queue @index: 0 receives, 1 transmits. @vq is enabled, and not behind an IOMMU. */
struct vhost_queue {
	uint32_t index;
	const struct virtq *vq;
	int kick_fd, call_fd; /* borrowed */
};

/**
 * vhost_net_open - take /dev/vhost-net, and show it guest RAM
 * Return 0; or -errno with fd -1: -ENOENT, -EACCES, ... without a message, since without it
 * everything works as well; -ENOTSUP it lacks a feature that we need.
 */
int vhost_net_open(struct vhost_net *n, const struct gmem *mem);

/* Tolerates one that is not open. */
void vhost_net_close(struct vhost_net *n);

/* Agree on @features (those negotiated with the guest); before the queues. 0 or -errno. */
int vhost_net_set_features(struct vhost_net *n, uint64_t features);

/* Serve @q from now on with tap device @tap_fd. 0 or -errno. Undone by vhost_net_detach(). */
int vhost_net_attach(struct vhost_net *n, const struct vhost_queue *q, int tap_fd);

/* Afterwards it does not touch the rings nor RAM for this queue. One not attached is fine. */
void vhost_net_detach(struct vhost_net *n, uint32_t index);

#endif
