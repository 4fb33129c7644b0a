/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-rng: random bytes of the host's kernel, which is not asked for more than the guest can
 * take in a moment. Source: VIRTIO 1.2, 5.4 "Entropy Device".
 */
#include "devices/models.h"
#include "devices/virtio/round.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_SIZE 64u
#define MAX_IOV 64u
#define MAX_BYTES (64 * KiB) /* of one request: the rest stays as it was */
#define MAX_CHAIN (1 * MiB)
#define WORK_RANDOM 4u /* a random byte is made, not only copied */

struct rng_conf {
	bool iommu;
};

struct rng {
	struct device dev;
	struct virtio_pci v;
	struct iovec iov[MAX_IOV];
};

/* Returns how many bytes of the chain became random. */
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
	struct rng *d = container_of(v, struct rng, v);
	struct virtq_chain c = { .iov = d->iov, .max_iov = MAX_IOV };
	struct virtio_round r;

	virtio_round_begin(&r, v, q);
	do {
		while (virtio_round_pop(&r, &c) > 0) {
			uint32_t n = fill(&c);

			virtio_round_charge(&r, (uint64_t)WORK_RANDOM * n);
			virtq_push(virtio_pci_vq(v, q), c.head, n);
		}
	} while (virtio_round_more(&r));
	virtio_round_end(&r);
}

static const struct virtio_type rng_type = {
	.name = "virtio-rng",
	.id = VIRTIO_ID_RNG,
	.pci_class = 0x00ff00,
	.queue_size = QUEUE_SIZE,
	.max_chain = MAX_CHAIN,
	.kick = rng_kick,
};

static void rng_destroy(struct device *dev)
{
	struct rng *d = container_of(dev, struct rng, dev);

	virtio_pci_close(&d->v);
	free(d);
}

static int rng_create(struct device **out, const struct device_env *env, const void *conf_,
		      const char *id, uint8_t devfn, enum blame *blame)
{
	const struct rng_conf *conf = conf_;
	struct rng *d = calloc(1, sizeof(*d));
	int r = d ? virtio_pci_init(&d->v, &rng_type, env, id, devfn, 1, conf->iommu) : -ENOMEM;

	(void)blame; /* what fails here is the host's */
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
