/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_BACKEND_NET_VHOST_H
#define DEVICES_BACKEND_NET_VHOST_H

/*
 * vhost-net: the host's kernel moves frames between a tap device and the guest's queues. From
 * vhost_net_attach() to vhost_net_detach() the rings are its own.
 *
 * Source: linux/vhost.h, drivers/vhost/net.c.
 */

#include "devices/virtio/vhost.h"

#define VHOST_NET_PATH "/dev/vhost-net"

/* As vhost_open(). Without it everything works as well. */
int vhost_net_open(struct vhost *h, const struct gmem *mem);

/* Agree on @features (those negotiated with the guest); before the queues. 0 or -errno. */
int vhost_net_set_features(struct vhost *h, uint64_t features);

/*
 * Serve @q from now on with tap device @tap_fd: queue 0 receives, 1 transmits. 0 or -errno. Undone
 * by vhost_net_detach().
 */
int vhost_net_attach(struct vhost *h, const struct vhost_queue *q, int tap_fd);

/* Afterwards it does not touch the rings nor RAM for this queue. One not attached is fine. */
void vhost_net_detach(struct vhost *h, uint32_t index);

#endif
