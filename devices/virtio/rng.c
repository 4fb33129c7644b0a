/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-rng: random bytes of the host's kernel, which is not asked for more than the guest can
 * take in a moment. Source: VIRTIO 1.2, 5.4 "Entropy Device".
 */
#include "devices/models.h"
#include "devices/virtio/pci.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_SIZE 64u
#define MAX_IOV 64u
#define MAX_BYTES (64 * KiB) /* of one request: the rest stays as it was */
#define ROUND_BYTES (256 * KiB) /* before others have their turn */

struct rng_conf {
	bool iommu;
};

struct rng {
	struct device dev;
	struct virtio_pci v;
	struct iovec iov[MAX_IOV];
};

/* How many bytes of it became random. */
static uint32_t fill(const struct virtq_chain *c)
{
	uint64_t done = 0;

	for (uint32_t i = c->nout; i < c->nout + c->nin && done < MAX_BYTES; i++) {
		uint64_t n = c->iov[i].iov_len;

		if (n > MAX_BYTES - done)
			n = MAX_BYTES - done;
		if (sys_random(c->iov[i].iov_base, n) < 0)
			break;
		done += n;
	}
	return (uint32_t)done;
}

static void rng_kick(struct virtio_pci *v, uint32_t q)
{
	struct rng *d = (struct rng *)((char *)v - offsetof(struct rng, v));
	struct virtq_chain c = { .iov = d->iov, .max_iov = MAX_IOV };
	struct virtq *vq = virtio_pci_vq(v, q);
	uint64_t done = 0;

	do {
		virtq_notify_off(vq);
		while (done < ROUND_BYTES && virtio_pci_pop(v, q, &c) > 0) {
			uint32_t n = fill(&c);

			virtq_push(vq, c.head, n);
			done += n + KiB; /* an empty request is work as well */
		}
	} while (done < ROUND_BYTES && virtq_notify_on(vq) && virtio_pci_runs(v));
	virtio_pci_publish(v, q);
	if (done >= ROUND_BYTES)
		virtio_pci_kick_self(v, q);
}

static const struct virtio_type rng_type = {
	.name = "virtio-rng",
	.id = VIRTIO_ID_RNG,
	.pci_class = 0x00ff00,
	.queue_size = QUEUE_SIZE,
	.kick = rng_kick,
};

static void rng_destroy(struct device *dev)
{
	struct rng *d = (struct rng *)dev; /* its first member */

	virtio_pci_close(&d->v);
	free(d);
}

static int rng_create(struct device **out, const struct device_env *env, const void *conf_,
		      const char *id, uint8_t devfn)
{
	const struct rng_conf *conf = conf_;
	struct rng *d = calloc(1, sizeof(*d));
	int r = d ? virtio_pci_init(&d->v, &rng_type, env, id, devfn, 1, conf->iommu) : -ENOMEM;

	if (r < 0) {
		log_error("%s: %s", id, strerror(-r));
		free(d);
		return r;
	}
	d->dev = (struct device){ .model = &virtio_rng, .func = &d->v.func, .iommu = conf->iommu };
	*out = &d->dev;
	return 0;
}

static const struct conf_key rng_keys[] = {
	{ "iommu", CONF_BOOL, offsetof(struct rng_conf, iommu), .def = "false",
	  .help = "the guest maps each buffer in its DMA window first" },
	{ 0 },
};

const struct device_model virtio_rng = {
	.name = "virtio-rng",
	.section = "rng",
	.once = true,
	.help = "random numbers of the host for the guest",
	.keys = rng_keys,
	.conf_size = sizeof(struct rng_conf),
	.create = rng_create,
	.destroy = rng_destroy,
};
