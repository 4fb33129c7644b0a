/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fake/vhost.h"
#include "tests/unit/devices/virtio/small_fixture.h"

#include <linux/virtio_vsock.h>

static struct ring tx, event;
static const uint64_t conf = 7; /* struct vsock_conf: the CID */

static void setup(void)
{
	small_setup();
	fake_set_vhost_vsock(true, 0);
}

TestSuite(virtio_vsock, .init = setup, .fini = small_teardown);

static void create(void)
{
	cr_assert(eq(int, virtio_vsock.create(&dev, &w.env, &conf, "vsock", 0, &w.blame), 0), "%s",
		  said_last());
	driver_attach(&w, dev->func->ctx);
}

static void start(void)
{
	cr_assert(driver_negotiate(&w,
				   1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_VSOCK_F_SEQPACKET));
	driver_queue(&w, 0, RING_DESC, RING_AVAIL, RING_USED);
	driver_ring(&w, 1, &tx, FAR);
	driver_ring(&w, 2, &event, FARTHER);
	driver_ok(&w);
	world_run(&w);
}

static bool is_broken(void)
{
	return driver_status(&w) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

Test(virtio_vsock, has_its_cid)
{
	create();
	cr_expect(eq(u64, fake_vhost_vsock_cid(), 7));
	cr_expect(eq(u64, driver_read(&w, VIRTIO_BAR_DEVICE, 8), 7));
	cr_expect(eq(u64, driver_offer(&w) >> VIRTIO_VSOCK_F_SEQPACKET & 1, 1));
}

Test(virtio_vsock, the_kernel_gets_two_queues_and_gives_them_back)
{
	create();
	cr_expect(not(fake_vhost_vsock_runs()));
	for (int i = 0; i < 2; i++) {
		start();
		cr_assert(fake_vhost_vsock_runs());
		for (uint32_t q = 0; q < 2; q++) {
			cr_expect(eq(u32, fake_vhost_vsock_queue(q)->size, 16));
			cr_expect(eq(int, fake_vhost_vsock_queue(q)->kick, w.v->queues[q].kick_fd));
			cr_expect(ge(int, fake_vhost_vsock_queue(q)->call, 0));
		}
		cr_expect(eq(uint, w.nirqfds, 2));
		ring_desc(&event, 0, RING_DATA, 8, D_WRITE, 0);
		ring_offer(&event, 0);
		driver_kick(&w, 2);
		cr_expect(eq(u16, ring_used_idx(&event), 0), "nothing happens to this guest");
		driver_set_status(&w, 0);
		cr_expect(eq(u8, driver_status(&w), 0));
		cr_expect(not(fake_vhost_vsock_runs()));
		cr_expect(eq(uint, w.nirqfds, 0));
		for (uint32_t q = 0; q < 2; q++) {
			cr_expect(eq(int, fake_vhost_vsock_queue(q)->kick, -1));
			cr_expect(eq(int, fake_vhost_vsock_queue(q)->call, -1));
		}
	}
	cr_expect(eq(int, said_lines(), 0));
}

/* Destroyed while it runs. */
Test(virtio_vsock, nothing_is_left)
{
	create();
	start();
}

Test(virtio_vsock, a_driver_without_the_two_queues_has_to_reset)
{
	create();
	cr_assert(driver_negotiate(&w, 1ULL << VIRTIO_F_VERSION_1));
	driver_queue(&w, 0, RING_DESC, RING_AVAIL, RING_USED);
	driver_ok(&w);
	cr_expect(is_broken());
	cr_expect(eq(uint, w.nirqfds, 0));
	driver_set_status(&w, 0);
	start();
	cr_expect(fake_vhost_vsock_runs());
}

/* Whatever the kernel refuses at start: the device needs a reset, and lives after it. */
Test(virtio_vsock, refusals_are_survived)
{
	static const char *const calls[] = {
		"VHOST_SET_FEATURES vhost-vsock",      "VHOST_SET_VRING_NUM vhost-vsock",
		"VHOST_SET_VRING_BASE vhost-vsock",    "VHOST_SET_VRING_ADDR vhost-vsock",
		"VHOST_SET_VRING_KICK vhost-vsock",    "VHOST_SET_VRING_CALL vhost-vsock",
		"VHOST_VSOCK_SET_RUNNING vhost-vsock",
	};

	create();
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		fake_fail_all(calls[i], -EFAULT);
		start();
		cr_expect(is_broken(), "%s", calls[i]);
		cr_expect(eq(uint, w.nirqfds, 0), "%s", calls[i]);
		fake_fail_all(NULL, 0);
		driver_set_status(&w, 0);
		start();
		cr_expect(fake_vhost_vsock_runs(), "%s", calls[i]);
		driver_set_status(&w, 0);
	}
}

static void expect_refused(int result, const char *text)
{
	cr_expect(eq(int, virtio_vsock.create(&dev, &w.env, &conf, "vsock", 0, &w.blame), result));
	dev = NULL;
	cr_expect(eq(int, said_lines(), 1));
	cr_expect(eq(str, said_last(), (char *)text));
	cr_expect(eq(int, fake_open_fds(), 3), "the loop's");
}

Test(virtio_vsock, a_host_without_the_module)
{
	fake_set_vhost_vsock(false, 0);
	expect_refused(-ENXIO, "vsock: /dev/vhost-vsock: No such device or address: \"modprobe "
			       "vhost_vsock\" makes it");
}

Test(virtio_vsock, a_cid_of_another_guest)
{
	fake_set_vhost_vsock(true, 7);
	expect_refused(-EADDRINUSE, "vsock.cid: 7 is another guest's: choose one that is free");
}

Test(virtio_vsock, every_failure_leaves_nothing)
{
	int n = 0, r;

	do {
		fake_fail_nth(++n, -ENOMEM);
		r = virtio_vsock.create(&dev, &w.env, &conf, "vsock", 0, &w.blame);
		fake_fail_nth(0, 0);
		if (r == 0)
			virtio_vsock.destroy(dev);
		dev = NULL;
		cr_assert(eq(int, fake_open_fds(), 3), "after call %d", n);
	} while (r < 0 && n < 100);
	cr_expect(gt(int, n, 5));
	cr_expect(lt(int, n, 100));
}
