/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/devices/virtio/net_fixture.h"

#define ALL (~0ULL)

/* The length in used entry @i. */
static uint32_t used_len(uint32_t q, uint32_t i)
{
	return le32_load(ram + RING(q) + 0x8004 + 8 * (i % QSIZE) + 4);
}

static const struct net_conf plain = { 0 };

static void plain_card(void)
{
	make_card(&plain, "net0", false);
}

TestSuite(virtio_net, .init = plain_card, .fini = destroy_card, .timeout = 30);
TestSuite(virtio_net_kinds, .timeout = 30);

/* ---- what it offers ---- */

Test(virtio_net, offers_what_its_back_end_can_do)
{
	uint64_t f = offered();

	cr_expect(ne(u64, f & BIT(VIRTIO_NET_F_MAC), 0));
	cr_expect(ne(u64, f & BIT(VIRTIO_NET_F_MTU), 0));
	cr_expect(ne(u64, f & BIT(VIRTIO_NET_F_MRG_RXBUF), 0));
	cr_expect(ne(u64, f & BIT(VIRTIO_NET_F_GUEST_CSUM), 0));
	cr_expect(eq(u64,
		     f & (BIT(VIRTIO_NET_F_CSUM) | BIT(VIRTIO_NET_F_HOST_TSO4) |
			  BIT(VIRTIO_NET_F_GUEST_TSO4) | BIT(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS)),
		     0));
	cr_expect(eq(u64, config(0, 8), 0x0001007073005452)); /* address, then link up */
	cr_expect(eq(u64, config(8, 2), 1));
	cr_expect(eq(u64, config(10, 2), 1500));
}

Test(virtio_net_kinds, configured_addresses_and_sizes_are_told)
{
	const struct net_conf conf = { .mac = (char *)"02:aa:bb:cc:dd:ee", .mtu = 9000 };

	make_card(&conf, "net3", false);
	cr_expect(eq(u64, config(0, 4), 0xccbbaa02));
	cr_expect(eq(u64, config(4, 2), 0xeedd));
	cr_expect(eq(u64, config(10, 2), 9000));
	destroy_card();
}

Test(virtio_net_kinds, the_third_card_has_another_address)
{
	make_card(&plain, "net2", false);
	cr_expect(eq(u64, config(5, 1), 2));
	destroy_card();
}

Test(virtio_net_kinds, offloads_follow_what_was_negotiated)
{
	uint64_t csum = BIT(VIRTIO_NET_F_GUEST_CSUM), tso4 = BIT(VIRTIO_NET_F_GUEST_TSO4);

	make_card(&plain, "net0", true);
	drive(ALL);
	cr_expect(eq(u32, fake.offload_set, 15));
	drive(csum | tso4);
	cr_expect(eq(u32, fake.offload_set, NET_OFFLOAD_CSUM | NET_OFFLOAD_TSO4));
	drive(tso4); /* nothing without checksums */
	cr_expect(eq(u32, fake.offload_set, 0));
	destroy_card();
}

/* ---- to the back end ---- */

Test(virtio_net, a_frame_leaves_without_its_header)
{
	uint8_t got[2048];

	drive(ALL);
	transmit(0, 0xab, 100);
	cr_expect(eq(u16, used(NET_TX), 1));
	cr_expect(eq(u32, used_len(NET_TX, 0), 0));
	cr_assert(eq(long, peer_gets(got, sizeof(got)), 100));
	cr_expect(eq(int, got[0], 0xab));
	cr_expect(eq(int, got[99], 0xab));
}

Test(virtio_net, a_frame_in_pieces_is_one)
{
	uint8_t got[2048];

	drive(ALL);
	memset(buffer(0), 0, 64);
	memset(buffer(0) + 5, 1, 7); /* the header itself is cut in two */
	memset(buffer(1), 2, 50);
	desc(NET_TX, 0, BUFFERS, 5, VRING_DESC_F_NEXT, 1);
	desc(NET_TX, 1, BUFFERS + 5, 9, VRING_DESC_F_NEXT, 2);
	desc(NET_TX, 2, BUFFERS + 0x20000, 50, 0, 0);
	avail(NET_TX, 0);
	notify(NET_TX);
	cr_assert(eq(long, peer_gets(got, sizeof(got)), 52));
	cr_expect(eq(int, got[1], 0));
	cr_expect(eq(int, got[2], 2));
}

