/* SPDX-License-Identifier: BSD-2-Clause */
/* From the guest to the back end. */
#include "devices/virtio/net.h"

#include "vmm/base/log.h"

#include <errno.h>
#include <string.h>

#define BATCH 128 /* frames that the guest has back at the same time */

/* Leaves of the guest's header what was negotiated; the kernel judges that. */
static void clean(const struct net_card *n, struct virtio_net_hdr_v1 *h)
{
	if (!virtio_has(&n->v, VIRTIO_NET_F_CSUM))
		memset(h, 0, sizeof(*h));
	h->flags &= VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h->num_buffers = 0;
}

/* 0: sent, or lost; -EAGAIN; -EPROTO. */
static int send_chain(struct net_card *n, struct virtq_chain *c)
{
	struct virtio_net_hdr_v1 h;
	struct iovec *iov;
	uint32_t niov = c->nout;
	uint64_t len = c->out_len - NET_VNET_HDR_SIZE;

	if (c->nin || virtq_chain_read(c, 0, &h, sizeof(h)) < sizeof(h)) {
		virtio_pci_broken(&n->v, "a transmit buffer without a header, or to be written");
		return -EPROTO;
	}
	if (len < NET_ETH_HDR_SIZE || len > NET_MAX_FRAME) {
		log_guest("%s: sends a frame of %llu bytes: dropped", n->v.id,
			  (unsigned long long)len);
		return 0;
	}
	iov = iov_cut(c->iov, &niov, NET_VNET_HDR_SIZE, len);
	if (n->backend->vnet_hdr) {
		clean(n, &h);
		*--iov = (struct iovec){ &h, sizeof(h) };
		niov++;
	}
	if (net_backend_send(n->backend, iov, niov) == -EAGAIN)
		return -EAGAIN;
	n->v.traffic.out_ops++;
	n->v.traffic.out_bytes += len;
	return 0;
}

/* As virtio_round_pop(); -EAGAIN: the back end has no room. */
static int tx_one(struct net_card *n, struct virtio_round *round)
{
	struct virtq *q = virtio_pci_vq(&n->v, NET_TX);
	struct virtq_chain c = { .iov = n->tx_iov + 1, .max_iov = NET_MAX_IOV };
	int r = virtio_round_pop(round, &c);

	if (r <= 0)
		return r;
	virtio_round_charge(round, WORK_CALL + c.out_len);
	r = send_chain(n, &c);
	if (r == -EAGAIN)
		virtq_unpop(q, 1);
	if (r < 0)
		return r;
	virtq_push(q, c.head, 0);
	return 1;
}

void net_tx_run(struct net_card *n)
{
	struct virtio_round round;
	int r;

	if (n->tx_blocked)
		return;
	virtio_round_begin(&round, &n->v, NET_TX);
	round.chains = BATCH;
	do {
		do {
			r = tx_one(n, &round);
		} while (r > 0);
	} while (r == 0 && virtio_round_more(&round));
	if (r == 0)
		virtio_round_end(&round);
	else
		virtio_round_stop(&round);
	n->tx_blocked = r == -EAGAIN;
	net_want(n);
}
