/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_VIRTIO_NET_H
#define DEVICES_VIRTIO_NET_H

/*
 * A network card: frames between two virtqueues and a back end (devices/backend/net/backend.h).
 *
 *	net.c       features, configuration,       net_rx.c    back end to guest
 *	            a card's life, its model       net_tx.c    guest to back end
 *	net_conf.c  [[net]]: its keys, and what    net_vhost.c when the kernel does both
 *	            they must not say              net_ctrl.c  control queue
 *	net_peer.c  what a card wants of its back end
 *
 * A frame is read straight into the first buffer that the guest offered; only what is longer than
 * that passes through rx_buf to the next ones. Nothing is read for a guest that offers no buffer,
 * so the other side learns that it is slow; what the other side has no room for stays in the
 * guest's queue. All frames are accepted, whatever the receive filters say.
 *
 * Source: VIRTIO 1.2, 5.1 "Network Device".
 */

#include "devices/backend/net/backend.h"
#include "devices/virtio/round.h"
#include "devices/virtio/vhost.h"
#include "vmm/base/log_limit.h"

#include <linux/virtio_net.h>

enum { NET_RX, NET_TX, NET_CTRL, NET_NQUEUES };

#define NET_MAX_IOV 512u        /* segments of one chain: 1 MiB of 4 KiB pages behind an IOMMU */
#define NET_QUEUE_SIZE 512u     /* descriptors */
#define NET_MAX_CHAIN (2 * MiB) /* Linux offers up to 19 pages of 64 KiB for a frame */
#define NET_HDR_NUM_BUFFERS 10u /* offset in the header */

enum net_kind { NET_USER, NET_TAP };
enum net_vhost_choice { NET_VHOST_AUTO, NET_VHOST_OFF };

struct net_conf {
	enum net_kind backend;
	char *mac;      /* 52:54:00:12:34:56 in lower case; NULL: made from the position */
	char **forward; /* tcp:127.0.0.1:2222-:22, checked */
	size_t nforward;
	bool host_loopback; /* with NET_USER */
	char *tap;          /* with NET_TAP: "tap0", "fd:5"; checked */
	uint64_t mtu;       /* bytes; 0: the back end's */
	enum net_vhost_choice vhost;
	bool iommu;
};

struct net_buffer {
	uint16_t head;
	uint32_t len; /* bytes of the frame, or of its part, that are in it */
};

struct net_card {
	struct device dev;
	struct virtio_pci v;
	struct net_backend *backend;
	uint8_t mac[6];     /* as configured */
	struct vhost vhost; /* fd -1: none */

	/* While LIVE. */
	bool mergeable, guest_csum; /* negotiated */
	struct log_limit said_vhost;
	bool in_kernel;  /* vhost has the two queues of frames */
	bool rx_starved; /* the guest owes us buffers */
	bool tx_blocked; /* the back end has no room */

	/* The frame on its way in: buffers filled so far, and what has no room yet. */
	struct virtq_chain first, next;
	struct net_buffer used[NET_QUEUE_SIZE];
	uint32_t nused;
	size_t rest_off, rest_len; /* in rx_buf */

	struct iovec first_iov[NET_MAX_IOV], next_iov[NET_MAX_IOV + 1];
	struct iovec tx_iov[1 + NET_MAX_IOV]; /* [0] is for a header of ours */
	uint8_t rx_buf[NET_MAX_FRAME + NET_VNET_HDR_SIZE];
};

/*
 * A card on @backend, which it owns from now on, also when this fails. As device_model.create; all
 * failures are the host's.
 */
int net_new(struct device **out, const struct device_env *env, const struct net_conf *conf,
	    const char *id, uint8_t devfn, struct net_backend *backend);

/* ---- the files to each other ---- */

/* Ask the back end for what we can use now. */
void net_want(struct net_card *n);

/* The offload features, both ways, that a card on @b may offer: those that the host can do. */
uint64_t net_offload_features(const struct net_backend *b);

/*
 * What the driver and the back end agreed on; @offloads: features, or what CTRL_GUEST_OFFLOADS set.
 * 0 or -errno of the back end.
 */
int net_set_offload(struct net_card *n, uint64_t offloads);

void net_rx_start(struct net_card *n);
void net_rx_run(struct net_card *n);
void net_tx_run(struct net_card *n);
void net_ctrl_run(struct net_card *n);

/* Failures are not told: without vhost all works as well. */
void net_vhost_open(struct net_card *n, const struct net_conf *conf);
void net_vhost_start(struct net_card *n);
void net_vhost_stop(struct net_card *n);

extern const struct conf_key net_keys[];
const char *net_conf_conflict(const void *conf, const void *other);
void net_conf_complete(struct conf *c, void *confs, size_t n);
void net_conf_check_all(struct conf *c, const void *confs, size_t n, uint64_t ram);

/* "52:54:00:12:34:56": checked already. */
void net_parse_mac(const char *text, uint8_t mac[6]);

#endif