Test(virtio_net_kinds, a_header_goes_along_as_far_as_it_was_negotiated)
{
	struct virtio_net_hdr_v1 h = { .flags = 0xff,
				       .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
				       .gso_size = 0x100,
				       .num_buffers = 7 };
	struct {
		struct virtio_net_hdr_v1 h;
		uint8_t data[100];
	} got;

	make_card(&plain, "net0", true);
	for (int with = 0; with < 2; with++) {
		drive(with ? ALL : 0);
		memcpy(buffer(0), &h, sizeof(h));
		memset(buffer(0) + HDR, 9, 100);
		give(NET_TX, 0, HDR + 100, false);
		notify(NET_TX);
		cr_assert(eq(long, peer_gets((uint8_t *)&got, sizeof(got)), HDR + 100));
		cr_expect(eq(int, got.h.flags, with ? VIRTIO_NET_HDR_F_NEEDS_CSUM : 0));
		cr_expect(eq(int, got.h.gso_type, with ? VIRTIO_NET_HDR_GSO_TCPV4 : 0));
		cr_expect(eq(int, got.h.num_buffers, 0));
		cr_expect(eq(int, got.data[0], 9));
	}
	destroy_card();
}

/* Frames of one byte until the back end takes no more: how many? */
static int fill(void)
{
	const struct iovec iov = { (void *)"", 1 };
	int n = 0;

	while (net_backend_send(&fake.b, &iov, 1) == 1)
		n++;
	return n;
}

Test(virtio_net, a_full_back_end_keeps_frames_in_the_guests_queue)
{
	uint8_t got[2048];

	int n;

	drive(ALL);
	n = fill();
	transmit(0, 1, 60);
	cr_expect(eq(u16, used(NET_TX), 0));
	transmit(1, 2, 60); /* a kick does not help */
	cr_expect(eq(u16, used(NET_TX), 0));
	while (n--)
		cr_assert(eq(long, peer_gets(got, sizeof(got)), 1));
	settle();
	cr_expect(eq(u16, used(NET_TX), 2));
	cr_assert(eq(long, peer_gets(got, sizeof(got)), 60));
	cr_expect(eq(int, got[0], 1));
	cr_assert(eq(long, peer_gets(got, sizeof(got)), 60));
	cr_expect(eq(int, got[0], 2));
}

Test(virtio_net, frames_of_impossible_length_are_dropped)
{
	uint8_t got[64];

	drive(ALL);
	transmit(0, 1, 13);
	transmit(1, 1, NET_MAX_FRAME + 1);
	transmit(2, 2, 14);
	cr_expect(eq(u16, used(NET_TX), 3));
	cr_assert(eq(long, peer_gets(got, sizeof(got)), 14));
	cr_expect(eq(int, got[0], 2));
	cr_expect(eq(long, peer_gets(got, sizeof(got)), -1));
}

Test(virtio_net, many_frames_take_several_rounds)
{
	uint8_t got[64];
	int n = 0;

	drive(ALL);
	for (int i = 0; i < 1000; i++) {
		give(NET_TX, (uint16_t)(i % QSIZE), HDR + 20, false);
		if (i % QSIZE == QSIZE - 1) {
			notify(NET_TX);
			while (peer_gets(got, sizeof(got)) == 20)
				n++;
		}
	}
	notify(NET_TX);
	while (peer_gets(got, sizeof(got)) == 20)
		n++;
	cr_expect(eq(int, n, 1000));
	cr_expect(eq(u16, used(NET_TX), 1000));
}

/* ---- to the guest ---- */

