/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_VIRTIO_BALLOON_H
#define DEVICES_VIRTIO_BALLOON_H

/* virtio-balloon. balloon.c: the device; balloon_pages.c: from its pages to the host's. */

#include "devices/virtio/round.h"

#include <linux/virtio_balloon.h>

#define BALLOON_MAX_IOV 128u

struct balloon_conf {
	uint64_t size; /* bytes */
	bool deflate_on_oom, free_page_reporting;
};

struct balloon {
	struct device dev;
	struct virtio_pci v;
	uint64_t *inside; /* a bit for each 4 KiB of guest addresses */
	uint64_t npages;  /* of them */

	/* Whole host pages that are about to go back: [run, run + run_len), NULL for none. */
	uint8_t *run;
	uint64_t run_len;
	bool failed;   /* a discard, and that was logged */
	uint64_t work; /* done and not charged yet, as virtio_round_charge() counts */

	/* A report that is worked on: what is left begins @at bytes behind iov[@piece]. */
	bool holds;
	struct virtq_chain report;
	uint32_t report_queue, piece;
	uint64_t at;

	struct iovec iov[BALLOON_MAX_IOV], report_iov[BALLOON_MAX_IOV];
};

/*
 * The guest is asked to have @bytes in the balloon from now on, and takes its time. 0; -EINVAL as much as
 * all of its RAM; -EBUSY pages of this guest do not go back, as they are pinned. Survives a reboot.
 */
int balloon_resize(struct device *dev, uint64_t bytes);

/* Bytes that are in the balloon as the guest says, at most all of its RAM. */
uint64_t balloon_bytes(const struct device *dev);

/* The guest put page @pfn in, or takes it out. Numbers outside RAM are ignored. */
void balloon_page(struct balloon *b, uint32_t pfn, bool inflate);

/* Gives back the pages that were put in since the last call. */
void balloon_flush(struct balloon *b);

/* Makes the balloon empty; what went back stays with the host until it is touched. */
void balloon_forget(struct balloon *b);

/* Gives back the whole host pages within [@host, @host + @len). */
void balloon_give(struct balloon *b, uint8_t *host, uint64_t len);

#endif
