/* SPDX-License-Identifier: BSD-2-Clause */
/* The control queue. Source: VIRTIO 1.2, 5.1.6.5 "Control Virtqueue". */
#include "devices/virtio/net.h"

#define HEADER 2u /* class, command */
#define MAC_LEN 6u

/* All frames are passed on anyway: a driver drops what it does not want. */
static bool rx_mode(const struct virtq_chain *c)
{
	return c->out_len == HEADER + 1;
}

static bool set_mac(struct net_card *n, const struct virtq_chain *c)
{
	return c->out_len == HEADER + MAC_LEN &&
	       virtq_chain_read(c, HEADER, n->v.config, MAC_LEN) == MAC_LEN;
}

/* Two tables, each a count and so many addresses: well-formed is all they have to be. */
static bool set_mac_tables(const struct virtq_chain *c)
{
	uint64_t off = HEADER;
	uint8_t raw[4];

	for (int i = 0; i < 2; i++) {
		if (virtq_chain_read(c, off, raw, sizeof(raw)) < sizeof(raw))
			return false;
		off += sizeof(raw) + (uint64_t)MAC_LEN * le32_load(raw);
		if (off > c->out_len)
			return false;
	}
	return off == c->out_len;
}

static bool set_offloads(struct net_card *n, const struct virtq_chain *c)
{
	uint8_t raw[8];

	if (!virtio_has(&n->v, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) ||
	    c->out_len != HEADER + sizeof(raw) ||
	    virtq_chain_read(c, HEADER, raw, sizeof(raw)) < sizeof(raw))
		return false;
	if (le64_load(raw) & ~n->v.features)
		return false;
	return net_set_offload(n, le64_load(raw)) == 0;
}

static bool act(struct net_card *n, const struct virtq_chain *c)
{
	uint8_t h[HEADER];

	if (virtq_chain_read(c, 0, h, sizeof(h)) < sizeof(h))
		return false;
	switch (h[0] << 8 | h[1]) {
	case VIRTIO_NET_CTRL_RX << 8 | VIRTIO_NET_CTRL_RX_PROMISC:
	case VIRTIO_NET_CTRL_RX << 8 | VIRTIO_NET_CTRL_RX_ALLMULTI:
		return rx_mode(c);
	case VIRTIO_NET_CTRL_MAC << 8 | VIRTIO_NET_CTRL_MAC_TABLE_SET:
		return set_mac_tables(c);
	case VIRTIO_NET_CTRL_MAC << 8 | VIRTIO_NET_CTRL_MAC_ADDR_SET:
		return set_mac(n, c);
	case VIRTIO_NET_CTRL_GUEST_OFFLOADS << 8 | VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET:
		return set_offloads(n, c);
	default:
		return false;
	}
}

void net_ctrl_run(struct net_card *n)
{
	struct virtq_chain c = { .iov = n->next_iov, .max_iov = NET_MAX_IOV };
	struct virtio_round r;

	virtio_round_begin(&r, &n->v, NET_CTRL);
	do {
		while (virtio_round_pop(&r, &c) > 0) {
			uint8_t ack;

			if (!c.in_len) {
				virtio_pci_broken(&n->v,
						  "a control command without room for its answer");
				break;
			}
			ack = act(n, &c) ? VIRTIO_NET_OK : VIRTIO_NET_ERR;
			virtio_round_charge(&r, WORK_CALL); /* the back end may have been asked */
			virtq_chain_write(&c, 0, &ack, 1);
			virtq_push(virtio_pci_vq(&n->v, NET_CTRL), c.head, 1);
		}
	} while (virtio_round_more(&r));
	virtio_round_end(&r);
}
