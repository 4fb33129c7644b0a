/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/virtio/net.h"

#include "devices/models.h"
#include "vmm/base/log.h"

#include <errno.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>

/* Offsets in the device's configuration. */
enum { CONFIG_MAC = 0, CONFIG_STATUS = 6, CONFIG_MAX_PAIRS = 8, CONFIG_MTU = 10, CONFIG_LEN = 12 };

static struct net_card *net_of(struct virtio_pci *v)
{
	return container_of(v, struct net_card, v);
}

/* ---- what the back end says ---- */

static void on_readable(void *ctx)
{
	net_rx_run(ctx);
}

static void on_writable(void *ctx)
{
	struct net_card *n = ctx;

	n->tx_blocked = false;
	net_tx_run(n);
}

static void on_link(void *ctx, bool up)
{
	struct net_card *n = ctx;

	n->v.config[CONFIG_STATUS] = up ? VIRTIO_NET_S_LINK_UP : 0;
	virtio_pci_config_changed(&n->v);
	if (n->v.state == VIRTIO_LIVE && n->tx_blocked)
		on_writable(n); /* what waits has nothing to wait for */
}

/* ---- what the driver says ---- */

static int net_start(struct virtio_pci *v)
{
	struct net_card *n = net_of(v);
	int r = net_set_offload(n, v->features);

	if (r < 0)
		return r;
	n->mergeable = virtio_has(v, VIRTIO_NET_F_MRG_RXBUF);
	n->tx_blocked = false;
	net_rx_start(n);
	net_vhost_start(n);
	net_want(n);
	return 0;
}

/* Nothing outlives a callback but half a frame, and that is forgotten. */
static bool net_stop(struct virtio_pci *v)
{
	struct net_card *n = net_of(v);

	net_vhost_stop(n);
	net_want(n); /* nothing: it is not LIVE any more */
	n->nused = 0;
	n->rest_len = 0;
	memcpy(v->config + CONFIG_MAC, n->mac, sizeof(n->mac));
	return true;
}

static void net_kick(struct virtio_pci *v, uint32_t q)
{
	struct net_card *n = net_of(v);

	if (q == NET_TX)
		net_tx_run(n);
	else if (q == NET_CTRL)
		net_ctrl_run(n);
	else if (n->rx_starved)
		net_rx_run(n);
}

static const struct virtio_type net_type = {
	.name = "virtio-net",
	.id = VIRTIO_ID_NET,
	.pci_class = 0x020000,
	.queue_size = NET_QUEUE_SIZE,
	.max_chain = NET_MAX_CHAIN,
	.start = net_start,
	.kick = net_kick,
	.stop = net_stop,
};

/* ---- life ---- */

/* The last byte is the card's number, so that a guest finds its cards again. */
static void set_mac(struct net_card *n, const char *mac, const char *id)
{
	const uint8_t own[6] = { 0x52, 0x54, 0x00, 0x73, 0x70, 0x00 };

	memcpy(n->mac, own, sizeof(own));
	if (mac)
		net_parse_mac(mac, n->mac);
	else
		n->mac[5] = (uint8_t)atoi(id + strcspn(id, "0123456789"));
	memcpy(n->v.config + CONFIG_MAC, n->mac, sizeof(n->mac));
}

static void offer(struct net_card *n, uint64_t mtu)
{
	const struct net_backend *b = n->backend;
	uint8_t *c = n->v.config;
	uint64_t f = BIT(VIRTIO_NET_F_MAC) | BIT(VIRTIO_NET_F_STATUS) |
		     BIT(VIRTIO_NET_F_MRG_RXBUF) | BIT(VIRTIO_NET_F_CTRL_VQ) |
		     BIT(VIRTIO_NET_F_CTRL_RX) | BIT(VIRTIO_NET_F_CTRL_MAC_ADDR) |
		     net_offload_features(b);

	if (b->offload)
		f |= BIT(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS);
	if (b->checked)
		f |= BIT(VIRTIO_NET_F_GUEST_CSUM);
	if (!mtu)
		mtu = b->mtu > NET_MAX_MTU ? NET_MAX_MTU : b->mtu;
	if (mtu)
		f |= BIT(VIRTIO_NET_F_MTU);
	n->v.offered |= f;
	c[CONFIG_STATUS] = VIRTIO_NET_S_LINK_UP;
	c[CONFIG_MAX_PAIRS] = 1;
	c[CONFIG_MTU] = (uint8_t)mtu;
	c[CONFIG_MTU + 1] = (uint8_t)(mtu >> 8);
	n->v.config_len = CONFIG_LEN;
}

static void net_destroy(struct device *dev)
{
	struct net_card *n = container_of(dev, struct net_card, dev);

	virtio_pci_close(&n->v);
	vhost_close(&n->vhost);
	net_backend_close(n->backend);
	free(n);
}

int net_new(struct device **out, const struct device_env *env, const struct net_conf *conf,
	    const char *id, uint8_t devfn, struct net_backend *backend)
{
	struct net_card *n = calloc(1, sizeof(*n));
	struct net_events events = { n, on_readable, on_writable, on_link };
	int r;

	if (!n) {
		log_error("%s: out of memory", id);
		net_backend_close(backend);
		return -ENOMEM;
	}
	n->backend = backend;
	n->vhost.fd = -1;
	n->first = (struct virtq_chain){ .iov = n->first_iov, .max_iov = NET_MAX_IOV };
	n->next = (struct virtq_chain){ .iov = n->next_iov, .max_iov = NET_MAX_IOV };
	r = virtio_pci_init(&n->v, &net_type, env, id, devfn, NET_NQUEUES, conf->iommu);
	if (r == 0)
		r = net_backend_attach(backend, &events);
	if (r < 0) {
		log_error("%s: %s", id, strerror(-r));
		net_destroy(&n->dev);
		return r;
	}
	n->dev = (struct device){ .model = &virtio_net, .func = &n->v.func, .iommu = conf->iommu };
	net_vhost_open(n, conf);
	set_mac(n, conf->mac, id);
	offer(n, conf->mtu);
	*out = &n->dev;
	return 0;
}

static int open_backend(struct net_backend **out, const struct device_env *env,
			const struct net_conf *conf, const char *id)
{
	const struct net_user_conf user = {
		.forward = conf->forward,
		.nforward = conf->nforward,
		.mtu = (uint32_t)conf->mtu,
		.host_loopback = conf->host_loopback,
	};

	if (env->tree_only)
		return net_none_open(out, env->loop, id);
	return conf->backend == NET_USER ? net_user_open(out, &user, env->loop, id)
					 : net_tap_open(out, conf->tap, env->loop, id);
}

static int net_create(struct device **out, const struct device_env *env, const void *conf,
		      const char *id, uint8_t devfn, enum blame *blame)
{
	struct net_backend *b;
	int r = open_backend(&b, env, conf, id);

	(void)blame; /* what fails here is the host's */
	return r < 0 ? r : net_new(out, env, conf, id, devfn, b);
}

const struct device_model virtio_net = {
	.name = "virtio-net",
	.section = "net",
	.help = "network cards, any number",
	.keys = net_keys,
	.conf_size = sizeof(struct net_conf),
	.conflict = net_conf_conflict,
	.complete = net_conf_complete,
	.check_all = net_conf_check_all,
	.create = net_create,
	.destroy = net_destroy,
};