Test(virtio_net, a_frame_arrives_behind_a_header)
{
	struct virtio_net_hdr_v1 h;

	drive(ALL);
	memset(buffer(0), 0xee, 2048);
	give(NET_RX, 0, 2048, true);
	peer_sends(7, 100);
	settle();
	cr_assert(eq(u16, used(NET_RX), 1));
	cr_expect(eq(u32, used_len(NET_RX, 0), HDR + 100));
	memcpy(&h, buffer(0), sizeof(h));
	cr_expect(eq(int, h.flags, VIRTIO_NET_HDR_F_DATA_VALID));
	cr_expect(eq(int, h.gso_type, 0));
	cr_expect(eq(int, h.num_buffers, 1));
	cr_expect(eq(int, buffer(0)[HDR], 7));
	cr_expect(eq(int, buffer(0)[HDR + 99], 7));
	cr_expect(eq(int, buffer(0)[HDR + 100], 0xee));
}

Test(virtio_net, checksums_are_vouched_for_only_when_that_was_negotiated)
{
	drive(0);
	give(NET_RX, 0, 2048, true);
	peer_sends(7, 100);
	settle();
	cr_assert(eq(u16, used(NET_RX), 1));
	cr_expect(eq(int, buffer(0)[0], 0));
}

Test(virtio_net_kinds, a_back_ends_header_reaches_the_guest)
{
	uint8_t frame[HDR + 50] = { VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_TCPV4 };

	make_card(&plain, "net0", true);
	drive(ALL);
	give(NET_RX, 0, 2048, true);
	cr_assert(eq(long, send(fake.peer, frame, sizeof(frame), 0), (long)sizeof(frame)));
	settle();
	cr_assert(eq(u16, used(NET_RX), 1));
	cr_expect(eq(u32, used_len(NET_RX, 0), HDR + 50));
	cr_expect(eq(int, buffer(0)[0], VIRTIO_NET_HDR_F_NEEDS_CSUM));
	cr_expect(eq(int, buffer(0)[1], VIRTIO_NET_HDR_GSO_TCPV4));
	cr_expect(eq(int, buffer(0)[10], 1));
	destroy_card();
}

/* The loop rests meanwhile (settle() would fail), and nothing is lost. */
Test(virtio_net, without_buffers_frames_wait_outside)
{
	drive(ALL);
	for (uint8_t i = 0; i < 5; i++)
		peer_sends(i, 100);
	settle();
	for (uint16_t i = 0; i < 5; i++) {
		give(NET_RX, i, 2048, true);
		notify(NET_RX);
		cr_assert(eq(u16, used(NET_RX), (uint16_t)(i + 1)));
		cr_expect(eq(int, buffer(i)[HDR], i));
	}
}

static void check_bytes(uint32_t i, size_t off, size_t len, uint8_t mark)
{
	for (size_t k = 0; k < len; k++)
		cr_assert(eq(int, buffer(i)[off + k], mark), "buffer %u, byte %zu", i, off + k);
}

Test(virtio_net, a_long_frame_fills_several_buffers)
{
	drive(ALL);
	for (uint16_t i = 0; i < 4; i++)
		give(NET_RX, i, 1000, true);
	peer_sends(5, 2500);
	settle();
	cr_assert(eq(u16, used(NET_RX), 3));
	cr_expect(eq(u32, used_len(NET_RX, 0), 1000));
	cr_expect(eq(u32, used_len(NET_RX, 1), 1000));
	cr_expect(eq(u32, used_len(NET_RX, 2), 512));
	cr_expect(eq(int, buffer(0)[10], 3));
	check_bytes(0, HDR, 1000 - HDR, 5);
	check_bytes(1, 0, 1000, 5);
	check_bytes(2, 0, 512, 5);
}

