/* SPDX-License-Identifier: BSD-2-Clause */
/* From descriptors to iovecs. Each descriptor is copied once; the copy is judged and used. */
#include "devices/virtio/queue_private.h"

#include <string.h>

#define DESC_F_NEXT 1u
#define DESC_F_WRITE 2u
#define DESC_F_INDIRECT 4u
#define IOMMU_PAGE 4096u           /* the smallest */
#define CHAIN_MAX_BYTES UINT32_MAX /* VIRTIO 1.2, 2.7.5: a chain is below 4 GiB */

#define TOO_MANY "a chain of more segments than the device takes"

struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags, next;
};

/* Where descriptors are read from: the queue's table, or an indirect one. */
struct table {
	uint8_t *host; /* NULL: behind an IOMMU */
	uint64_t addr;
	uint32_t n;
	bool indirect;
};

void *virtio_dma_map(const struct virtio_dma *dma, uint64_t addr, uint64_t *len, bool write)
{
	gpa_t gpa = addr;

	if (dma->translate && dma->translate(dma->ctx, addr, write, &gpa, len) < 0)
		return NULL;
	return gmem_dma_host(dma->mem, gpa, *len);
}

/* @len bytes, from as many pages as they lie in. */
static bool dma_read(const struct virtio_dma *dma, uint64_t addr, void *buf, uint64_t len)
{
	uint8_t *to = buf;

	while (len > 0) {
		uint64_t got = len;
		const void *p = virtio_dma_map(dma, addr, &got, false);

		if (!p)
			return false;
		memcpy(to, p, got);
		to += got;
		addr += got;
		len -= got;
	}
	return true;
}

static bool desc_read(const struct virtq *q, const struct table *t, uint32_t i, struct desc *d)
{
	uint8_t raw[VIRTQ_DESC_SIZE];
	uint64_t off = (uint64_t)i * VIRTQ_DESC_SIZE;

	if (t->host)
		memcpy(raw, t->host + off, sizeof(raw));
	else if (!dma_read(q->dma, t->addr + off, raw, sizeof(raw)))
		return false;
	__asm__ volatile("" ::: "memory"); /* the guest's bytes are not loaded again after this */
	d->addr = le64_load(raw);
	d->len = le32_load(raw + 8);
	d->flags = le16_load(raw + 12);
	d->next = le16_load(raw + 14);
	return true;
}

static int open_indirect(struct virtq *q, struct table *t, const struct desc *d)
{
	if (!q->indirect)
		return virtq_break(q, "an indirect descriptor, which was not negotiated");
	if (t->indirect)
		return virtq_break(q, "an indirect descriptor in an indirect table");
	if (d->flags & DESC_F_NEXT)
		return virtq_break(q, "an indirect descriptor with a next one");
	if (d->len == 0 || d->len % VIRTQ_DESC_SIZE)
		return virtq_break(q, "an indirect table of a length that cannot be");
	if (d->len / VIRTQ_DESC_SIZE > VIRTQ_MAX_SIZE)
		return virtq_break(q, "an indirect table that is too long");
	if (d->addr > UINT64_MAX - d->len)
		return virtq_break(q, "an indirect table outside RAM");
	*t = (struct table){ .addr = d->addr, .n = d->len / VIRTQ_DESC_SIZE, .indirect = true };
	if (!q->dma->translate) {
		t->host = gmem_dma_host(q->dma->mem, d->addr, d->len);
		if (!t->host)
			return virtq_break(q, "an indirect table outside RAM");
	}
	return 0;
}

/* Charges @c for a place of @len bytes that was found. */
static void charge(const struct virtq *q, struct virtq_chain *c, uint64_t len)
{
	c->npieces++;
	if (q->dma->translate)
		c->ntces += (uint32_t)(len / IOMMU_PAGE) + 1;
}

/* Enter a buffer; behind an IOMMU it may lie in several places. */
static int add_buffer(struct virtq *q, struct virtq_chain *c, const struct desc *d)
{
	bool write = d->flags & DESC_F_WRITE;
	uint64_t addr = d->addr, left = d->len;

	if (left == 0)
		return virtq_break(q, "a buffer of no bytes");
	if (addr > UINT64_MAX - left)
		return virtq_break(q, "a buffer that wraps around");
	if (!write && c->nin)
		return virtq_break(q, "a readable buffer behind a writable one");
	if (c->out_len + c->in_len + left > CHAIN_MAX_BYTES)
		return virtq_break(q, "a chain of 4 GiB or more");
	if (q->max_bytes && c->out_len + c->in_len + left > q->max_bytes)
		return virtq_break(q, "a chain of more bytes than the device takes");
	while (left > 0) {
		uint32_t n = c->nout + c->nin;
		uint64_t got = left;
		void *p = virtio_dma_map(q->dma, addr, &got, write);

		if (!p)
			return virtq_break(q, "a buffer outside RAM");
		if (n == c->max_iov)
			return virtq_break(q, TOO_MANY);
		c->iov[n] = (struct iovec){ .iov_base = p, .iov_len = got };
		c->nout += !write;
		c->nin += write;
		charge(q, c, got);
		addr += got;
		left -= got;
	}
	*(write ? &c->in_len : &c->out_len) += d->len;
	return 0;
}

int virtq_walk(struct virtq *q, uint16_t head, struct virtq_chain *c)
{
	struct table t = { .host = q->desc_host, .addr = q->desc, .n = q->size };
	uint32_t i = head, steps = 0, ndesc = 0;
	struct desc d;
	int r;

	c->head = head;
	c->nout = c->nin = 0;
	c->out_len = c->in_len = 0;
	c->npieces = c->ntces = 0;
	for (;;) {
		if (i >= t.n)
			return virtq_break(q, "a descriptor beyond the end of its table");
		if (steps++ == t.n)
			return virtq_break(q, "a chain that loops");
		if (!desc_read(q, &t, i, &d))
			return virtq_break(q, "a descriptor outside RAM");
		charge(q, c, 0);
		if (d.flags & DESC_F_INDIRECT) {
			r = open_indirect(q, &t, &d);
			i = steps = 0;
		} else {
			if (++ndesc > q->max_desc && q->max_desc)
				return virtq_break(q, TOO_MANY);
			r = add_buffer(q, c, &d);
			if (r == 0 && !(d.flags & DESC_F_NEXT))
				return 0;
			i = d.next;
		}
		if (r < 0)
			return r;
	}
}

size_t virtq_chain_read(const struct virtq_chain *c, uint64_t off, void *buf, size_t len)
{
	return iov_to_buf(c->iov, c->nout, off, buf, len);
}

size_t virtq_chain_write(const struct virtq_chain *c, uint64_t off, const void *buf, size_t len)
{
	return iov_from_buf(c->iov + c->nout, c->nin, off, buf, len);
}
