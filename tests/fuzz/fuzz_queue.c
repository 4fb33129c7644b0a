/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio device and its driver from bytes: registers, configuration space, rings and descriptors
 * that are sometimes right. The device is one of ours that keeps requests and completes them when
 * the bytes say so, virtio-blk on a small file, or one of the small devices. Beyond the sanitizers'
 * checks: every iovec lies in RAM and not more of them come than asked for, no more is in flight
 * than the queue holds, the balloon gives back whole pages of RAM only, and a reset ends.
 */
#include "devices/models.h"
#include "devices/virtio/balloon.h"
#include "devices/virtio/blk.h"
#include "tests/fake/sys.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/devices/virtio/fixture.h"

#include <unistd.h>

#define QUEUE 8u
#define NQUEUES 2u
#define MAX_IOV 12u
#define DISK_SIZE 65536

static struct world w;
static struct virtio_pci own;

/* What the device of ours has in flight. */
static struct {
	uint16_t head;
	uint32_t q;
} held[NQUEUES * VIRTQ_MAX_SIZE];
static uint32_t nheld;

/* ---- the device of ours ---- */

static void check_chain(const struct virtq_chain *c)
{
	uint64_t out = 0, in = 0;

	must(c->nout + c->nin <= c->max_iov && c->nout + c->nin > 0);
	for (uint32_t i = 0; i < c->nout + c->nin; i++) {
		uint8_t *p = c->iov[i].iov_base;
		size_t len = c->iov[i].iov_len;

		must(len > 0 && p >= w.ring.ram && len <= RING_RAM_SIZE &&
		     (size_t)(p - w.ring.ram) <= RING_RAM_SIZE - len);
		*(i < c->nout ? &out : &in) += len;
	}
	must(out == c->out_len && in == c->in_len);
}

static void own_kick(struct virtio_pci *v, uint32_t q)
{
	struct iovec iov[MAX_IOV];
	struct virtq_chain c = { .iov = iov, .max_iov = MAX_IOV };
	struct virtq *vq = virtio_pci_vq(v, q);
	uint32_t n = 0;

	do {
		virtq_notify_off(vq);
		while (n++ < 64 && virtio_pci_pop(v, q, &c) > 0) {
			check_chain(&c);
			must(vq->inflight <= vq->size);
			held[nheld].head = c.head;
			held[nheld++].q = q;
		}
	} while (n < 64 && virtq_notify_on(vq) && virtio_pci_runs(v));
}

static void complete(uint32_t n)
{
	while (n-- > 0 && nheld > 0) {
		nheld--;
		virtq_push(virtio_pci_vq(&own, held[nheld].q), held[nheld].head, 1);
		virtio_pci_publish(&own, held[nheld].q);
	}
	if (nheld == 0)
		virtio_pci_stopped(&own);
}

static bool own_stop(struct virtio_pci *v)
{
	(void)v;
	return nheld == 0;
}

static void own_drain(struct virtio_pci *v)
{
	(void)v;
	complete(UINT32_MAX);
}

static void own_config_write(struct virtio_pci *v, uint32_t off, const uint8_t *data, uint32_t len)
{
	must(off < v->config_len && len <= v->config_len - off && len >= 1 && len <= 8);
	memcpy(v->config + off, data, len);
}

static const struct virtio_type own_type = {
	.max_chain = 64 * MiB,
	.name = "virtio-fuzz",
	.id = 5,
	.queue_size = QUEUE,
	.kick = own_kick,
	.stop = own_stop,
	.drain = own_drain,
	.config_write = own_config_write,
};

/* ---- the driver ---- */

static void put_desc(struct input *in)
{
	uint64_t table = byte(in) & 3 ? RING_DESC : RING_DATA + 0x100u * (byte(in) & 3);
	uint32_t i = byte(in) % (2 * QUEUE);
	uint8_t kind = byte(in);
	uint64_t addr = word_like(in, RING_DATA + 0x1000u * (kind & 7));
	uint32_t len = (uint32_t)word_like(in, kind & 8 ? 16 : kind & 0x10 ? 1 : 512);

	if (kind >= 0xf0) {
		addr = word_like(in, RING_DATA + 0x100u * (kind & 3));
		len = (uint32_t)word_like(in, 16u * (byte(in) & 7));
	}
	ring_desc_at(&w.ring, table, i, addr, len, kind >= 0xf0 ? D_INDIRECT : byte(in) & 3,
		     (uint32_t)word_like(in, (i + 1) % QUEUE));
}

/* A header of virtio-blk, where buffers usually begin. */
static void put_header(struct input *in)
{
	uint8_t *h = ring_at(&w.ring, RING_DATA + 0x1000u * (byte(in) & 7));
	static const uint8_t types[] = { 0, 1, 4, 8, 11, 13, 2, 77 };

	le32_store(h, (uint32_t)word_like(in, types[byte(in) & 7]));
	le64_store(h + 8, word_like(in, byte(in)));
}

