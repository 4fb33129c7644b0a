/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the back end to the guest. Between two rounds a frame may be half-way: its first part is in
 * buffers that were taken (used[0 .. nused)), the rest in rx_buf, until the guest gives more.
 */
#include "devices/virtio/net.h"

#include <errno.h>
#include <string.h>

#define BATCH 64 /* frames that the guest gets at the same time */

/* 1: *c is ours; 0: the guest has none, or the turn is used up; -EPROTO. */
static int take(struct net_card *n, struct virtio_round *round, struct virtq_chain *c)
{
	int r = virtio_round_pop(round, c);

	if (r > 0 && (c->nout || (!n->nused && c->in_len < NET_VNET_HDR_SIZE))) {
		virtio_pci_broken(&n->v, "a receive buffer without room for the header");
		return -EPROTO;
	}
	return r;
}

static void note(struct net_card *n, const struct virtq_chain *c, size_t len)
{
	n->used[n->nused++] = (struct net_buffer){ c->head, (uint32_t)len };
}

static void drop(struct net_card *n)
{
	virtq_unpop(virtio_pci_vq(&n->v, NET_RX), (uint16_t)n->nused);
	n->nused = 0;
	n->rest_len = 0;
}

/* The header that a back end without one leaves to us. */
static void put_header(struct net_card *n)
{
	const struct virtio_net_hdr_v1 h = {
		.flags = n->guest_csum && n->backend->checked ? VIRTIO_NET_HDR_F_DATA_VALID : 0,
	};

	virtq_chain_write(&n->first, 0, &h, sizeof(h));
}

/* Reads into the first buffer, and behind that into rx_buf. Bytes with the header, or -errno. */
static ssize_t read_frame(struct net_card *n)
{
	struct iovec *iov = n->next_iov;
	uint32_t niov = n->first.nin;
	size_t own = n->backend->vnet_hdr ? 0 : NET_VNET_HDR_SIZE;
	ssize_t r;

	memcpy(iov, n->first.iov, niov * sizeof(*iov));
	iov = iov_cut(iov, &niov, own, UINT64_MAX);
	iov[niov++] = (struct iovec){ n->rx_buf, sizeof(n->rx_buf) };
	r = net_backend_receive(n->backend, iov, niov);
	if (r < 0)
		return r;
	if (own)
		put_header(n);
	else if (!n->guest_csum) /* the guest would not know the flags */
		virtq_chain_write(&n->first, 0, &(uint8_t){ 0 }, 1);
	return r + (ssize_t)own;
}

/* Give the frame to the guest. */
static void finish(struct net_card *n)
{
	const uint8_t count[2] = { (uint8_t)n->nused, (uint8_t)(n->nused >> 8) };

	virtq_chain_write(&n->first, NET_HDR_NUM_BUFFERS, count, sizeof(count));
	n->v.traffic.in_ops++;
	n->v.traffic.in_bytes -= NET_VNET_HDR_SIZE;
	for (uint32_t i = 0; i < n->nused; i++) {
		n->v.traffic.in_bytes += n->used[i].len;
		virtq_push(virtio_pci_vq(&n->v, NET_RX), n->used[i].head, n->used[i].len);
	}
	n->nused = 0;
}

/* Find buffers for the rest. 1: done; 0: too few; -EPROTO. */
static int place_rest(struct net_card *n, struct virtio_round *round)
{
	while (n->rest_len > 0) {
		size_t len;
		int r = n->nused == ARRAY_LEN(n->used) ? 0 : take(n, round, &n->next);

		if (r == 0 && n->nused == virtio_pci_vq(&n->v, NET_RX)->size) {
			drop(n); /* there is no frame so long in this queue */
			return 1;
		}
		if (r <= 0)
			return r;
		len = virtq_chain_write(&n->next, 0, n->rx_buf + n->rest_off, n->rest_len);
		virtio_round_charge(round, len);
		note(n, &n->next, len);
		n->rest_off += len;
		n->rest_len -= len;
	}
	finish(n);
	return 1;
}

/* 1: one frame further; 0: the guest has no buffer; -EAGAIN: there is no frame; -EPROTO. */
static int rx_one(struct net_card *n, struct virtio_round *round)
{
	ssize_t len;
	int r;

	if (n->nused)
		return place_rest(n, round);
	r = take(n, round, &n->first);
	if (r <= 0)
		return r;
	len = read_frame(n);
	virtio_round_charge(round, WORK_CALL + (len > 0 ? (uint64_t)len : 0));
	if (len < 0 || ((uint64_t)len > n->first.in_len && !n->mergeable)) {
		virtq_unpop(virtio_pci_vq(&n->v, NET_RX), 1);
		return len == -EAGAIN ? -EAGAIN : 1;
	}
	if ((uint64_t)len <= n->first.in_len) {
		note(n, &n->first, (size_t)len);
		finish(n);
		return 1;
	}
	note(n, &n->first, n->first.in_len);
	n->rest_off = 0;
	n->rest_len = (size_t)len - n->first.in_len;
	return place_rest(n, round);
}

void net_rx_run(struct net_card *n)
{
	struct virtio_round round;
	bool half; /* the rest of a frame needs another turn, not the back end */
	int r = 1;

	virtio_round_begin(&round, &n->v, NET_RX); /* looked at again when a frame comes */
	round.chains = NET_QUEUE_SIZE;             /* a frame may take many */
	for (int i = 0; i < BATCH && r > 0; i++) {
		r = rx_one(n, &round);
		if (r == 0 && virtio_round_more(&round))
			r = 1;
	}
	half = r == 0 && n->nused && virtio_round_is_over(&round);
	if (half)
		virtio_round_end(&round);
	else
		virtio_round_stop(&round); /* the back end calls again while it has a frame */
	n->rx_starved = half || r == -EPROTO || (r == 0 && !virtio_round_is_over(&round));
	net_want(n);
}

/* Drops what came while nobody listened. */
void net_rx_start(struct net_card *n)
{
	const struct iovec iov = { n->rx_buf, sizeof(n->rx_buf) };

	n->nused = 0;
	n->rest_len = 0;
	n->rx_starved = false;
	for (uint64_t work = 0; work < VIRTIO_ROUND_WORK;) {
		ssize_t len = net_backend_receive(n->backend, &iov, 1);

		if (len == -EAGAIN)
			break;
		work += WORK_CALL + (len > 0 ? (uint64_t)len : 0);
	}
}
