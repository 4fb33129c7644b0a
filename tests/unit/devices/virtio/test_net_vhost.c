/* SPDX-License-Identifier: BSD-2-Clause */
/* Queues that the kernel serves. */
#include "tests/fake/vhost.h"
#include "tests/unit/devices/virtio/net_fixture.h"

#define ALL (~0ULL)

static const struct net_conf plain = { 0 };

TestSuite(virtio_net_vhost, .timeout = 60);

static void vhost_card(const struct net_conf *conf)
{
	fake_reset();
	fake_set_vhost(true);
	make_card(conf, "net0", true);
}

/* Does the card itself carry frames? */
static void expect_own_work(void)
{
	uint8_t got[256];

	transmit(0, 1, 100);
	cr_expect(eq(long, peer_gets(got, sizeof(got)), HDR + 100));
	give(NET_RX, 0, 1000, true);
	peer_sends(2, 100);
	settle();
	cr_expect(eq(u16, used(NET_RX), 1));
	cr_expect(eq(u64, config(6, 2), VIRTIO_NET_S_LINK_UP));
}

Test(virtio_net_vhost, the_kernel_gets_both_queues_and_gives_them_back)
{
	uint8_t got[256];

	vhost_card(&plain);
	cr_expect(eq(u64, fake_vhost_memory(), RAM_SIZE));
	drive(ALL);
	for (uint32_t q = 0; q < 2; q++) {
		cr_expect(eq(int, fake_vhost_queue(q)->backend, fake.b.fd));
		cr_expect(eq(u32, fake_vhost_queue(q)->size, QSIZE));
		cr_expect(eq(int, fake_vhost_queue(q)->kick, card->v.queues[q].kick_fd));
		cr_expect(ge(int, fake_vhost_queue(q)->call, 0));
	}
	cr_expect(eq(u64, fake_vhost_features(),
		     1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_NET_F_MRG_RXBUF |
			     1ULL << VIRTIO_RING_F_EVENT_IDX |
			     1ULL << VIRTIO_RING_F_INDIRECT_DESC));
	/* We keep our hands off. */
	transmit(0, 1, 100);
	cr_expect(eq(long, peer_gets(got, sizeof(got)), -1));
	give(NET_RX, 0, 1000, true);
	peer_sends(2, 100);
	settle();
	cr_expect(eq(u16, used(NET_RX), 0));
	reset();
	for (uint32_t q = 0; q < 2; q++) {
		cr_expect(eq(int, fake_vhost_queue(q)->backend, -1));
		cr_expect(eq(int, fake_vhost_queue(q)->kick, -1));
		cr_expect(eq(int, fake_vhost_queue(q)->call, -1));
	}
	drive(0);
	cr_expect(eq(int, fake_vhost_queue(1)->backend, fake.b.fd));
	cr_expect(eq(u64, fake_vhost_features(), 1ULL << VIRTIO_F_VERSION_1));
	destroy_card();
	cr_expect(eq(int, fake_open_fds(), 0));
}

Test(virtio_net_vhost, it_can_be_switched_off)
{
	const struct net_conf off = { .vhost = NET_VHOST_OFF };

	vhost_card(&off);
	cr_expect(eq(int, fake_count("open /dev/vhost-net"), 0));
	drive(ALL);
	expect_own_work();
	destroy_card();
}

Test(virtio_net_vhost, it_cannot_go_through_an_iommu)
{
	const struct net_conf conf = { .iommu = true };

	vhost_card(&conf);
	cr_expect(eq(int, fake_count("open /dev/vhost-net"), 0));
	destroy_card();
}

Test(virtio_net_vhost, a_host_without_it_is_served_by_us)
{
	fake_reset();
	make_card(&plain, "net0", true);
	drive(ALL);
	expect_own_work();
	cr_expect(eq(int, said_lines(), 0));
	destroy_card();
}

/* Whatever it refuses, at opening or at start: we do the work, and nothing stays attached. */
Test(virtio_net_vhost, its_refusals_are_survived)
{
	static const char *const calls[] = {
		"VHOST_SET_OWNER vhost-net",      "VHOST_GET_FEATURES vhost-net",
		"VHOST_SET_MEM_TABLE vhost-net",  "VHOST_SET_FEATURES vhost-net",
		"VHOST_SET_VRING_NUM vhost-net",  "VHOST_SET_VRING_BASE vhost-net",
		"VHOST_SET_VRING_ADDR vhost-net", "VHOST_SET_VRING_KICK vhost-net",
		"VHOST_SET_VRING_CALL vhost-net", "VHOST_NET_SET_BACKEND vhost-net",
	};

	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		fake_reset();
		fake_set_vhost(true);
		fake_fail_all(calls[i], -EFAULT);
		fake.closed = 0;
		said_forget();
		make_card(&plain, "net0", true);
		drive(ALL);
		expect_own_work();
		cr_expect(eq(int, said_lines(), i >= 3), "%s", calls[i]);
		if (fake_vhost_queue(0))
			for (uint32_t q = 0; q < 2; q++)
				cr_expect(eq(int, fake_vhost_queue(q)->backend, -1), "%s",
					  calls[i]);
		fake_fail_all(NULL, 0);
		destroy_card();
		cr_expect(eq(int, fake_open_fds(), 0), "%s", calls[i]);
	}
}

static void expect_attached(bool attached)
{
	for (uint32_t q = 0; q < 2; q++) {
		cr_expect(eq(int, fake_vhost_queue(q)->backend, attached ? fake.b.fd : -1));
		cr_expect(eq(int, fake_vhost_queue(q)->kick != -1, attached));
		cr_expect(eq(int, fake_vhost_queue(q)->call != -1, attached));
	}
}

static void set_master(bool master)
{
	pci_func_config_write(dev->func, PCI_COMMAND, 2,
			      PCI_COMMAND_MEMORY | (master ? PCI_COMMAND_MASTER : 0));
}

/* A kexec: frames would land in the next kernel's memory. */
Test(virtio_net_vhost, the_kernel_has_no_queue_without_bus_mastering)
{
	vhost_card(&plain);
	drive(ALL);
	expect_attached(true);
	give(NET_RX, 0, 1000, true);
	set_master(false);
	expect_attached(false);
	set_master(true);
	peer_sends(2, 100);
	notify(NET_RX);
	expect_attached(false);
	cr_expect(eq(u16, used(NET_RX), 0), "nor do we serve it");
	drive(ALL);
	expect_attached(true);
	destroy_card();
}
