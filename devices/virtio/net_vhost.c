/* SPDX-License-Identifier: BSD-2-Clause */
/* A card on a tap device whose queues the kernel serves, when it can and may. */
#include "devices/virtio/net.h"

#include "vmm/base/log.h"

#include <errno.h>
#include <string.h>

void net_vhost_open(struct virtio_net *n, const struct net_conf *conf)
{
	int r;

	n->vhost.fd = -1;
	if (conf->vhost == NET_VHOST_OFF || conf->iommu || !n->backend->vnet_hdr)
		return;
	r = vhost_net_open(&n->vhost, n->v.env->mem);
	if (r < 0)
		log_debug("%s: %s: %s: packets pass through this process", n->v.id, VHOST_NET_PATH,
			  strerror(-r));
}

static int attach(struct virtio_net *n, uint32_t q)
{
	struct vhost_queue vq = { .index = q, .vq = virtio_pci_vq(&n->v, q) };
	int r = virtio_pci_hand_over(&n->v, q, &vq.kick_fd, &vq.call_fd);

	return r < 0 ? r : vhost_net_attach(&n->vhost, &vq, n->backend->fd);
}

void net_vhost_stop(struct virtio_net *n)
{
	if (!n->in_kernel)
		return;
	for (uint32_t q = NET_RX; q <= NET_TX; q++) {
		vhost_net_detach(&n->vhost, q);
		virtio_pci_take_back(&n->v, q);
	}
	n->in_kernel = false;
}

void net_vhost_start(struct virtio_net *n)
{
	int r;

	if (n->vhost.fd < 0 || n->backend->fd < 0 || !virtio_pci_vq(&n->v, NET_RX)->enabled ||
	    !virtio_pci_vq(&n->v, NET_TX)->enabled)
		return;
	n->in_kernel = true;
	r = vhost_net_set_features(&n->vhost, n->v.features);
	for (uint32_t q = NET_RX; q <= NET_TX && r == 0; q++)
		r = attach(n, q);
	if (r == 0)
		return;
	net_vhost_stop(n);
	if (log_may(&n->said_vhost)) /* once for each driver that the guest starts */
		log_warn("%s: vhost: %s: packets pass through this process", n->v.id, strerror(-r));
}
