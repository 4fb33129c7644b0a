/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FUZZ_VIRTIO_H
#define TESTS_FUZZ_VIRTIO_H

/*
 * A hostile driver of a virtio device with several queues. Each queue has a ring of its own; most
 * steps are those of a driver that means well, so that the device gets far, and some are not. RAM is
 * a block of its own, so that the sanitizer sees what leaves it.
 *
 *	hostile_init(&h);  make the device with &h.w.env
 *	hostile_drive(&h, &in, dev, step)      step() calls hostile_step(&h, &in) among others
 *	hostile_reset(&h);  destroy the device;  hostile_close(&h);
 */

#include "devices/models.h"
#include "tests/fake/sys.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/devices/virtio/fixture.h"

#define HOSTILE_QUEUE 16u                                 /* descriptors */
#define HOSTILE_QUEUES 8u                                 /* at most */
#define HOSTILE_RAM (RING_DATA - RING_RAM + 32 * 0x1000u) /* from RING_RAM on; pages for buffers */
#define HOSTILE_NEXT 0x400                  /* from a queue's ring to the next one's */
#define HOSTILE_TABLES (RING_RAM + 0xe000u) /* indirect ones */

struct hostile {
	struct world w;
	uint8_t *ram;
	uint32_t nqueues;
	uint64_t bus; /* what bus addresses have more than guest addresses: behind an IOMMU */
	uint16_t avail[HOSTILE_QUEUES];
	uint16_t seen[HOSTILE_QUEUES]; /* used entries that were looked at */
	/* Bytes of a chain to write into, by head; UINT64_MAX: another chain went through it. */
	uint64_t room[HOSTILE_QUEUES][2 * HOSTILE_QUEUE];
	/* Which chain a descriptor is of, as head + 1; the last one is the table beside the ring. */
	uint32_t owner[HOSTILE_QUEUES][HOSTILE_QUEUE + 1];
	bool wild; /* the device may write anywhere in RAM: what is in the rings says nothing */
};

/* The same for what decides where the device writes. */
static inline uint64_t hostile_near(struct hostile *h, struct input *in, uint64_t like)
{
	uint64_t word = word_like(in, like);

	h->wild |= word != like;
	return word;
}

static inline void hostile_init(struct hostile *h)
{
	fake_reset();
	h->ram = aligned_alloc(65536, HOSTILE_RAM);
	must(h->ram != NULL);
	memset(h->ram, 0, HOSTILE_RAM);
	h->w.ring.ram = h->ram;
	h->w.ring.size = HOSTILE_QUEUE;
	h->w.ring.mem.nbanks = 0;
	must(gmem_add(&h->w.ring.mem, RING_RAM, HOSTILE_RAM, h->ram) == 0);
	world_surround(&h->w);
	h->wild = false;
	h->bus = 0;
}

/* Rings as a driver finds them that has just been loaded. */
static inline void hostile_fresh(struct hostile *h)
{
	memset(h->ram, 0, RING_DATA - RING_RAM);
	memset(h->avail, 0, sizeof(h->avail));
	memset(h->seen, 0, sizeof(h->seen));
	memset(h->room, 0, sizeof(h->room));
	memset(h->owner, 0, sizeof(h->owner));
	h->wild = false;
}

static inline void hostile_start(struct hostile *h, struct input *in)
{
	uint64_t features = driver_offer(&h->w);

	driver_set_status(&h->w, 0);
	world_run(&h->w);
	if (h->w.v->state != VIRTIO_RESET)
		return;
	hostile_fresh(h);
	if (byte(in) & 1)
		features &= raw64(in) | BIT(VIRTIO_F_VERSION_1);
	if (driver_negotiate(&h->w, word_like(in, features)))
		for (uint32_t q = 0; q < h->nqueues; q++)
			driver_queue(&h->w, q,
				     hostile_near(h, in, h->bus + RING_DESC + HOSTILE_NEXT * q),
				     hostile_near(h, in, h->bus + RING_AVAIL + HOSTILE_NEXT * q),
				     hostile_near(h, in, h->bus + RING_USED + HOSTILE_NEXT * q));
	driver_ok(&h->w);
	world_run(&h->w);
}

