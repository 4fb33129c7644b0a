/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_DEVICES_VIRTIO_NET_FIXTURE_H
#define TESTS_UNIT_DEVICES_VIRTIO_NET_FIXTURE_H

/* A network card on a fake back end, and a driver that speaks to it as a guest does: by its BAR. */

#include "devices/virtio/net.h"
#include "devices/virtio/pci_private.h"
#include "tests/unit/said.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RAM_SIZE (4 * MiB)
#define RING(q) (0x10000u * ((q) + 1)) /* descriptors, available, used: 0x4000 each */
#define BUFFERS 0x100000u
#define QSIZE 16u
#define HDR NET_VNET_HDR_SIZE

static uint16_t qsize = QSIZE; /* of the queues that drive() makes */
static uint8_t *ram;
static struct gmem mem;
static struct loop loop;
static struct device *dev;
static struct net_card *card;

/* ---- the back end: a socket pair, whose other end is the test's ---- */

static struct {
	struct net_backend b;
	int peer;
	uint32_t offload_set;
	int closed; /* times */
} fake;

static ssize_t fake_send(struct net_backend *b, const struct iovec *iov, uint32_t n)
{
	const struct msghdr msg = { .msg_iov = (struct iovec *)iov, .msg_iovlen = n };
	ssize_t r = sendmsg(b->fd, &msg, MSG_DONTWAIT);

	return r < 0 ? -EAGAIN : r;
}

static ssize_t fake_receive(struct net_backend *b, const struct iovec *iov, uint32_t n)
{
	struct msghdr msg = { .msg_iov = (struct iovec *)iov, .msg_iovlen = n };
	ssize_t r = recvmsg(b->fd, &msg, MSG_DONTWAIT);

	return r < 0 ? -EAGAIN : r;
}

static int fake_set_offload(struct net_backend *b, uint32_t offload)
{
	(void)b;
	fake.offload_set = offload;
	return 0;
}

static void fake_gone(struct net_backend *b)
{
	(void)b;
}

static void fake_close(struct net_backend *b)
{
	(void)b;
	fake.closed++;
}

static const struct net_backend_ops fake_ops = { fake_send, fake_receive, fake_set_offload,
						 fake_gone, fake_close };

/* ---- its surroundings ---- */

static gpa_t bar_gpa(void *ctx, const struct pci_func *f, int bar)
{
	(void)ctx;
	(void)f;
	(void)bar;
	return UINT64_MAX;
}

static int no_fd(void *ctx, gpa_t gpa, int fd, bool on)
{
	(void)ctx;
	(void)gpa;
	(void)fd;
	(void)on;
	return -ENOTSUP;
}

static int no_irqfd(void *ctx, int fd, uint32_t lisn, bool on)
{
	return no_fd(ctx, lisn, fd, on);
}

static void raise_nothing(void *ctx, uint32_t lisn, bool up)
{
	(void)ctx;
	(void)lisn;
	(void)up;
}

static const struct device_env env = {
	.mem = &mem,
	.loop = &loop,
	.nvcpus = 1,
	.bar_gpa = bar_gpa,
	.ioeventfd = no_fd,
	.irqfd = no_irqfd,
	.raise = raise_nothing,
};

