/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The small virtio devices at a hostile driver, all of their queues: random numbers, a console whose
 * user types, reads and leaves, the balloon, and sockets, whose queues the host's kernel has. Beyond
 * the checks of virtio.h: the console passes on what the guest writes, in order; the balloon gives back
 * whole pages of RAM; the kernel has the queues of a socket device only while its driver runs.
 */
#include "devices/virtio/balloon.h"
#include "tests/fake/vhost.h"
#include "tests/fuzz/virtio.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum kind { RNG, CONSOLE, BALLOON, VSOCK, KINDS };

static struct hostile h;
static enum kind kind;
static int user = -1; /* of the console */
static char spec[64];

/* ---- the console's user ---- */

static void leave(void)
{
	if (user >= 0)
		close(user);
	user = -1;
}

/* Whoever left before, and whatever waits for the guest: the next one is let in. */
static void come(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int r;

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", spec + strlen("unix:"));
	user = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	must(user >= 0);
	r = connect(user, (struct sockaddr *)&a, sizeof(a));
	if (r < 0 && errno == EAGAIN) { /* many have come since the loop ran */
		world_run(&h.w);
		r = connect(user, (struct sockaddr *)&a, sizeof(a));
	}
	must(r == 0);
}

/* What was said before is there for who comes late. */
static void drop_replay(void)
{
	uint8_t buf[4096];

	world_run(&h.w);
	while (read(user, buf, sizeof(buf)) > 0)
		world_run(&h.w);
}

static void console_step(struct input *in)
{
	uint8_t how = byte(in), buf[4096];

	memset(buf, how, sizeof(buf));
	if (how == 0xff)
		leave();
	else if (user < 0)
		come();
	else if (how & 1)
		(void)!send(user, buf, how * 16u, MSG_NOSIGNAL);
	else
		(void)!read(user, buf, how * 16u);
}

/* A driver that means well, and a user who has just come. */
static void console_echo(struct input *in)
{
	static const uint8_t well[16] = "@@@@@@@@@@@@@@@";
	uint8_t typed[64], got[128], *tx = ring_at(&h.w.ring, RING_DATA + 0x1000);
	size_t n = 1 + byte(in) % sizeof(typed);
	ssize_t len = 0;

	leave();
	come();
	drop_replay();
	hostile_start(&h, &(struct input){ well, well + sizeof(well) });
	if (!virtio_pci_runs(h.w.v))
		return;
	for (size_t i = 0; i < n; i++)
		tx[i] = typed[i] = byte(in);
	ring_desc_at(&h.w.ring, RING_DESC + HOSTILE_NEXT, 0, h.bus + RING_DATA + 0x1000,
		     (uint32_t)n, 0, 0);
	hostile_offer(&h, 1, 0);
	driver_kick(&h.w, 1);
	must(le16_load(ring_at(&h.w.ring, RING_USED + HOSTILE_NEXT + 2)) == 1);
	h.wild = true; /* this chain is none of virtio.h's */
	for (ssize_t r; (r = read(user, got, sizeof(got))) > 0; len += r)
		must(len + r <= (ssize_t)n && memcmp(got, typed + len, (size_t)r) == 0);
	must(len == (ssize_t)n);
}

/* ---- the others ---- */

/* Page numbers, some of them RAM's, where buffers begin. */
static void balloon_step(struct input *in)
{
	uint8_t *p = ring_at(&h.w.ring, RING_DATA + 0x1000u * (byte(in) & 31)), n = byte(in);

	for (uint8_t i = 0; i < n; i++)
		le32_store(p + 4 * i, (uint32_t)word_like(in, (RING_DATA >> 12) + byte(in)));
	h.w.discard_result = n == 0xff ? -ENOMEM : 0;
}

static void check_vsock(void)
{
	if (h.w.v->state == VIRTIO_LIVE)
		return;
	must(!fake_vhost_vsock_runs());
	for (uint32_t q = 0; q < 2; q++)
		must(fake_vhost_vsock_queue(q)->kick == -1 &&
		     fake_vhost_vsock_queue(q)->call == -1);
}

static void step(struct input *in)
{
	uint8_t what = byte(in);

	if (what < 0x50 && kind == CONSOLE)
		console_step(in);
	else if (what == 0x50 && kind == CONSOLE)
		console_echo(in);
	else if (what < 0x30 && kind == BALLOON)
		balloon_step(in);
	else if (what < 0x10 && kind == VSOCK)
		h.w.irqfd_result = h.w.ioeventfd_result = what & 1 ? -ENOSPC : 0;
	else
		hostile_step(&h, in);
	if (kind == VSOCK)
		check_vsock();
}

static struct device *make_device(uint8_t how)
{
	/* What the keys become, for the device's life: struct console_conf, rng_conf, vsock_conf. */
	static struct {
		char *backend;
		bool iommu;
	} console = { .backend = spec };
	static bool iommu;
	static const struct balloon_conf balloon = { 512 * KiB, true, true };
	static const uint64_t cid = 7;
	static const struct device_model *const models[] = { &virtio_rng, &virtio_console,
							     &virtio_balloon, &virtio_vsock };
	const void *const confs[] = { &iommu, &console, &balloon, &cid };
	struct device *dev;

	kind = how % KINDS;
	console.iommu = iommu = how & 0x40;
	if (iommu && kind <= CONSOLE)
		h.bus = 0x8000000000; /* where world_translate() has RAM */
	fake_set_vhost_vsock(true, 0);
	snprintf(spec, sizeof(spec), "unix:/tmp/fuzz_small.%d", getpid());
	if (kind == BALLOON)
		h.w.env.ram_page = how & 0x80 ? 65536 : 4096;
	must(models[kind]->create(&dev, &h.w.env, confs[kind], "it", 0, &h.w.blame) == 0);
	return dev;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	struct device *dev;

	log_set_sink(unread);
	hostile_init(&h);
	dev = make_device(byte(&in));
	hostile_drive(&h, &in, dev, step);
	h.w.irqfd_result = h.w.ioeventfd_result = 0;
	hostile_reset(&h);
	leave(); /* a device that goes waits for a reader that has not */
	dev->model->destroy(dev);
	hostile_close(&h);
	return 0;
}

size_t fuzz_seed(unsigned int index, uint8_t *out, size_t max)
{
	return hostile_seed(index, out, max, 1000, 16);
}