Test(virtio_net, half_a_frame_waits_for_more_buffers)
{
	drive(ALL);
	give(NET_RX, 0, 1000, true);
	give(NET_RX, 1, 1000, true);
	peer_sends(5, 2500);
	peer_sends(6, 100);
	settle();
	cr_assert(eq(u16, used(NET_RX), 0));
	give(NET_RX, 2, 300, true);
	notify(NET_RX);
	cr_assert(eq(u16, used(NET_RX), 0));
	give(NET_RX, 3, 300, true);
	give(NET_RX, 4, 300, true);
	notify(NET_RX);
	cr_assert(eq(u16, used(NET_RX), 5));
	cr_expect(eq(u32, used_len(NET_RX, 3), 212));
	cr_expect(eq(int, buffer(0)[10], 4));
	check_bytes(3, 0, 212, 5);
	cr_expect(eq(int, buffer(4)[HDR], 6));
	cr_expect(eq(int, buffer(4)[10], 1));
}

Test(virtio_net, half_a_frame_is_forgotten_by_a_reset)
{
	drive(ALL);
	give(NET_RX, 0, 1000, true);
	peer_sends(5, 2500);
	settle();
	drive(ALL);
	give(NET_RX, 0, 1000, true);
	give(NET_RX, 1, 1000, true);
	peer_sends(6, 100);
	settle();
	cr_assert(eq(u16, used(NET_RX), 1));
	cr_expect(eq(int, buffer(0)[HDR], 6));
}

Test(virtio_net, a_frame_longer_than_the_whole_queue_is_dropped)
{
	drive(ALL);
	for (uint16_t i = 0; i < QSIZE; i++)
		give(NET_RX, i, 100, true);
	peer_sends(5, 2500);
	peer_sends(6, 50);
	settle();
	cr_assert(eq(u16, used(NET_RX), 1));
	cr_expect(eq(int, buffer(0)[HDR], 6));
}

Test(virtio_net, without_mergeable_buffers_a_frame_that_does_not_fit_is_dropped)
{
	drive(ALL & ~BIT(VIRTIO_NET_F_MRG_RXBUF));
	give(NET_RX, 0, 1000, true);
	give(NET_RX, 1, 1000, true);
	peer_sends(5, 1000 - HDR + 1);
	peer_sends(6, 1000 - HDR);
	settle();
	cr_assert(eq(u16, used(NET_RX), 1));
	cr_expect(eq(int, buffer(0)[HDR], 6));
	cr_expect(eq(u32, used_len(NET_RX, 0), 1000));
}

Test(virtio_net, frames_of_before_the_start_are_old)
{
	peer_sends(5, 100);
	settle();
	drive(ALL);
	give(NET_RX, 0, 1000, true);
	peer_sends(6, 100);
	settle();
	cr_assert(eq(u16, used(NET_RX), 1));
	cr_expect(eq(int, buffer(0)[HDR], 6));
}

Test(virtio_net, a_dead_link_is_told_and_frames_vanish)
{
	drive(ALL);
	cr_expect(eq(u64, config(6, 2), VIRTIO_NET_S_LINK_UP));
	fill();
	transmit(0, 1, 60);
	cr_expect(eq(u16, used(NET_TX), 0));
	close(fake.peer);
	settle();
	cr_expect(eq(u64, config(6, 2), 0));
	cr_expect(eq(u16, used(NET_TX), 1));
	transmit(1, 1, 60);
	cr_expect(eq(u16, used(NET_TX), 2));
	fake.peer = -1;
}

/* ---- what a turn is charged ---- */

Test(virtio_net, each_byte_that_is_sent_is_charged)
{
	drive(0);
	for (uint16_t i = 0; i < 3; i++)
		give(NET_TX, i, HDR + 1000, false);
	reg_write(VIRTIO_BAR_NOTIFY + NET_TX * VIRTIO_NOTIFY_STRIDE, 2, NET_TX);
	loop.work = 0;
	cr_expect(ge(int, loop_run_once(&loop, 0), 1));
	cr_expect(eq(u64, loop.work, 3 * (WORK_CHAIN + 2 * WORK_PIECE + WORK_CALL + HDR + 1000)));
}