static void one_register(struct input *in)
{
	static const uint16_t offs[] = {
		VIRTIO_PCI_COMMON_GFSELECT, VIRTIO_PCI_COMMON_GF,     VIRTIO_PCI_COMMON_STATUS,
		VIRTIO_PCI_COMMON_Q_SELECT, VIRTIO_PCI_COMMON_Q_SIZE, VIRTIO_PCI_COMMON_Q_ENABLE,
		VIRTIO_PCI_COMMON_Q_DESCLO, VIRTIO_PCI_COMMON_Q_MSIX, VIRTIO_BAR_DEVICE,
		VIRTIO_BAR_NOTIFY,          VIRTIO_BAR_MSIX + 12,     VIRTIO_BAR_ISR,
	};
	uint64_t off = word_like(in, offs[byte(in) % ARRAY_LEN(offs)]) % VIRTIO_BAR_SIZE;
	uint32_t size = 1u << (byte(in) & 3);

	if (off + size > VIRTIO_BAR_SIZE)
		off = VIRTIO_BAR_SIZE - size;
	if (byte(in) & 1)
		driver_read(&w, off, size);
	else
		driver_write(&w, off, size, word_like(in, byte(in)));
}

/* Rings in their first state, and a request of header, data and status at each third descriptor. */
static void fresh_rings(void)
{
	memset(ring_at(&w.ring, RING_DESC), 0, RING_DATA - RING_DESC);
	w.ring.avail = 0;
	for (uint32_t i = 0; i < QUEUE; i++)
		ring_desc(&w.ring, i, RING_DATA + 0x1000u * i, i % 3 ? 512 : 16,
			  i % 3 == 2 ? D_WRITE : D_NEXT, i + 1);
}

static void start_driver(struct input *in)
{
	uint64_t features = driver_offer(&w);

	driver_set_status(&w, 0);
	if (w.v->state != VIRTIO_RESET)
		return;
	fresh_rings();
	if (driver_negotiate(&w, word_like(in, features))) {
		driver_queue(&w, 0, word_like(in, RING_DESC), word_like(in, RING_AVAIL),
			     word_like(in, RING_USED));
		driver_queue(&w, 1, word_like(in, RING_DESC), word_like(in, RING_AVAIL + 0x100),
			     word_like(in, RING_USED + 0x100));
	}
	driver_ok(&w);
}

static void one_step(struct input *in)
{
	uint8_t what = byte(in);

	if (what < 0x30)
		put_desc(in);
	else if (what < 0x60)
		put_header(in);
	else if (what < 0x90)
		ring_offer(&w.ring, (uint16_t)word_like(in, byte(in) % QUEUE / 3 * 3));
	else if (what < 0x91)
		ring_set_avail(&w.ring, (uint16_t)word_like(in, w.ring.avail));
	else if (what < 0xc8)
		driver_kick(&w, what & 1);
	else if (what < 0xd8)
		complete(what & 7);
	else if (what < 0xe0)
		one_register(in);
	else if (what < 0xe1)
		pci_func_config_write(&w.v->func, byte(in), 1u << byte(in) % 3,
				      (uint32_t)raw64(in));
	else if (what < 0xfe || w.v->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		start_driver(in);
	else
		driver_set_status(&w, 0);
}

static struct device *make_disk(char *path, bool no_ring)
{
	static struct blk_conf conf;
	struct device *dev;
	int fd = mkstemp(path);

	must(fd >= 0 && ftruncate(fd, DISK_SIZE) == 0);
	close(fd);
	conf = (struct blk_conf){ .path = path, .queues = NQUEUES };
	if (no_ring)
		fake_fail_all("uring_init", -ENOSYS);
	must(virtio_blk.create(&dev, &w.env, &conf, "disk0", 0, &w.blame) == 0);
	fake_fail_all(NULL, 0);
	return dev;
}

static struct device *make_small(const struct device_model *model)
{
	/* For each of them: defaults, or what its first fields become. */
	static const union {
		char *backend; /* struct console_conf */
		struct balloon_conf balloon;
	} console = { .backend = "none" }, balloon = { .balloon = { 64 * KiB, true, true } };
	struct device *dev;

	must(model->create(&dev, &w.env, model == &virtio_balloon ? &balloon : &console, "small", 0,
			   &w.blame) == 0);
	return dev;
}

/* NULL: ours. */
static struct device *make_device(uint8_t kind, char *disk_path)
{
	switch (kind & 7) {
	case 0:
	case 1:
		return make_disk(disk_path, kind & 1);
	case 2:
		return make_small(&virtio_console);
	case 3:
		return make_small(&virtio_balloon);
	default:
		return NULL;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	char path[] = "/tmp/fuzz_queue.XXXXXX";
	struct device *dev;

	log_set_sink(unread);
	fake_reset();
	world_init(&w, QUEUE);
	nheld = 0;
	dev = make_device(byte(&in), path);
	if (!dev) {
		must(virtio_pci_init(&own, &own_type, &w.env, "own", 0, NQUEUES, false) == 0);
		own.config_len = 24;
	}
	driver_attach(&w, dev ? dev->func->ctx : &own);
	start_driver(&in);
	while (in.p < in.end)
		one_step(&in);
	world_run(&w);
	pci_func_reset(&w.v->func);
	must(w.v->state == VIRTIO_RESET && w.nio == 0 && nheld == 0);
	if (dev && dev->model == &virtio_blk)
		unlink(path);
	if (dev)
		dev->model->destroy(dev);
	else
		virtio_pci_close(&own);
	loop_close(&w.loop);
	fake_reset();
	return 0;
}

size_t fuzz_seed(unsigned int index, uint8_t *out, size_t max)
{
	size_t len = any_bytes(index, 64, out, max);

	if (len)
		memset(out + 1, 0x40, 12); /* a driver that starts well */
	return len;
}
