/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/devices/virtio/small_fixture.h"

#include <linux/virtio_ids.h>

static const bool conf; /* struct rng_conf: not behind the IOMMU */

static void setup(void)
{
	small_setup();
	cr_assert(eq(int, virtio_rng.create(&dev, &w.env, &conf, "rng", 0, &w.blame), 0));
	driver_attach(&w, dev->func->ctx);
	driver_start(&w, 0);
}

TestSuite(virtio_rng, .init = setup, .fini = small_teardown);

static uint64_t not_zero(uint64_t gpa, uint64_t len)
{
	const uint8_t *p = ring_at(&w.ring, gpa);
	uint64_t n = 0;

	while (len--)
		n += *p++ != 0;
	return n;
}

static uint32_t request(uint16_t head)
{
	uint32_t id = 77, len = 77;

	ring_offer(&w.ring, head);
	driver_kick(&w, 0);
	cr_assert(ring_take(&w.ring, &id, &len));
	cr_assert(eq(u32, id, head));
	return len;
}

Test(virtio_rng, is_what_its_ids_say)
{
	cr_assert(eq(u32, pci_func_config_read(&w.v->func, PCI_VENDOR_ID, 4),
		     (0x1040u + VIRTIO_ID_RNG) << 16 | 0x1af4));
	cr_assert(eq(u32, w.v->config_len, 0));
	cr_assert(eq(u32, w.v->nqueues, 1));
}

Test(virtio_rng, fills_all_buffers_of_a_request_and_nothing_else)
{
	ring_desc(&w.ring, 0, RING_DATA + 16, 1000, D_WRITE | D_NEXT, 1);
	ring_desc(&w.ring, 1, RING_DATA + 0x2000, 3000, D_WRITE, 0);
	cr_assert(eq(u32, request(0), 4000));
	cr_expect(gt(u64, not_zero(RING_DATA + 16, 1000), 900));
	cr_expect(gt(u64, not_zero(RING_DATA + 0x2000, 3000), 2800));
	cr_expect(eq(u64, not_zero(RING_DATA, 16), 0));
	cr_expect(eq(u64, not_zero(RING_DATA + 16 + 1000, 0x2000 - 1016), 0));
	cr_expect(eq(u64, not_zero(RING_DATA + 0x2000 + 3000, 1000), 0));
	cr_expect(eq(uint, w.raised[1], 1));
}

Test(virtio_rng, two_requests_are_not_the_same)
{
	ring_desc(&w.ring, 0, RING_DATA, 32, D_WRITE, 0);
	ring_desc(&w.ring, 1, RING_DATA + 32, 32, D_WRITE, 0);
	cr_assert(eq(u32, request(0), 32));
	cr_assert(eq(u32, request(1), 32));
	cr_expect(ne(int, memcmp(ring_at(&w.ring, RING_DATA), ring_at(&w.ring, RING_DATA + 32), 32),
		     0));
}

/* What the device only reads is not its to fill. */
Test(virtio_rng, a_request_without_room_gets_nothing)
{
	ring_desc(&w.ring, 0, RING_DATA, 64, 0, 0);
	cr_expect(eq(u32, request(0), 0));
	cr_expect(eq(u64, not_zero(RING_DATA, 64), 0));
	ring_desc(&w.ring, 0, RING_DATA, 64, D_NEXT, 1);
	ring_desc(&w.ring, 1, RING_DATA + 64, 64, D_WRITE, 1);
	cr_expect(eq(u32, request(0), 64));
	cr_expect(eq(u64, not_zero(RING_DATA, 64), 0));
}

/* A guest cannot keep the I/O thread with one request. */
Test(virtio_rng, a_long_request_is_answered_in_part)
{
	ring_desc(&w.ring, 0, RING_DATA, 512 * 1024, D_WRITE, 0);
	cr_expect(eq(u32, request(0), 64 * 1024));
	cr_expect(eq(u64, not_zero(RING_DATA + 64 * 1024, 448 * 1024), 0));
}

/* Nor with many: after some of them others have their turn, and all are answered in the end. */
Test(virtio_rng, many_requests_are_served_in_rounds)
{
	uint32_t id, len, n = 0, rounds = 0;

	for (uint16_t i = 0; i < 16; i++) {
		ring_desc(&w.ring, i, RING_DATA, 64 * 1024, D_WRITE, 0);
		ring_offer(&w.ring, i);
	}
	driver_write(&w, VIRTIO_BAR_NOTIFY, 2, 0);
	while (loop_run_once(&w.loop, 0) > 0)
		rounds++;
	while (ring_take(&w.ring, &id, &len))
		n++;
	cr_expect(eq(u32, n, 16));
	cr_expect(ge(u32, rounds, 2));
}
