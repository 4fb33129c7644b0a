/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_VIRTIO_BLK_H
#define DEVICES_VIRTIO_BLK_H

/*
 * virtio-blk over a raw image. blk.c: the device; blk_req.c: from a chain to block requests;
 * blk_conf.c: its section of the configuration.
 *
 * Writes are in the host's page cache when the guest sees them done, and durable after its flush; a
 * driver that does not know VIRTIO_BLK_F_FLUSH, or switched the cache off (CONFIG_WCE), gets each
 * write flushed.
 *
 * Source: Virtual I/O Device (VIRTIO) 1.2, 5.2 "Block Device".
 */

#include "devices/backend/block/block.h"
#include "devices/virtio/round.h"

#include <linux/virtio_blk.h>

#define BLK_QUEUE_SIZE 512u /* so that 1 MiB in pages of 4 KiB is one request */
#define BLK_MAX_QUEUES 16u
#define BLK_SEG_MAX 510u         /* buffers of a request */
#define BLK_SIZE_MAX (128 * KiB) /* bytes of each */
#define BLK_SEG_MAX_IOMMU 60u    /* behind an IOMMU each may be in SIZE_MAX / 4 KiB + 1 places */
#define BLK_SIZE_MAX_IOMMU (64 * KiB)
#define BLK_IOV_MAX 512u /* with header and status */
#define BLK_IOV_MAX_IOMMU 1024u
#define BLK_SERIAL_LEN 20u
#define BLK_MAX_WARNINGS 10u
#define BLK_MAX_RANGE_SECTORS (4u << 20) /* 2 GiB: discarded or zeroed within some seconds */

enum blk_format { BLK_FORMAT_AUTO, BLK_FORMAT_RAW };

struct blk_conf {
	char *path;
	bool read_only;
	enum blk_format format;
	char *serial; /* NULL: "disk0" */
	bool direct;
	uint64_t queues; /* 0: one for each vCPU, up to 4 */
	bool iommu;
};

struct blk;

struct blk_req {
	struct block_req io;
	struct blk *blk;
	struct blk_req *next_free;
	struct virtq_chain chain;
	uint32_t q;
	uint8_t *status;   /* the last writable byte, in guest RAM */
	uint32_t in_bytes; /* that the guest gets with success, the status included */
	bool then_flush;   /* a write that must be durable before it is done */
};

struct blk {
	struct device dev;
	struct virtio_pci v;
	struct block block;
	const struct blk_conf *conf;
	char serial[BLK_SERIAL_LEN];
	struct blk_req *reqs; /* nreqs of them; untouched ones cost no memory */
	struct iovec *iovs;   /* iov_max for each */
	uint32_t nreqs, fresh, iov_max;
	struct blk_req *free;
	uint32_t warnings; /* of failed requests, said so far */
	uint64_t dirty;    /* queues with pushes that the guest has not seen */
	uint64_t held;     /* queues that wait because too much is in flight */
	struct loop_timer size_timer;
};

/* blk_req.c: serve one request of the queue. False: there is none, or no time for it. */
bool blk_serve(struct blk *b, struct virtio_round *round);

/* blk_conf.c */
extern const struct conf_key blk_keys[];
const char *blk_conf_conflict(const void *conf, const void *other);

#endif