static inline void hostile_attach(struct hostile *h, struct virtio_pci *v)
{
	must(v->nqueues <= HOSTILE_QUEUES);
	h->nqueues = v->nqueues;
	driver_attach(&h->w, v);
}

static inline void hostile_offer(struct hostile *h, uint32_t q, uint16_t head)
{
	uint8_t *a = ring_at(&h->w.ring, RING_AVAIL + HOSTILE_NEXT * q);

	le16_store(a + 4 + 2 * (h->avail[q] % HOSTILE_QUEUE), head);
	le16_store(a + 2, ++h->avail[q]);
}

static inline uint32_t hostile_len(struct input *in)
{
	static const uint32_t lens[] = { 1, 2, 8, 12, 13, 16, 26, 60, 100, 1514, 4096, 65536 };
	uint8_t how = byte(in);

	return how < 0x20 ? byte(in) * 256u : how < 0x40 ? byte(in) : lens[how % ARRAY_LEN(lens)];
}

static inline void hostile_own(struct hostile *h, uint32_t q, uint32_t i, uint32_t head)
{
	uint32_t *owner = &h->owner[q][i];

	if (*owner && *owner != head + 1)
		h->room[q][*owner - 1] = h->room[q][head] = UINT64_MAX;
	*owner = head + 1;
}

/* A chain as drivers make them, in the ring or in a table of its own, made available. */
static inline void hostile_chain(struct hostile *h, struct input *in, uint32_t q, uint32_t nout,
				 uint32_t nin)
{
	uint8_t how = byte(in);
	uint16_t head = how % HOSTILE_QUEUE;
	uint64_t table = RING_DESC + HOSTILE_NEXT * q, room = 0;
	uint32_t n = nout + nin, first = head;

	if (n == 0)
		return;
	if (how & 0x80) {
		table = HOSTILE_TABLES + 0x100u * q;
		first = 0;
		ring_desc_at(&h->w.ring, RING_DESC + HOSTILE_NEXT * q, head, h->bus + table,
			     (uint32_t)hostile_near(h, in, 16 * n), D_INDIRECT, 0);
		hostile_own(h, q, head, head);
		hostile_own(h, q, HOSTILE_QUEUE, head);
	}
	for (uint32_t i = 0; i < n; i++) {
		uint32_t len = (uint32_t)hostile_near(h, in, hostile_len(in));
		uint64_t addr = hostile_near(h, in, h->bus + RING_DATA + 0x1000u * (byte(in) & 31));
		uint32_t flags = (i + 1 < n ? D_NEXT : 0) | (i >= nout ? D_WRITE : 0);

		room += i >= nout ? len : 0;
		if (!(how & 0x80))
			hostile_own(h, q, (first + i) % HOSTILE_QUEUE, head);
		ring_desc_at(&h->w.ring, table, (first + i) % HOSTILE_QUEUE, addr, len, flags,
			     (first + i + 1) % HOSTILE_QUEUE);
	}
	if (room > h->room[q][head])
		h->room[q][head] = room;
	hostile_offer(h, q, head);
}

static inline void hostile_any_desc(struct hostile *h, struct input *in, uint32_t q)
{
	uint8_t kind = byte(in);
	uint64_t table = kind & 1 ? RING_DESC + HOSTILE_NEXT * q : HOSTILE_TABLES + 0x100u * q;

	h->wild = true;
	ring_desc_at(&h->w.ring, table, byte(in) % (2 * HOSTILE_QUEUE),
		     word_like(in, h->bus + RING_DATA + 0x100u * byte(in)), (uint32_t)raw32(in),
		     byte(in) & 7u, byte(in) % (HOSTILE_QUEUE + 1));
}

