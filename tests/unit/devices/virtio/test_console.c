/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio-console on a socket, whose client is the test. */
#include "tests/unit/devices/virtio/small_fixture.h"
#include "tests/unit/needs.h"

#include <linux/virtio_ids.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define RX 0u
#define TX 1u

static struct ring tx;
static char spec[80];
static int peer = -1;
static struct {
	char *backend;
	bool iommu;
} conf; /* struct console_conf */

static void create(void)
{
	cr_assert(eq(int,
		     virtio_console.create(&dev, &w.env, &conf, "virtio_console0", 0, &w.blame),
		     0));
	driver_attach(&w, dev->func->ctx);
}

static void start(void)
{
	cr_assert(driver_negotiate(&w, 1ULL << VIRTIO_F_VERSION_1));
	driver_write(&w, VIRTIO_PCI_COMMON_MSIX, 2, 0);
	driver_queue(&w, RX, RING_DESC, RING_AVAIL, RING_USED);
	driver_ring(&w, TX, &tx, FAR);
	driver_ok(&w);
	world_run(&w);
}

static void connect_peer(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", spec + 5);
	peer = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	cr_assert(eq(int, connect(peer, (struct sockaddr *)&a, sizeof(a)), 0));
	world_run(&w);
}

static void setup(void)
{
	small_setup();
	snprintf(spec, sizeof(spec), "unix:/tmp/test_virtio_console.%d", getpid());
	conf.backend = spec;
}

static void teardown(void)
{
	small_teardown();
	if (peer >= 0)
		close(peer);
}

TestSuite(virtio_console, .init = setup, .fini = teardown, .timeout = 60);

static void say(const char *text, uint64_t gpa)
{
	memcpy(ring_at(&tx, gpa), text, strlen(text));
	ring_desc(&tx, 0, gpa, (uint32_t)strlen(text), 0, 0);
	ring_offer(&tx, 0);
	driver_kick(&w, TX);
}

static void expect_peer_gets(const char *text)
{
	char buf[256] = "";

	cr_expect(eq(long, read(peer, buf, sizeof(buf) - 1), (long)strlen(text)));
	cr_expect(eq(str, buf, (char *)text));
}

static uint32_t used(struct ring *r)
{
	uint32_t id, len, n = 0;

	while (ring_take(r, &id, &len))
		n++;
	return n;
}

static void room(uint16_t i, uint32_t len)
{
	ring_desc(&w.ring, i, RING_DATA + 0x1000u * i, len, D_WRITE, 0);
	ring_offer(&w.ring, i);
}

static void expect_input(uint16_t i, const char *text)
{
	uint32_t id, len;

	cr_assert(ring_take(&w.ring, &id, &len), "%s", text);
	cr_expect(eq(u32, id, i));
	cr_assert(eq(u32, len, (uint32_t)strlen(text)));
	cr_expect(eq(int, memcmp(ring_at(&w.ring, RING_DATA + 0x1000u * i), text, len), 0), "%s",
		  text);
}

Test(virtio_console, is_what_its_ids_say)
{
	create();
	cr_expect(eq(u32, pci_func_config_read(&w.v->func, PCI_VENDOR_ID, 4),
		     (0x1040u + VIRTIO_ID_CONSOLE) << 16 | 0x1af4));
	cr_expect(eq(u32, w.v->nqueues, 2), "one port");
}

Test(virtio_console, output_arrives)
{
	create();
	start();
	connect_peer();
	say("hello\r\n", RING_DATA + FAR);
	expect_peer_gets("hello\r\n");
	cr_expect(eq(u32, used(&tx), 1));
	cr_expect(eq(uint, w.raised[2], 1));
}

Test(virtio_console, output_of_several_buffers_arrives_in_order)
{
	create();
	start();
	connect_peer();
	memcpy(ring_at(&tx, RING_DATA + FAR), "onetwothree", 11);
	ring_desc(&tx, 0, RING_DATA + FAR, 3, D_NEXT, 1);
	ring_desc(&tx, 1, RING_DATA + FAR + 3, 3, D_NEXT, 2);
	ring_desc(&tx, 2, RING_DATA + FAR + 6, 5, D_NEXT, 3);
	ring_desc(&tx, 3, RING_DATA + FAR, 3, D_WRITE, 0); /* nothing is written there */
	ring_offer(&tx, 0);
	driver_kick(&w, TX);
	expect_peer_gets("onetwothree");
}

Test(virtio_console, input_arrives_as_there_is_room)
{
	create();
	start();
	room(0, 4);
	driver_kick(&w, RX);
	connect_peer();
	cr_assert(eq(long, write(peer, "abcdefghij", 10), 10));
	world_run(&w);
	expect_input(0, "abcd");
	room(1, 2);
	room(2, 100);
	driver_kick(&w, RX);
	expect_input(1, "ef");
	expect_input(2, "ghij");
	cr_expect(eq(uint, w.raised[1], 2));
}