/* A card; @vnet_hdr and all offloads as a tap device has them, or none as libslirp. */
static void make_card(const struct net_conf *conf, const char *id, bool vnet_hdr)
{
	int fd[2];

	said_catch(LOG_WARN);
	ram = calloc(1, RAM_SIZE);
	cr_assert(eq(int, gmem_add(&mem, 0, RAM_SIZE, ram), 0));
	cr_assert(eq(int, loop_init(&loop, NULL), 0));
	cr_assert(eq(int, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd), 0));
	net_backend_init(&fake.b, &fake_ops, &loop, id);
	fake.b.fd = fd[0];
	fake.peer = fd[1];
	fake.b.vnet_hdr = vnet_hdr;
	fake.b.checked = !vnet_hdr;
	fake.b.offload = vnet_hdr ? 15 : 0;
	fake.b.mtu = 1500;
	cr_assert(eq(int, net_new(&dev, &env, conf, id, 0, &fake.b), 0));
	card = (struct net_card *)dev;
	pci_func_config_write(dev->func, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static void destroy_card(void)
{
	card->dev.model->destroy(dev);
	cr_expect(eq(int, fake.closed, 1));
	close(fake.peer);
	loop_close(&loop);
	free(ram);
	mem = (struct gmem){ 0 };
}

/* Everything that is ready. Bounded: a card that spins fails its test. */
static void settle(void)
{
	int i = 0;

	while (loop_run_once(&loop, 0) > 0)
		cr_assert(lt(int, i++, 1000), "the loop never rests");
}

/* ---- the driver ---- */

static void reg_write(uint32_t off, uint32_t size, uint64_t value)
{
	dev->func->ops->bar_write(dev->func, VIRTIO_BAR, off, size, value);
}

static uint64_t reg_read(uint32_t off, uint32_t size)
{
	return dev->func->ops->bar_read(dev->func, VIRTIO_BAR, off, size);
}

static uint64_t offered(void)
{
	uint64_t f = 0;

	for (uint32_t i = 0; i < 2; i++) {
		reg_write(VIRTIO_PCI_COMMON_DFSELECT, 4, i);
		f |= reg_read(VIRTIO_PCI_COMMON_DF, 4) << 32 * i;
	}
	return f;
}

static uint8_t status(void)
{
	return (uint8_t)reg_read(VIRTIO_PCI_COMMON_STATUS, 1);
}

static uint64_t config(uint32_t off, uint32_t size)
{
	return reg_read(VIRTIO_BAR_DEVICE + off, size);
}

static void reset(void)
{
	reg_write(VIRTIO_PCI_COMMON_STATUS, 1, 0);
	cr_assert(eq(int, status(), 0));
	memset(ram + RING(0), 0, RING(3) - RING(0));
}

/* Reset, and drive with all of @features that are offered. */
static void drive(uint64_t features)
{
	reset();
	features = (features | 1ULL << VIRTIO_F_VERSION_1) & offered();
	reg_write(VIRTIO_PCI_COMMON_STATUS, 1, 3);
	for (uint32_t i = 0; i < 2; i++) {
		reg_write(VIRTIO_PCI_COMMON_GFSELECT, 4, i);
		reg_write(VIRTIO_PCI_COMMON_GF, 4, (uint32_t)(features >> 32 * i));
	}
	reg_write(VIRTIO_PCI_COMMON_STATUS, 1, 11);
	for (uint32_t q = 0; q < NET_NQUEUES; q++) {
		reg_write(VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
		reg_write(VIRTIO_PCI_COMMON_Q_SIZE, 2, qsize);
		reg_write(VIRTIO_PCI_COMMON_Q_DESCLO, 4, RING(q));
		reg_write(VIRTIO_PCI_COMMON_Q_AVAILLO, 4, RING(q) + 0x4000);
		reg_write(VIRTIO_PCI_COMMON_Q_USEDLO, 4, RING(q) + 0x8000);
		reg_write(VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
	}
	reg_write(VIRTIO_PCI_COMMON_STATUS, 1, 15);
	cr_assert(eq(int, status(), 15));
	settle();
}

static uint16_t used(uint32_t q)
{
	return le16_load(ram + RING(q) + 0x8002);
}

static void desc(uint32_t q, uint32_t i, uint64_t addr, uint32_t len, uint16_t flags, uint16_t next)
{
	uint8_t *d = ram + RING(q) + 16u * i;

	le64_store(d, addr);
	le32_store(d + 8, len);
	le16_store(d + 12, flags);
	le16_store(d + 14, next);
}

/* Chain @head is available from now on. */
static void avail(uint32_t q, uint16_t head)
{
	uint8_t *a = ram + RING(q) + 0x4000;
	uint16_t idx = le16_load(a + 2);

	le16_store(a + 4 + 2 * (idx % qsize), head);
	le16_store(a + 2, (uint16_t)(idx + 1));
}

static void notify(uint32_t q)
{
	reg_write(VIRTIO_BAR_NOTIFY + q * VIRTIO_NOTIFY_STRIDE, 2, q);
	settle();
}

static uint8_t *buffer(uint32_t i)
{
	return ram + BUFFERS + 0x20000u * i;
}

/* A chain of one descriptor. */
static void give(uint32_t q, uint16_t i, uint32_t len, bool write)
{
	desc(q, i, BUFFERS + 0x20000u * i, len, write ? VRING_DESC_F_WRITE : 0, 0);
	avail(q, i);
}

/* A frame in buffer @i that begins with @mark, behind an empty header. */
static void transmit(uint16_t i, uint8_t mark, uint32_t len)
{
	memset(buffer(i), 0, HDR);
	memset(buffer(i) + HDR, mark, len);
	give(NET_TX, i, HDR + len, false);
	notify(NET_TX);
}

/* What the back end's other side got: bytes, or -1. */
static ssize_t peer_gets(uint8_t *buf, size_t len)
{
	return recv(fake.peer, buf, len, MSG_DONTWAIT);
}

static void peer_sends(uint8_t mark, size_t len)
{
	uint8_t *buf = malloc(len);

	memset(buf, mark, len);
	if (fake.b.vnet_hdr && len >= HDR)
		memset(buf, 0, HDR);
	cr_assert(eq(long, send(fake.peer, buf, len, MSG_DONTWAIT), (long)len));
	free(buf);
}

#endif