static inline void hostile_register(struct hostile *h, struct input *in)
{
	static const uint16_t offs[] = {
		VIRTIO_PCI_COMMON_GFSELECT, VIRTIO_PCI_COMMON_GF,     VIRTIO_PCI_COMMON_STATUS,
		VIRTIO_PCI_COMMON_Q_SELECT, VIRTIO_PCI_COMMON_Q_SIZE, VIRTIO_PCI_COMMON_Q_ENABLE,
		VIRTIO_PCI_COMMON_Q_DESCLO, VIRTIO_PCI_COMMON_Q_MSIX, VIRTIO_BAR_DEVICE,
		VIRTIO_BAR_NOTIFY,          VIRTIO_BAR_MSIX + 12,     VIRTIO_BAR_ISR,
		VIRTIO_PCI_COMMON_MSIX,     VIRTIO_BAR_DEVICE + 4,    VIRTIO_BAR_PBA,
	};
	uint32_t size = 1u << (byte(in) & 3);
	uint64_t off = word_like(in, offs[byte(in) % ARRAY_LEN(offs)]) % VIRTIO_BAR_SIZE;

	off &= ~(uint64_t)(size - 1);
	if (byte(in) & 1)
		driver_read(&h->w, off, size);
	else
		driver_write(&h->w, off, size, word_like(in, byte(in)));
	h->wild = true; /* the ring may be elsewhere by now */
}

/* What the device says it is done with: heads that exist, and no more bytes than there is room. */
static inline void hostile_check(struct hostile *h)
{
	for (uint32_t q = 0; q < h->nqueues; q++) {
		const struct virtq *vq = virtio_pci_vq(h->w.v, q);
		const uint8_t *used = ring_at(&h->w.ring, RING_USED + HOSTILE_NEXT * q);

		must(!vq->enabled || vq->inflight <= vq->size);
		for (; !h->wild && h->seen[q] != le16_load(used + 2); h->seen[q]++) {
			const uint8_t *e = used + 4 + 8 * (h->seen[q] % HOSTILE_QUEUE);

			must(le32_load(e) < 2 * HOSTILE_QUEUE);
			must(le32_load(e + 4) <= h->room[q][le32_load(e)] ||
			     h->owner[q][le32_load(e)] != le32_load(e) + 1);
		}
	}
}

/* A step that every device knows, and the look at what became of it. */
static inline void hostile_step(struct hostile *h, struct input *in)
{
	uint8_t what = byte(in);
	uint32_t q = byte(in) % h->nqueues;

	if (what < 0x80)
		hostile_chain(h, in, q, what >> 3 & 3, what & 3);
	else if (what < 0x84)
		hostile_any_desc(h, in, q);
	else if (what < 0x88)
		hostile_offer(h, q, (uint16_t)hostile_near(h, in, byte(in) % HOSTILE_QUEUE));
	else if (what < 0x8a)
		h->avail[q] = (uint16_t)hostile_near(h, in, h->avail[q]);
	else if (what < 0xd0)
		driver_kick(&h->w, q);
	else if (what < 0xd8)
		hostile_register(h, in);
	else if (what < 0xda)
		pci_func_config_write(&h->w.v->func, byte(in), 1u << byte(in) % 3, raw32(in));
	else if (what < 0xf8 || h->w.v->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		hostile_start(h, in);
	else
		driver_set_status(&h->w, what & 1 ? 0 : byte(in));
	world_run(&h->w);
	hostile_check(h);
}

/* A driver finds the device, starts, and takes steps until there are no more bytes. */
static inline void hostile_drive(struct hostile *h, struct input *in, struct device *dev,
				 void (*step)(struct input *in))
{
	hostile_attach(h, dev->func->ctx);
	hostile_start(h, in);
	while (in->p < in->end)
		step(in);
}

/* Power off and on: nothing is in flight, no ring is KVM's or another kernel part's any more. */
static inline void hostile_reset(struct hostile *h)
{
	world_run(&h->w);
	pci_func_reset(&h->w.v->func);
	must(h->w.v->state == VIRTIO_RESET && h->w.nio == 0 && h->w.nirqfds == 0);
	for (uint32_t q = 0; q < h->nqueues; q++)
		must(virtio_pci_vq(h->w.v, q)->inflight == 0);
}

static inline void hostile_close(struct hostile *h)
{
	loop_close(&h->w.loop);
	free(h->ram);
	must(fake_open_fds() == 0);
	fake_reset();
}

/* For fuzz_seed(): any bytes, @most of them, in which a driver starts well in @well steps. */
static inline size_t hostile_seed(unsigned int index, uint8_t *out, size_t max, size_t most,
				  size_t well)
{
	size_t len = any_bytes(index, 32, out, max < most ? max : most);

	if (len) {
		out[0] = (uint8_t)index;
		memset(out + 1, 0x40, well);
	}
	return len;
}

#endif
