/* SPDX-License-Identifier: BSD-2-Clause */
/* The control queue, and guests that break the rules. */
#include "tests/unit/devices/virtio/net_fixture.h"

#define ALL (~0ULL)

static const struct net_conf plain = { 0 };

static void plain_card(void)
{
	make_card(&plain, "net0", true);
}

TestSuite(virtio_net_ctrl, .init = plain_card, .fini = destroy_card, .timeout = 30);

/* Send a command; its answer, or -1 when there is none. */
static int command(const void *bytes, uint32_t len)
{
	uint16_t before = used(NET_CTRL);

	memcpy(buffer(0), bytes, len);
	buffer(1)[0] = 0x77;
	desc(NET_CTRL, 0, BUFFERS, len, VRING_DESC_F_NEXT, 1);
	desc(NET_CTRL, 1, BUFFERS + 0x20000, 1, VRING_DESC_F_WRITE, 0);
	avail(NET_CTRL, 0);
	notify(NET_CTRL);
	return used(NET_CTRL) == (uint16_t)(before + 1) ? buffer(1)[0] : -1;
}

#define COMMAND(...)                                                                               \
	command((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

Test(virtio_net_ctrl, receive_modes_are_accepted)
{
	drive(ALL);
	cr_expect(
		eq(int, COMMAND(VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_PROMISC, 1), VIRTIO_NET_OK));
	cr_expect(eq(int, COMMAND(VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_ALLMULTI, 0),
		     VIRTIO_NET_OK));
}

Test(virtio_net_ctrl, an_address_stays_until_the_reset)
{
	drive(ALL);
	cr_expect(eq(int,
		     COMMAND(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET, 2, 3, 4, 5, 6, 7),
		     VIRTIO_NET_OK));
	cr_expect(eq(u64, config(0, 4), 0x05040302));
	cr_expect(eq(u64, config(4, 2), 0x0706));
	reset();
	cr_expect(eq(u64, config(0, 4), 0x73005452));
}

Test(virtio_net_ctrl, address_tables_must_be_well_formed)
{
	drive(ALL);
#define TABLE VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET
	cr_expect(eq(int, COMMAND(TABLE, 0, 0, 0, 0, 0, 0, 0, 0), VIRTIO_NET_OK));
	cr_expect(eq(int, COMMAND(TABLE, 1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0), VIRTIO_NET_OK));
	cr_expect(eq(int, COMMAND(TABLE), VIRTIO_NET_ERR));
	cr_expect(eq(int, COMMAND(TABLE, 0, 0, 0, 0), VIRTIO_NET_ERR));
	cr_expect(eq(int, COMMAND(TABLE, 0, 0, 0, 0, 0, 0, 0, 0, 0), VIRTIO_NET_ERR));
	cr_expect(eq(int, COMMAND(TABLE, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0), VIRTIO_NET_ERR));
	cr_expect(eq(int, COMMAND(TABLE, 0xab, 0xaa, 0xaa, 0x2a, 0, 0, 0, 0), VIRTIO_NET_ERR));
}

Test(virtio_net_ctrl, offloads_can_be_changed_within_what_was_negotiated)
{
	uint64_t csum = 1ULL << VIRTIO_NET_F_GUEST_CSUM, tso4 = 1ULL << VIRTIO_NET_F_GUEST_TSO4;
	uint64_t ctrl = 1ULL << VIRTIO_NET_F_CTRL_GUEST_OFFLOADS;
#define OFFLOADS VIRTIO_NET_CTRL_GUEST_OFFLOADS, VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET

	drive(csum | tso4 | ctrl);
	cr_expect(eq(int, COMMAND(OFFLOADS, 0, 0, 0, 0, 0, 0, 0, 0), VIRTIO_NET_OK));
	cr_expect(eq(u32, fake.offload_set, 0));
	cr_expect(eq(int, COMMAND(OFFLOADS, 2, 0, 0, 0, 0, 0, 0, 0), VIRTIO_NET_OK));
	cr_expect(eq(u32, fake.offload_set, NET_OFFLOAD_CSUM));
	cr_expect(eq(int, COMMAND(OFFLOADS, 2, 1, 0, 0, 0, 0, 0, 0), VIRTIO_NET_ERR));
	cr_expect(eq(int, COMMAND(OFFLOADS, 2, 0, 0, 0, 0, 0, 0), VIRTIO_NET_ERR));
	drive(csum | tso4);
	cr_expect(eq(int, COMMAND(OFFLOADS, 0, 0, 0, 0, 0, 0, 0, 0), VIRTIO_NET_ERR));
}

Test(virtio_net_ctrl, unknown_and_short_commands_are_refused)
{
	drive(ALL);
	cr_expect(eq(int, COMMAND(VIRTIO_NET_CTRL_RX, 77, 1), VIRTIO_NET_ERR));
	cr_expect(eq(int, COMMAND(99, 0, 1), VIRTIO_NET_ERR));
	cr_expect(eq(int, COMMAND(VIRTIO_NET_CTRL_MQ, 0, 2, 0), VIRTIO_NET_ERR));
	cr_expect(eq(int, COMMAND(VIRTIO_NET_CTRL_RX), VIRTIO_NET_ERR));
	cr_expect(eq(int, COMMAND(VIRTIO_NET_CTRL_RX, 0), VIRTIO_NET_ERR));
	cr_expect(eq(int, COMMAND(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET, 2, 3, 4, 5, 6),
		     VIRTIO_NET_ERR));
}

/* ---- rules broken ---- */

static void no_header(void)
{
	give(NET_TX, 0, HDR - 1, false);
	notify(NET_TX);
}

static void transmit_to_write(void)
{
	give(NET_TX, 0, 100, true);
	notify(NET_TX);
}

static void transmit_outside_ram(void)
{
	desc(NET_TX, 0, RAM_SIZE - 50, 100, 0, 0);
	avail(NET_TX, 0);
	notify(NET_TX);
}

static void transmit_in_a_loop(void)
{
	desc(NET_TX, 0, BUFFERS, 100, VRING_DESC_F_NEXT, 0);
	avail(NET_TX, 0);
	notify(NET_TX);
}

static void receive_to_read(void)
{
	give(NET_RX, 0, 100, false);
	peer_sends(1, 50);
	settle();
}

static void receive_without_header(void)
{
	give(NET_RX, 0, HDR - 1, true);
	peer_sends(1, 50);
	settle();
}

static void receive_outside_ram(void)
{
	desc(NET_RX, 0, UINT64_MAX - 10, 5, VRING_DESC_F_WRITE, 0);
	avail(NET_RX, 0);
	peer_sends(1, 50);
	settle();
}

static void second_buffer_outside_ram(void)
{
	give(NET_RX, 0, 100, true);
	desc(NET_RX, 1, RAM_SIZE, 100, VRING_DESC_F_WRITE, 0);
	avail(NET_RX, 1);
	peer_sends(1, 500);
	settle();
}

static void index_too_far(void)
{
	le16_store(ram + RING(NET_RX) + 0x4002, QSIZE + 1);
	peer_sends(1, 50);
	settle();
}

static void command_without_answer(void)
{
	give(NET_CTRL, 0, 3, false);
	notify(NET_CTRL);
}

Test(virtio_net_ctrl, broken_rules_need_a_reset_and_then_it_works_again)
{
	static void (*const sins[])(void) = {
		no_header,
		transmit_to_write,
		transmit_outside_ram,
		transmit_in_a_loop,
		receive_to_read,
		receive_without_header,
		receive_outside_ram,
		second_buffer_outside_ram,
		index_too_far,
		command_without_answer,
	};
	uint8_t got[256];

	for (size_t i = 0; i < ARRAY_LEN(sins); i++) {
		drive(ALL);
		sins[i]();
		cr_expect(ne(int, status() & VIRTIO_CONFIG_S_NEEDS_RESET, 0), "sin %zu", i);
		peer_sends(1, 50); /* nobody cares, and the loop rests */
		settle();
		drive(ALL);
		transmit(0, 0xab, 100);
		cr_expect(eq(u16, used(NET_TX), 1), "after sin %zu", i);
		cr_expect(eq(long, peer_gets(got, sizeof(got)), HDR + 100));
		give(NET_RX, 0, 1000, true);
		peer_sends(9, HDR + 50);
		settle();
		cr_expect(eq(u16, used(NET_RX), 1), "after sin %zu", i);
	}
}

/* Bytes of all kinds in all three queues: whatever happens, it stays inside RAM (ASan) and ends. */
Test(virtio_net_ctrl, noise_in_the_rings_is_survived)
{
	uint8_t got[256];

	srand(1);
	for (int round = 0; round < 300; round++) {
		drive(ALL);
		for (uint32_t off = RING(0); off < RING(3); off += 0x4000)
			for (uint32_t i = 0; i < 16 * QSIZE; i++)
				if (rand() % 3 == 0)
					ram[off + i] = (uint8_t)(rand() % 7 ? rand() % 4 : rand());
		for (uint32_t q = 0; q < NET_NQUEUES; q++)
			le16_store(ram + RING(q) + 0x4002, (uint16_t)(rand() % (QSIZE + 2)));
		peer_sends(1, 100 + (size_t)(rand() % 3000));
		for (uint32_t q = 0; q < NET_NQUEUES; q++)
			notify(q);
		while (peer_gets(got, sizeof(got)) > 0)
			;
	}
}
