/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/backend/net/vhost.h"

#include "vmm/base/sys.h"

#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>

#define BIT(n) (1ULL << (n))
#define NEEDED (BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_NET_F_MRG_RXBUF))
/* What it has to know of the guest's features; offloads are between the guest and the tap device.
 */
#define ITS_OWN (NEEDED | BIT(VIRTIO_RING_F_INDIRECT_DESC) | BIT(VIRTIO_RING_F_EVENT_IDX))

int vhost_net_open(struct vhost *h, const struct gmem *mem)
{
	return vhost_open(h, VHOST_NET_PATH, NEEDED, mem);
}

int vhost_net_set_features(struct vhost *h, uint64_t features)
{
	return vhost_set_features(h, features & ITS_OWN);
}

static int set_backend(struct vhost *h, uint32_t index, int fd)
{
	struct vhost_vring_file file = { .index = index, .fd = fd };

	return sys_ioctl(h->fd, VHOST_NET_SET_BACKEND, &file);
}

int vhost_net_attach(struct vhost *h, const struct vhost_queue *q, int tap_fd)
{
	int r = vhost_set_queue(h, q);

	return r < 0 ? r : set_backend(h, q->index, tap_fd);
}

void vhost_net_detach(struct vhost *h, uint32_t index)
{
	set_backend(h, index, -1); /* waits for what it is doing */
	vhost_drop_queue(h, index);
}
