/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_VIRTIO_VHOST_H
#define DEVICES_VIRTIO_VHOST_H

/*
 * vhost: the host's kernel serves queues of a device, without us. The kernel is given guest RAM,
 * the rings, and two eventfds for each queue (virtio_pci_hand_over()). Start and stop are
 * particular to each kind of device: net_vhost.c, vsock.c.
 *
 * Source: linux/vhost.h, drivers/vhost/vhost.c. Rings of VIRTIO_F_VERSION_1 are little-endian there
 * as well.
 */

#include "devices/virtio/queue.h"

struct vhost {
	int fd;            /* -1: none */
	uint64_t features; /* that the kernel knows how to serve */
};

/* Queue @index, of the kernel's count. @vq is enabled, and not behind an IOMMU. */
struct vhost_queue {
	uint32_t index;
	const struct virtq *vq;
	int kick_fd, call_fd; /* borrowed */
};

/**
 * vhost_open - take @path, and show it guest RAM
 * @needed: features that the kernel must know
 * Return 0; or -errno with fd -1: -ENOENT, -EACCES, ...; -ENOTSUP a feature is missing. Silent.
 */
int vhost_open(struct vhost *h, const char *path, uint64_t needed, const struct gmem *mem);

/* Tolerates a struct that is not open. */
void vhost_close(struct vhost *h);

/* Agrees on those of @features that the kernel knows; before the queues. 0 or -errno. */
int vhost_set_features(struct vhost *h, uint64_t features);

/*
 * Tells the kernel of @q, which is served from the start on. 0 or -errno. vhost_drop_queue() takes the
 * eventfds away again, after the stop; a queue that the kernel does not have is fine.
 */
int vhost_set_queue(struct vhost *h, const struct vhost_queue *q);
void vhost_drop_queue(struct vhost *h, uint32_t index);

#endif
