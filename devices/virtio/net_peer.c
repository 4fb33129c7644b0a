/* SPDX-License-Identifier: BSD-2-Clause */
/* A card to its back end: what the card asks for, and what either may leave undone. */
#include "devices/virtio/net.h"

/* What either side may leave undone, by the words of both. */
static const struct {
	uint32_t offload;
	unsigned int host, guest; /* features: the guest may send it so; the guest takes it so */
} offloads[] = {
	{ NET_OFFLOAD_CSUM, VIRTIO_NET_F_CSUM, VIRTIO_NET_F_GUEST_CSUM },
	{ NET_OFFLOAD_TSO4, VIRTIO_NET_F_HOST_TSO4, VIRTIO_NET_F_GUEST_TSO4 },
	{ NET_OFFLOAD_TSO6, VIRTIO_NET_F_HOST_TSO6, VIRTIO_NET_F_GUEST_TSO6 },
	{ NET_OFFLOAD_ECN, VIRTIO_NET_F_HOST_ECN, VIRTIO_NET_F_GUEST_ECN },
};

void net_want(struct net_card *n)
{
	uint32_t what = 0;

	if (n->v.state == VIRTIO_LIVE && !n->in_kernel)
		what = (n->rx_starved ? 0 : NET_READABLE) | (n->tx_blocked ? NET_WRITABLE : 0);
	net_backend_want(n->backend, what);
}

uint64_t net_offload_features(const struct net_backend *b)
{
	uint64_t f = 0;

	for (size_t i = 0; i < ARRAY_LEN(offloads); i++)
		if (b->offload & offloads[i].offload)
			f |= BIT(offloads[i].host) | BIT(offloads[i].guest);
	return f;
}

int net_set_offload(struct net_card *n, uint64_t features)
{
	uint32_t offload = 0;

	for (size_t i = 0; i < ARRAY_LEN(offloads); i++)
		if (features >> offloads[i].guest & 1)
			offload |= offloads[i].offload;
	if (!(offload & NET_OFFLOAD_CSUM))
		offload = 0;
	n->guest_csum = features >> VIRTIO_NET_F_GUEST_CSUM & 1;
	return net_backend_set_offload(n->backend, offload);
}
