/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vhost-net: a card on a tap device whose queues the kernel serves, when it can and may. From
 * attach() to detach() the rings are the kernel's own. Source: linux/vhost.h, drivers/vhost/net.c.
 */
#include "devices/virtio/net.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <string.h>

#define PATH "/dev/vhost-net"
#define NEEDED (BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_NET_F_MRG_RXBUF))
/* What the kernel has to know; offloads are between the guest and the tap device. */
#define ITS_OWN (NEEDED | BIT(VIRTIO_RING_F_INDIRECT_DESC) | BIT(VIRTIO_RING_F_EVENT_IDX))

void net_vhost_open(struct net_card *n, const struct net_conf *conf)
{
	int r;

	n->vhost.fd = -1;
	if (conf->vhost == NET_VHOST_OFF || conf->iommu || !n->backend->vnet_hdr)
		return;
	r = vhost_open(&n->vhost, PATH, NEEDED, n->v.env->mem);
	if (r < 0)
		log_debug("%s: %s: %s: packets pass through this process", n->v.id, PATH,
			  strerror(-r));
}

/* Queue @q has tap device @fd at its other end; -1: nothing, after the kernel is done. */
static int set_backend(struct net_card *n, uint32_t q, int fd)
{
	struct vhost_vring_file file = { .index = q, .fd = fd };

	return sys_ioctl(n->vhost.fd, VHOST_NET_SET_BACKEND, &file);
}

static int attach(struct net_card *n, uint32_t q)
{
	struct vhost_queue vq = { .index = q, .vq = virtio_pci_vq(&n->v, q) };
	int r = virtio_pci_hand_over(&n->v, q, &vq.kick_fd, &vq.call_fd);

	if (r == 0)
		r = vhost_set_queue(&n->vhost, &vq);
	return r < 0 ? r : set_backend(n, q, n->backend->fd);
}

/* Afterwards the kernel touches neither ring nor RAM for this queue, which need not be attached. */
static void detach(struct net_card *n, uint32_t q)
{
	set_backend(n, q, -1);
	vhost_drop_queue(&n->vhost, q);
	virtio_pci_take_back(&n->v, q);
}

void net_vhost_stop(struct net_card *n)
{
	if (!n->in_kernel)
		return;
	for (uint32_t q = NET_RX; q <= NET_TX; q++)
		detach(n, q);
	n->in_kernel = false;
}

void net_vhost_start(struct net_card *n)
{
	int r;

	if (n->vhost.fd < 0 || n->backend->fd < 0 || !virtio_pci_vq(&n->v, NET_RX)->enabled ||
	    !virtio_pci_vq(&n->v, NET_TX)->enabled)
		return;
	n->in_kernel = true;
	r = vhost_set_features(&n->vhost, n->v.features & ITS_OWN);
	for (uint32_t q = NET_RX; q <= NET_TX && r == 0; q++)
		r = attach(n, q);
	if (r == 0)
		return;
	net_vhost_stop(n);
	if (log_may(&n->said_vhost)) /* once for each driver that the guest starts */
		log_warn("%s: vhost: %s: packets pass through this process", n->v.id, strerror(-r));
}
