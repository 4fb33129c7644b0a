/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A network card between a hostile driver and a hostile back end: its three queues, frames of any
 * length and bytes from the other side, which is slow, or ends; with and without a header of the
 * kernel's, with vhost or without. Beyond the checks of virtio.h: what arrives at the other side is
 * a frame's length, a frame from there is found in the guest's buffers as it was sent, and with the
 * link gone nothing is open.
 */
#include "devices/virtio/net.h"
#include "tests/fake/vhost.h"
#include "tests/fuzz/virtio.h"

#include <linux/virtio_net.h>
#include <sys/socket.h>
#include <unistd.h>

static struct hostile h;

static struct {
	struct net_backend b;
	int peer; /* -1: it has ended */
	bool gone, closed;
	unsigned int nsent;
} fake;

static ssize_t fake_send(struct net_backend *b, const struct iovec *iov, uint32_t n)
{
	const struct msghdr msg = { .msg_iov = (struct iovec *)iov, .msg_iovlen = n };
	size_t len = 0;

	for (uint32_t i = 0; i < n; i++)
		len += iov[i].iov_len;
	len -= b->vnet_hdr ? NET_VNET_HDR_SIZE : 0;
	must(len >= NET_ETH_HDR_SIZE && len <= NET_MAX_FRAME);
	return sendmsg(b->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : (ssize_t)len;
}

static ssize_t fake_receive(struct net_backend *b, const struct iovec *iov, uint32_t n)
{
	struct msghdr msg = { .msg_iov = (struct iovec *)iov, .msg_iovlen = n };
	ssize_t r = recvmsg(b->fd, &msg, MSG_DONTWAIT);

	if (r <= 0)
		return -EAGAIN;
	return msg.msg_flags & MSG_TRUNC ? -EMSGSIZE : r;
}

static int fake_set_offload(struct net_backend *b, uint32_t offload)
{
	must((offload & ~b->offload) == 0);
	return 0;
}

static void fake_gone(struct net_backend *b)
{
	must(b->fd < 0 && !fake.gone);
	fake.gone = true;
}

static void fake_close(struct net_backend *b)
{
	must(b->fd < 0);
	fake.closed = true;
}

static const struct net_backend_ops fake_ops = { fake_send, fake_receive, fake_set_offload,
						 fake_gone, fake_close };

static void peer_reads(uint8_t n)
{
	static uint8_t buf[NET_MAX_FRAME + NET_VNET_HDR_SIZE];

	while (n-- > 0 && fake.peer >= 0 && recv(fake.peer, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
}

/* Its first bytes are the input's: lengths and flags that a header has. */
static void peer_sends(struct input *in)
{
	static uint8_t buf[NET_MAX_FRAME + NET_VNET_HDR_SIZE + 100];
	uint32_t len = (uint32_t)word_like(in, hostile_len(in)) % sizeof(buf);

	for (uint32_t i = 0; i < len && i < 20; i++)
		buf[i] = byte(in);
	memset(buf + 20, 0x80 | (fake.nsent++ & 0x7f), sizeof(buf) - 20);
	if (fake.peer >= 0 && len > 0)
		(void)!send(fake.peer, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Classes and commands of the control queue, where its chains begin. */
static void put_command(struct input *in)
{
	uint8_t *p = ring_at(&h.w.ring, RING_DATA + 0x1000u * (byte(in) & 31));
	uint8_t n = byte(in) & 31;

	p[0] = byte(in) % 6;
	p[1] = byte(in) % 4;
	for (uint8_t i = 2; i < n; i++)
		p[i] = (uint8_t)word_like(in, i % 6 == 2);
}

/* A frame of one buffer that the guest offered by itself is there byte for byte. */
static void one_frame_through(struct input *in)
{
	const struct net_card *n = container_of(h.w.v, struct net_card, v);
	static const uint8_t well[16] = "@@@@@@@@@@@@@@@"; /* nothing but what should be */
	uint8_t frame[200], *at = ring_at(&h.w.ring, RING_DATA);
	uint32_t len = 20 + byte(in) % 150u, hdr = fake.b.vnet_hdr ? 0 : NET_VNET_HDR_SIZE;
	uint8_t mark = byte(in);

	while (fake.b.fd >= 0 && recv(fake.b.fd, frame, sizeof(frame), MSG_DONTWAIT) > 0)
		;
	hostile_start(&h, &(struct input){ well, well + sizeof(well) });
	if (fake.peer < 0 || !virtio_pci_runs(h.w.v) || n->in_kernel || h.wild)
		return;
	for (uint32_t i = 0; i < len; i++)
		frame[i] = (uint8_t)(mark + i * 7);
	memset(at, 0, 400);
	ring_desc_at(&h.w.ring, RING_DESC, 3, h.bus + RING_DATA, 400, D_WRITE, 0);
	h.room[NET_RX][3] = 400;
	hostile_offer(&h, NET_RX, 3);
	driver_kick(&h.w, NET_RX);
	must(send(fake.peer, frame, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len);
	world_run(&h.w);
	must(le16_load(ring_at(&h.w.ring, RING_USED + 2)) == 1);
	must(le32_load(ring_at(&h.w.ring, RING_USED + 8)) == len + hdr);
	must(memcmp(at + NET_VNET_HDR_SIZE, frame + NET_VNET_HDR_SIZE - hdr,
		    len - (NET_VNET_HDR_SIZE - hdr)) == 0);
}

/* More than the other side has room for, maybe. */
static void burst(struct input *in)
{
	uint32_t len = NET_VNET_HDR_SIZE + 60 + byte(in) * 8u;

	for (uint32_t i = byte(in) % HOSTILE_QUEUE; i < HOSTILE_QUEUE; i++) {
		hostile_own(&h, NET_TX, i, i);
		ring_desc_at(&h.w.ring, RING_DESC + HOSTILE_NEXT * NET_TX, i,
			     h.bus + RING_DATA + 0x1000u * i, len, 0, 0);
		hostile_offer(&h, NET_TX, (uint16_t)i);
	}
	driver_kick(&h.w, NET_TX);
}

static void step(struct input *in)
{
	uint8_t what = byte(in);

	if (what < 0x40)
		peer_sends(in);
	else if (what < 0x50)
		peer_reads(what & 15);
	else if (what < 0x60)
		put_command(in);
	else if (what == 0x60)
		one_frame_through(in);
	else if (what < 0x68)
		burst(in);
	else if (what == 0x68 && byte(in) < 8 && fake.peer >= 0) {
		close(fake.peer);
		fake.peer = -1;
	} else
		hostile_step(&h, in);
	world_run(&h.w);
	hostile_check(&h);
}

static struct device *make_card(uint8_t how)
{
	static char id[] = "net0";
	const struct net_conf conf = { .backend = how & 1 ? NET_TAP : NET_USER,
				       .vhost = how & 2 ? NET_VHOST_AUTO : NET_VHOST_OFF,
				       .mtu = how & 4 ? 9000 : 0,
				       .iommu = how & 0x20 };
	struct device *dev;
	int fd[2], small = 4096;

	h.bus = conf.iommu ? 0x8000000000 : 0; /* where world_translate() has RAM */
	memset(&fake, 0, sizeof(fake));
	fake_set_vhost(how & 2);
	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) == 0);
	if (how & 8) /* the other side is slow soon */
		must(setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)) == 0);
	net_backend_init(&fake.b, &fake_ops, &h.w.loop, id);
	fake.b.fd = fd[0];
	fake.peer = fd[1];
	fake.b.vnet_hdr = how & 1;
	fake.b.checked = !(how & 1);
	fake.b.offload = how & 1 ? 15 : 0;
	fake.b.mtu = how & 0x10 ? 1500 : 0;
	must(net_new(&dev, &h.w.env, &conf, id, 0, &fake.b) == 0);
	return dev;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	struct device *dev;

	log_set_sink(unread);
	hostile_init(&h);
	dev = make_card(byte(&in));
	hostile_drive(&h, &in, dev, step);
	hostile_reset(&h);
	dev->model->destroy(dev);
	must(fake.closed);
	if (fake.peer >= 0)
		close(fake.peer);
	hostile_close(&h);
	return 0;
}

size_t fuzz_seed(unsigned int index, uint8_t *out, size_t max)
{
	return hostile_seed(index, out, max, 1200, 12);
}
