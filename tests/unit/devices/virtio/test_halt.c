/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bus mastering is taken away while a device works, as Linux does at kexec: from then on guest
 * memory is not touched, until the reset. And notifications that KVM does not let go of.
 */
#include "tests/fake/vhost.h"
#include "tests/unit/devices/virtio/counted_fixture.h"
#include "tests/unit/devices/virtio/small_fixture.h"

#include <linux/virtio_ids.h>

static const struct virtio_type type = {
	.name = "virtio-test",
	.id = VIRTIO_ID_RNG,
	.queue_size = 16,
	.max_chain = 64 * KiB,
	COUNTED,
};

static void setup(void)
{
	small_setup();
	cr_assert(eq(int, virtio_pci_init(&v, &type, &w.env, "test0", 0, 1, false), 0));
	driver_attach(&w, &v);
}

static void teardown(void)
{
	virtio_pci_close(&v);
	small_teardown();
}

TestSuite(virtio_halt, .init = setup, .fini = teardown);

static bool needs_reset(void)
{
	return driver_status(&w) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

Test(virtio_halt, nothing_runs_from_the_fall_to_the_reset)
{
	driver_start(&w, 0);
	kicks[0] = w.nraised = 0;
	ring_desc(&w.ring, 0, RING_DATA, 64, D_WRITE, 0);
	ring_offer(&w.ring, 0);
	driver_master(&w, false);
	cr_expect(eq(uint, stops, 1));
	cr_expect(eq(uint, w.nio, 0), "KVM has no ioeventfd of it");
	driver_kick(&w, 0);
	driver_master(&w, true);
	driver_kick(&w, 0);
	virtio_pci_kick_self(&v, 0);
	world_run(&w);
	cr_expect(eq(uint, kicks[0], 0));
	cr_expect(eq(uint, w.nraised, 0), "an interrupt is a write, too");
	cr_expect(needs_reset());
	cr_expect(not(virtio_pci_runs(&v)));
	driver_set_status(&w, 0);
	cr_expect(eq(u8, driver_status(&w), 0));
	cr_expect(eq(uint, stops, 1), "it was stopped already");
	driver_start(&w, 0);
	cr_expect(eq(uint, starts, 2));
	cr_expect(eq(uint, kicks[0], 1));
	cr_expect(not(needs_reset()));
}

/* A request that ends after bus mastering fell is counted, and guest memory stays as it was. */
Test(virtio_halt, what_was_in_flight_is_not_shown)
{
	struct iovec iov[4];
	struct virtq_chain c = { .iov = iov, .max_iov = 4 };

	driver_start(&w, 0);
	ring_desc(&w.ring, 0, RING_DATA, 64, D_WRITE, 0);
	ring_offer(&w.ring, 0);
	cr_assert(eq(int, virtio_pci_pop(&v, 0, &c), 1));
	busy = true;
	driver_master(&w, false);
	virtq_push(virtio_pci_vq(&v, 0), c.head, 64);
	virtio_pci_publish(&v, 0);
	cr_expect(eq(u16, ring_used_idx(&w.ring), 0));
	cr_expect(eq(u32, le32_load(ring_at(&w.ring, RING_USED + 8)), 0));
	driver_set_status(&w, 0);
	cr_expect(ne(u8, driver_status(&w), 0), "the reset waits for it");
	virtio_pci_stopped(&v);
	cr_expect(eq(u8, driver_status(&w), 0));
}

Test(virtio_halt, what_ended_before_the_reset_is_not_waited_for)
{
	driver_start(&w, 0);
	busy = true;
	driver_master(&w, false);
	virtio_pci_stopped(&v);
	cr_expect(needs_reset());
	driver_set_status(&w, 0);
	cr_expect(eq(u8, driver_status(&w), 0));
}

/* Linux sets bus mastering before it resets the device, and some firmware after DRIVER_OK. */
Test(virtio_halt, a_driver_that_sets_it_last_is_served)
{
	driver_master(&w, false);
	driver_start(&w, 0);
	cr_expect(eq(uint, starts + kicks[0], 0));
	cr_expect(eq(uint, w.nio, 0));
	driver_master(&w, true);
	world_run(&w);
	cr_expect(eq(uint, starts, 1));
	cr_expect(eq(uint, kicks[0], 1));
	cr_expect(eq(uint, w.nio, 1));
}

Test(virtio_halt, a_device_at_rest_does_not_mind)
{
	driver_master(&w, false);
	driver_master(&w, true);
	driver_start(&w, 0);
	cr_expect(eq(uint, starts, 1));
	cr_expect(not(needs_reset()));
}

/* ---- ioeventfds ---- */

Test(virtio_halt, an_ioeventfd_that_stays_is_said_and_tried_again)
{
	driver_start(&w, 0);
	cr_assert(eq(uint, w.nio, 1));
	said_forget();
	w.ioeventfd_off_result = -EIO;
	driver_move(&w, WORLD_BAR + 0x10000);
	cr_expect(eq(uint, w.nio, 1), "no second one beside it");
	cr_expect(eq(u64, w.io[0].gpa, WORLD_BAR + VIRTIO_BAR_NOTIFY));
	cr_expect(eq(int, said_lines(), 1), "once");
	cr_expect(ne(ptr, strstr(said_last(), "KVM keeps its ioeventfd at 0x210000003000"), NULL),
		  "%s", said_last());
	kicks[0] = 0;
	driver_kick(&w, 0);
	cr_expect(eq(uint, kicks[0], 1), "its notifications are trapped");
	w.ioeventfd_off_result = 0;
	driver_move(&w, WORLD_BAR + 0x20000);
	cr_expect(eq(uint, w.nio, 1));
	cr_expect(eq(u64, w.io[0].gpa, WORLD_BAR + 0x20000 + VIRTIO_BAR_NOTIFY));
	w.ioeventfd_off_result = -EIO;
	driver_master(&w, false);
	w.ioeventfd_off_result = 0; /* the end takes it away */
}

/* ---- the kernel's queues ---- */

static const uint64_t cid = 7; /* struct vsock_conf */
static struct ring tx;

Test(virtio_halt, a_vsock_gives_its_rings_back)
{
	fake_set_vhost_vsock(true, 0);
	cr_assert(eq(int, virtio_vsock.create(&dev, &w.env, &cid, "vsock", 0, &w.blame), 0));
	driver_attach(&w, dev->func->ctx);
	cr_assert(driver_negotiate(&w, 1ULL << VIRTIO_F_VERSION_1));
	driver_queue(&w, 0, RING_DESC, RING_AVAIL, RING_USED);
	driver_ring(&w, 1, &tx, FAR);
	driver_master(&w, false);
	driver_ok(&w);
	cr_expect(not(fake_vhost_vsock_runs()), "not before it is bus master");
	driver_master(&w, true);
	cr_expect(fake_vhost_vsock_runs());
	driver_master(&w, false);
	for (int i = 0; i < 2; i++) {
		cr_expect(not(fake_vhost_vsock_runs()));
		cr_expect(eq(int, fake_vhost_vsock_queue(0)->kick, -1));
		cr_expect(eq(int, fake_vhost_vsock_queue(1)->call, -1));
		cr_expect(eq(uint, w.nirqfds, 0));
		driver_master(&w, true);
	}
}
