/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-vsock: sockets between guest and host (AF_VSOCK). The host's kernel carries the traffic
 * (vhost-vsock); ours are the configuration, and the queue of events, which stays empty: the only
 * event is a guest's move to another host.
 *
 * Source: VIRTIO 1.2, 5.10 "Socket Device"; drivers/vhost/vsock.c.
 */
#include "devices/models.h"
#include "devices/virtio/pci.h"
#include "devices/virtio/vhost.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>
#include <linux/virtio_vsock.h>
#include <stdlib.h>
#include <string.h>

#define PATH "/dev/vhost-vsock"
#define NEEDED                                                                                     \
	(BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_RING_F_INDIRECT_DESC) | BIT(VIRTIO_RING_F_EVENT_IDX))
#define QUEUE_SIZE 128u
#define FIRST_CID 3u /* the lower ones mean this or that side */
#define LAST_CID 0xfffffffeu

enum { RX, TX, EVENT, NQUEUES }; /* the kernel's are RX and TX */

struct vsock_conf {
	uint64_t cid;
};

struct vsock {
	struct device dev;
	struct virtio_pci v;
	struct vhost vhost;
	bool running;
};

static struct vsock *of(struct virtio_pci *v)
{
	return container_of(v, struct vsock, v);
}

static int set_running(struct vsock *d, int on)
{
	return sys_ioctl(d->vhost.fd, VHOST_VSOCK_SET_RUNNING, &on);
}

static bool vsock_stop(struct virtio_pci *v)
{
	struct vsock *d = of(v);

	if (!d->running)
		return true;
	set_running(d, 0); /* waits for what the kernel is doing */
	for (uint32_t q = RX; q <= TX; q++) {
		vhost_drop_queue(&d->vhost, q);
		virtio_pci_take_back(v, q);
	}
	d->running = false;
	return true;
}

static int attach(struct vsock *d, uint32_t q)
{
	struct vhost_queue vq = { .index = q, .vq = virtio_pci_vq(&d->v, q) };
	int r = vq.vq->enabled ? virtio_pci_hand_over(&d->v, q, &vq.kick_fd, &vq.call_fd) : -EINVAL;

	return r < 0 ? r : vhost_set_queue(&d->vhost, &vq);
}

static int vsock_start(struct virtio_pci *v)
{
	struct vsock *d = of(v);
	int r = vhost_set_features(&d->vhost, v->features);

	d->running = true; /* all of it, or nothing */
	for (uint32_t q = RX; q <= TX && r == 0; q++)
		r = attach(d, q);
	if (r == 0)
		r = set_running(d, 1);
	if (r < 0)
		vsock_stop(v);
	return r;
}

static void vsock_kick(struct virtio_pci *v, uint32_t q)
{
	(void)v; /* room for events */
	(void)q;
}

static const struct virtio_type vsock_type = {
	.name = "virtio-vsock",
	.id = VIRTIO_ID_VSOCK,
	.pci_class = 0x078000,
	.queue_size = QUEUE_SIZE,
	.max_chain = 64 * KiB, /* of events, where nothing is written; the kernel has the others */
	.start = vsock_start,
	.kick = vsock_kick,
	.stop = vsock_stop,
};

static void vsock_destroy(struct device *dev)
{
	struct vsock *d = container_of(dev, struct vsock, dev);

	virtio_pci_close(&d->v);
	vhost_close(&d->vhost);
	free(d);
}

static int open_vhost(struct vsock *d, const struct device_env *env, const char *id, uint64_t cid)
{
	int r = vhost_open(&d->vhost, PATH, NEEDED, env->mem);

	if (r == -ENOENT || r == -ENODEV || r == -ENXIO) {
		log_error("%s: %s: %s: \"modprobe vhost_vsock\" makes it", id, PATH, strerror(-r));
		return r;
	}
	if (r < 0) {
		log_error("%s: %s: %s: it must be readable and writable, as /dev/kvm", id, PATH,
			  strerror(-r));
		return r;
	}
	r = sys_ioctl(d->vhost.fd, VHOST_VSOCK_SET_GUEST_CID, &cid);
	if (r == -EADDRINUSE)
		log_error("%s.cid: %llu is another guest's: choose one that is free", id,
			  (unsigned long long)cid);
	else if (r < 0)
		log_error("%s.cid: %llu: %s", id, (unsigned long long)cid, strerror(-r));
	return r;
}

static int vsock_open(struct vsock *d, const struct device_env *env, const struct vsock_conf *conf,
		      const char *id, uint8_t devfn)
{
	int r = env->tree_only ? 0 : open_vhost(d, env, id, conf->cid);

	if (r < 0)
		return r;
	r = virtio_pci_init(&d->v, &vsock_type, env, id, devfn, NQUEUES, false);
	if (r < 0) {
		log_error("%s: %s", id, strerror(-r));
		return r;
	}
	d->v.offered |= d->vhost.features & BIT(VIRTIO_VSOCK_F_SEQPACKET);
	d->v.config_len = sizeof(struct virtio_vsock_config);
	le64_store(d->v.config, conf->cid);
	return 0;
}

static int vsock_create(struct device **out, const struct device_env *env, const void *conf,
			const char *id, uint8_t devfn, enum blame *blame)
{
	struct vsock *d = calloc(1, sizeof(*d));
	int r;

	(void)blame; /* what fails here is the host's */
	if (!d) {
		log_error("%s: out of memory", id);
		return -ENOMEM;
	}
	d->vhost.fd = -1;
	r = vsock_open(d, env, conf, id, devfn);
	if (r < 0) {
		vsock_destroy(&d->dev);
		return r;
	}
	d->dev = (struct device){ .model = &virtio_vsock, .func = &d->v.func };
	*out = &d->dev;
	return 0;
}

static const struct conf_key vsock_keys[] = {
	{ "cid", CONF_UINT, offsetof(struct vsock_conf, cid), .required = true, .min = FIRST_CID,
	  .max = LAST_CID, .help = "the guest's address, the host's is 2" },
	{ 0 },
};

const struct device_model virtio_vsock = {
	.name = "virtio-vsock",
	.section = "vsock",
	.once = true,
	.help = "sockets between guest and host, by vhost_vsock",
	.keys = vsock_keys,
	.conf_size = sizeof(struct vsock_conf),
	.create = vsock_create,
	.destroy = vsock_destroy,
};
