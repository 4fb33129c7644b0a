/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "virtio-blk"
#include "devices/virtio/blk.h"

#include "devices/models.h"
#include "vmm/base/log.h"

#include <errno.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR_SHIFT 9
#define CLASS_SCSI_STORAGE 0x010000u
/* What the announced limits come to, and room for drivers that do not know size_max. */
#define MAX_CHAIN(segs, size) (((segs) + 2) * (uint64_t)(size))
#define SIZE_POLL_NS 1000000000ULL
#define AUTO_QUEUES 4u
#define MAX_PHYSICAL 4096u /* a file system of larger blocks does not make ours larger */

static struct blk *of(struct virtio_pci *v)
{
	return container_of(v, struct blk, v);
}

#define FIELD(b, name) ((b)->v.config + offsetof(struct virtio_blk_config, name))

/* Show the guest what is done. */
static void publish(struct blk *b)
{
	uint64_t dirty = b->dirty;

	b->dirty = 0;
	for (uint32_t q = 0; dirty; q++, dirty >>= 1)
		if (dirty & 1)
			virtio_pci_publish(&b->v, q);
}

static void serve_held(struct blk *b)
{
	uint64_t held = b->held;

	b->held = 0;
	for (uint32_t q = 0; held; q++, held >>= 1)
		if (held & 1)
			virtio_pci_kick_self(&b->v, q);
}

/* Some requests are done. */
static void batch(void *ctx)
{
	struct blk *b = ctx;

	publish(b);
	if (b->held && !block_is_full(&b->block))
		serve_held(b);
	if (b->block.inflight == 0)
		virtio_pci_stopped(&b->v);
}

static void kick(struct virtio_pci *v, uint32_t q)
{
	struct blk *b = of(v);
	struct virtio_round r;

	virtio_round_begin(&r, v, q);
	do {
		while (!block_is_full(&b->block) && blk_serve(b, &r))
			;
		block_kick(&b->block);
	} while (!block_is_full(&b->block) && virtio_round_more(&r));
	publish(b);
	if (block_is_full(&b->block)) {
		b->held |= BIT(q); /* batch() goes on with it */
		virtio_round_stop(&r);
	} else {
		virtio_round_end(&r);
	}
}

static bool stop(struct virtio_pci *v)
{
	struct blk *b = of(v);

	*FIELD(b, wce) = 1;
	b->held = 0;
	block_cancel(&b->block);
	return b->block.inflight == 0;
}

static void drain(struct virtio_pci *v)
{
	block_drain(&of(v)->block);
}

static void set_capacity(struct blk *b)
{
	le64_store(FIELD(b, capacity), b->block.size >> SECTOR_SHIFT);
}

/* The image may grow while the guest runs, which sees that within a second. */
static void look_at_size(void *ctx)
{
	struct blk *b = ctx;

	if (block_poll_size(&b->block)) {
		log_info("%s: %llu MiB now", b->v.id, (unsigned long long)(b->block.size / MiB));
		set_capacity(b);
		virtio_pci_config_changed(&b->v);
	}
	loop_timer_set(b->v.env->loop, &b->size_timer, SIZE_POLL_NS, look_at_size, b);
}

static void config_write(struct virtio_pci *v, uint32_t off, const uint8_t *data, uint32_t len)
{
	if (off == offsetof(struct virtio_blk_config, wce) && len == 1 &&
	    virtio_has(v, VIRTIO_BLK_F_CONFIG_WCE))
		v->config[off] = data[0] & 1;
}

static const struct virtio_type blk_type = {
	.name = "virtio-blk",
	.id = VIRTIO_ID_BLOCK,
	.pci_class = CLASS_SCSI_STORAGE,
	.queue_size = BLK_QUEUE_SIZE,
	.max_chain = MAX_CHAIN(BLK_SEG_MAX, BLK_SIZE_MAX),
	.kick = kick,
	.stop = stop,
	.drain = drain,
	.config_write = config_write,
};