Test(virtio_console, input_waits_for_a_driver)
{
	create();
	connect_peer();
	cr_assert(eq(long, write(peer, "early", 5), 5));
	world_run(&w);
	start();
	room(0, 100);
	driver_kick(&w, RX);
	expect_input(0, "early");
}

/* Buffers of a driver that went away are not written to. */
Test(virtio_console, input_waits_from_a_reset_on)
{
	create();
	start();
	room(0, 100);
	connect_peer();
	driver_set_status(&w, 0);
	cr_assert(eq(long, write(peer, "late", 4), 4));
	world_run(&w);
	cr_expect(eq(u32, used(&w.ring), 0));
	cr_expect(eq(u8, *(uint8_t *)ring_at(&w.ring, RING_DATA), 0));
}

/* The reader is slow: the guest's request is kept, and all of it arrives once. */
Test(virtio_console, output_waits_for_a_slow_reader)
{
	static uint8_t got[4 << 20];
	size_t n = 0, sent = 0;
	uint32_t done = 0;

	create();
	start();
	connect_peer();
	for (uint32_t i = 0; i < 0x10000; i++)
		((uint8_t *)ring_at(&tx, RING_DATA + FAR))[i] = (uint8_t)(i * 7 + (i >> 8));
	ring_desc(&tx, 0, RING_DATA + FAR, 0x10000, 0, 0);
	while (sent - done < 2) { /* one is on its way for ever, nobody reads */
		ring_offer(&tx, 0);
		sent++;
		driver_kick(&w, TX);
		done += used(&tx);
		cr_assert(lt(sz, sent, 60), "an endless buffer");
	}
	while (n < sent * 0x10000) {
		ssize_t r = read(peer, got + n, sizeof(got) - n);

		if (r > 0)
			n += (size_t)r;
		loop_run_once(&w.loop, r > 0 ? 0 : 20); /* it tries again by a timer */
		done += used(&tx);
	}
	cr_expect(eq(sz, n, sent * 0x10000));
	cr_expect(eq(sz, done, sent));
	for (size_t i = 0; i < n; i++)
		cr_assert(eq(u8, got[i], (uint8_t)((i & 0xffff) * 7 + ((i & 0xffff) >> 8))));
}

Test(virtio_console, a_reset_forgets_output_that_waits)
{
	uint32_t sent = 0, done = 0;

	create();
	start();
	connect_peer();
	ring_desc(&tx, 0, RING_DATA + FAR, 0x10000, 0, 0);
	while (sent - done < 2 && sent < 60) {
		ring_offer(&tx, 0);
		sent++;
		driver_kick(&w, TX);
		done += used(&tx);
	}
	driver_set_status(&w, 0);
	cr_expect(eq(u8, driver_status(&w), 0));
	memset(ring_at(&w.ring, RING_DESC), 0, RING_DATA - RING_DESC);
	memset(ring_at(&tx, RING_DESC + FAR), 0, RING_DATA - RING_DESC);
	start();
	loop_run_once(&w.loop, 30);
	world_run(&w);
	cr_expect(eq(u32, used(&tx), 0), "nothing is pushed that was popped before");
}

Test(virtio_console, a_file_has_the_output)
{
	char path[64], text[16] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/test_virtio_console.%d.log", getpid());
	snprintf(spec, sizeof(spec), "file:%s", path);
	create();
	start();
	say("to a file", RING_DATA + FAR);
	virtio_console.destroy(dev);
	dev = NULL;
	f = fopen(path, "r");
	cr_assert(ne(ptr, f, NULL));
	cr_expect(eq(sz, fread(text, 1, sizeof(text) - 1, f), 9));
	cr_expect(eq(str, text, "to a file"));
	fclose(f);
	unlink(path);
}

Test(virtio_console, says_its_own_name)
{
	needs_pts();
	snprintf(spec, sizeof(spec), "pty");
	create();
	cr_expect(ne(ptr, strstr(said_last(), "virtio_console0: /dev/pts/"), NULL), "%s",
		  said_last());
}

Test(virtio_console, a_path_that_is_taken_is_a_wrong_configuration)
{
	snprintf(spec, sizeof(spec), "unix:/nowhere/at/all");
	cr_expect(lt(int,
		     virtio_console.create(&dev, &w.env, &conf, "virtio_console0", 0, &w.blame),
		     0));
	cr_expect(eq(int, w.blame, BLAME_CONFIG));
	cr_expect(ne(ptr, strstr(said_last(), "/nowhere/at/all"), NULL), "%s", said_last());
	dev = NULL;
}

Test(virtio_console, every_failure_leaves_nothing)
{
	int n = 0, r;

	do {
		fake_fail_nth(++n, -ENOMEM);
		r = virtio_console.create(&dev, &w.env, &conf, "virtio_console0", 0, &w.blame);
		fake_fail_nth(0, 0);
		if (r == 0)
			virtio_console.destroy(dev);
		dev = NULL;
		cr_assert(eq(int, fake_open_fds(), 3), "after call %d", n); /* the loop's */
	} while (r < 0 && n < 100);
	cr_expect(gt(int, n, 3));
	cr_expect(lt(int, n, 100));
}