/* Frames of 60 KiB, again and again the same: no turn takes more of them than it may. */
Test(virtio_net, sending_much_takes_many_turns)
{
	static uint8_t got[70000];
	uint32_t received = 0;

	drive(0);
	for (uint32_t n = 0; n < 10; n++) {
		for (uint16_t i = 0; i < QSIZE; i++)
			give(NET_TX, 0, HDR + 60000, false);
		reg_write(VIRTIO_BAR_NOTIFY + NET_TX * VIRTIO_NOTIFY_STRIDE, 2, NET_TX);
		do {
			loop.work = 0;
			loop_run_once(&loop, 0);
			cr_assert(le(u64, loop.work, VIRTIO_ROUND_WORK));
			while (peer_gets(got, sizeof(got)) > 0)
				received++;
		} while (loop.work);
	}
	cr_expect(eq(u32, received, 10 * QSIZE));
}

Test(virtio_net, each_byte_that_is_received_is_charged)
{
	drive(0);
	for (uint16_t i = 0; i < 4; i++)
		give(NET_RX, i, 2000, true);
	peer_sends(1, 1000);
	peer_sends(2, 1000);
	loop.work = 0;
	cr_expect(ge(int, loop_run_once(&loop, 0), 1));
	/* The third look finds no frame. */
	cr_expect(eq(u64, loop.work,
		     3 * (WORK_CHAIN + 2 * WORK_PIECE + WORK_CALL) + 2 * (HDR + 1000)));
}

Test(virtio_net, each_control_command_is_charged)
{
	drive(ALL);
	for (uint16_t i = 0; i < 2; i++) {
		buffer(0)[0] = VIRTIO_NET_CTRL_RX;
		desc(NET_CTRL, 0, BUFFERS, 3, VRING_DESC_F_NEXT, 1);
		desc(NET_CTRL, 1, BUFFERS + 64, 1, VRING_DESC_F_WRITE, 0);
		avail(NET_CTRL, 0);
	}
	reg_write(VIRTIO_BAR_NOTIFY + NET_CTRL * VIRTIO_NOTIFY_STRIDE, 2, NET_CTRL);
	loop.work = 0;
	cr_expect(ge(int, loop_run_once(&loop, 0), 1));
	cr_expect(eq(u64, loop.work, 2 * (WORK_CHAIN + 4 * WORK_PIECE + WORK_CALL)));
}

Test(virtio_net, a_chain_longer_than_any_frame_breaks_the_queue)
{
	drive(0);
	desc(NET_TX, 0, BUFFERS, 1 * MiB, VRING_DESC_F_NEXT, 1);
	desc(NET_TX, 1, BUFFERS, 1 * MiB, VRING_DESC_F_NEXT, 2);
	desc(NET_TX, 2, BUFFERS, 1, 0, 0);
	avail(NET_TX, 0);
	notify(NET_TX);
	cr_expect(ne(int, status() & VIRTIO_CONFIG_S_NEEDS_RESET, 0));
}

/*
 * A turn ends in the middle of a frame, when all buffers are used: the device goes on by itself, finds
 * that it needs more, and asks for them.
 */
Test(virtio_net, a_turn_that_ends_within_a_frame)
{
	qsize = NET_QUEUE_SIZE;
	drive(BIT(VIRTIO_NET_F_MRG_RXBUF));
	for (uint16_t i = 0; i < NET_QUEUE_SIZE; i++) {
		desc(NET_RX, i, BUFFERS + 0x100u * i, 200, VRING_DESC_F_WRITE, 0);
		avail(NET_RX, i);
	}
	peer_sends(1, 60000);
	peer_sends(2, 60000);
	settle();
	cr_expect(eq(u16, used(NET_RX), (60000 + HDR + 199) / 200), "the first");
	cr_expect(eq(int, ram[RING(NET_RX) + 0x8000], 0), "it wants to hear of more");
	for (uint16_t i = 0; i < 200; i++)
		avail(NET_RX, i);
	notify(NET_RX);
	cr_expect(eq(u16, used(NET_RX), 2 * ((60000 + HDR + 199) / 200)), "the second");
}