static void fill_config(struct blk *b)
{
	const struct block *d = &b->block;
	uint32_t physical = d->physical_size < MAX_PHYSICAL ? d->physical_size : MAX_PHYSICAL;
	uint32_t segs = b->conf->iommu ? BLK_SEG_MAX_IOMMU : BLK_SEG_MAX;
	uint32_t size = b->conf->iommu ? BLK_SIZE_MAX_IOMMU : BLK_SIZE_MAX;

	if (physical < d->block_size)
		physical = d->block_size;
	b->v.config_len = sizeof(struct virtio_blk_config);
	b->v.offered |= BIT(VIRTIO_BLK_F_SEG_MAX) | BIT(VIRTIO_BLK_F_SIZE_MAX) |
			BIT(VIRTIO_BLK_F_BLK_SIZE) | BIT(VIRTIO_BLK_F_TOPOLOGY) |
			BIT(VIRTIO_BLK_F_FLUSH) | BIT(VIRTIO_BLK_F_CONFIG_WCE) |
			BIT(VIRTIO_BLK_F_MQ);
	set_capacity(b);
	le32_store(FIELD(b, seg_max), segs);
	le32_store(FIELD(b, size_max), size);
	b->v.max_desc = segs + 2; /* with header and status */
	b->v.max_chain = MAX_CHAIN(segs, size);
	le32_store(FIELD(b, blk_size), d->block_size);
	*FIELD(b, physical_block_exp) = (uint8_t)log2_ceil(physical / d->block_size);
	*FIELD(b, wce) = 1;
	le16_store(FIELD(b, num_queues), (uint16_t)b->v.nqueues);
	if (d->read_only) {
		b->v.offered |= BIT(VIRTIO_BLK_F_RO);
		return;
	}
	b->v.offered |= BIT(VIRTIO_BLK_F_DISCARD) | BIT(VIRTIO_BLK_F_WRITE_ZEROES);
	le32_store(FIELD(b, max_discard_sectors), BLK_MAX_RANGE_SECTORS);
	le32_store(FIELD(b, max_discard_seg), 1);
	le32_store(FIELD(b, discard_sector_alignment), physical >> SECTOR_SHIFT);
	le32_store(FIELD(b, max_write_zeroes_sectors), BLK_MAX_RANGE_SECTORS);
	le32_store(FIELD(b, max_write_zeroes_seg), 1);
	*FIELD(b, write_zeroes_may_unmap) = 1;
}

static uint32_t queues_of(const struct blk_conf *conf, const struct device_env *env)
{
	if (conf->queues)
		return (uint32_t)conf->queues;
	return env->nvcpus < AUTO_QUEUES ? (env->nvcpus ? env->nvcpus : 1) : AUTO_QUEUES;
}

static int alloc_requests(struct blk *b)
{
	b->nreqs = b->v.nqueues * BLK_QUEUE_SIZE + 1; /* one for the look that finds nothing */
	b->iov_max = b->conf->iommu ? BLK_IOV_MAX_IOMMU : BLK_IOV_MAX;
	b->reqs = calloc(b->nreqs, sizeof(*b->reqs));
	b->iovs = calloc((size_t)b->nreqs * b->iov_max, sizeof(*b->iovs));
	return b->reqs && b->iovs ? 0 : -ENOMEM;
}

static void blk_destroy(struct device *dev)
{
	struct blk *b = container_of(dev, struct blk, dev);

	if (b->v.env)
		loop_timer_cancel(b->v.env->loop, &b->size_timer);
	virtio_pci_close(&b->v);
	block_close(&b->block);
	free(b->reqs);
	free(b->iovs);
	free(b);
}

/* 20 bytes, padded with zeroes, not terminated. */
static void set_serial(struct blk *b, const char *text)
{
	size_t n = strlen(text);

	memcpy(b->serial, text, n < sizeof(b->serial) ? n : sizeof(b->serial));
}

static int blk_open(struct blk *b, const struct device_env *env, const char *id, uint8_t devfn,
		    enum blame *blame)
{
	const struct blk_conf *conf = b->conf;
	struct block_conf block = {
		.path = conf->path,
		.read_only = conf->read_only,
		.direct = conf->direct,
		.raw = conf->format == BLK_FORMAT_RAW,
	};
	int r = env->tree_only ? 0 : block_open(&b->block, &block, env->loop, id, blame);

	if (r < 0)
		return r;
	b->block.batch = batch;
	b->block.ctx = b;
	set_serial(b, conf->serial ? conf->serial : id);
	r = virtio_pci_init(&b->v, &blk_type, env, id, devfn, queues_of(conf, env), conf->iommu);
	if (r == 0)
		r = alloc_requests(b);
	if (r < 0) {
		log_error("%s: %s", id, strerror(-r));
		return r;
	}
	if (env->tree_only)
		return 0;
	fill_config(b);
	loop_timer_set(env->loop, &b->size_timer, SIZE_POLL_NS, look_at_size, b);
	return 0;
}

static int blk_create(struct device **out, const struct device_env *env, const void *conf,
		      const char *id, uint8_t devfn, enum blame *blame)
{
	struct blk *b = calloc(1, sizeof(*b));
	int r;

	if (!b) {
		log_error("%s: out of memory", id);
		return -ENOMEM;
	}
	b->conf = conf;
	r = blk_open(b, env, id, devfn, blame);
	if (r < 0) {
		blk_destroy(&b->dev);
		return r;
	}
	b->dev = (struct device){ .model = &virtio_blk,
				  .func = &b->v.func,
				  .iommu = b->conf->iommu };
	*out = &b->dev;
	return 0;
}

static struct block *blk_disk(struct device *dev)
{
	return &container_of(dev, struct blk, dev)->block;
}

const struct device_model virtio_blk = {
	.name = "virtio-blk",
	.section = "disk",
	.help = "virtio disks, any number",
	.keys = blk_keys,
	.conf_size = sizeof(struct blk_conf),
	.conflict = blk_conf_conflict,
	.create = blk_create,
	.disk = blk_disk,
	.destroy = blk_destroy,
};
