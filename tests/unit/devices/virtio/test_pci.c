/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fake/sys.h"
#include "tests/unit/devices/virtio/counted_fixture.h"
#include "tests/unit/devices/virtio/fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <linux/virtio_ring.h>

#define NQUEUES COUNTED_MAX_QUEUES
#define VERSION_1 (1ULL << VIRTIO_F_VERSION_1)
#define FEATURE (1ULL << 5) /* one of the device's own */
#define LIVE_STATUS                                                                                \
	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK |      \
	 VIRTIO_CONFIG_S_DRIVER_OK)

static struct world w;
static unsigned int config_writes;

static void config_write(struct virtio_pci *d, uint32_t off, const uint8_t *data, uint32_t len)
{
	cr_assert(ge(u32, len, 1));
	cr_assert(le(u32, len, 8));
	cr_assert(le(u32, off + len, d->config_len));
	memcpy(d->config + off, data, len);
	config_writes++;
}

static const struct virtio_type type = {
	.max_chain = 64 * MiB,
	.name = "virtio-test",
	.id = 2,
	.pci_class = 0x010000,
	.queue_size = 64,
	COUNTED,
	.config_write = config_write,
};

static void setup(void)
{
	fake_reset();
	world_init(&w, 64);
	cr_assert(eq(int, virtio_pci_init(&v, &type, &w.env, "test0", 0, NQUEUES, false), 0));
	v.offered |= FEATURE;
	v.config_len = 20;
	driver_attach(&w, &v);
}

static void teardown(void)
{
	virtio_pci_close(&v);
	cr_assert(eq(uint, w.nio, 0));
	loop_close(&w.loop);
	cr_assert(eq(int, fake_open_fds(), 0));
}

TestSuite(virtio_pci, .init = setup, .fini = teardown);

static bool has_status(uint8_t bits)
{
	return (driver_status(&w) & bits) == bits;
}

/* ---- what a driver finds ---- */

/* The capability of a kind: its place in the BAR, or UINT32_MAX. */
static uint32_t find_cap(uint8_t kind, uint32_t *len)
{
	struct pci_func *f = &v.func;
	uint32_t at = pci_func_config_read(f, PCI_CAPABILITY_LIST, 1);

	for (; at; at = pci_func_config_read(f, at + 1, 1))
		if (pci_func_config_read(f, at, 1) == PCI_CAP_ID_VNDR &&
		    pci_func_config_read(f, at + 3, 1) == kind) {
			*len = pci_func_config_read(f, at + 12, 4);
			return pci_func_config_read(f, at + 8, 4);
		}
	return UINT32_MAX;
}

Test(virtio_pci, is_a_modern_device)
{
	uint32_t len;

	cr_assert(eq(u32, pci_func_config_read(&v.func, PCI_VENDOR_ID, 4), 0x10421af4));
	cr_assert(eq(u32, pci_func_config_read(&v.func, PCI_CLASS_REVISION, 4), 0x01000001));
	cr_assert(eq(u32, find_cap(VIRTIO_PCI_CAP_COMMON_CFG, &len), VIRTIO_BAR_COMMON));
	cr_assert(ge(u32, len, 56));
	cr_assert(eq(u32, find_cap(VIRTIO_PCI_CAP_ISR_CFG, &len), VIRTIO_BAR_ISR));
	cr_assert(eq(u32, find_cap(VIRTIO_PCI_CAP_DEVICE_CFG, &len), VIRTIO_BAR_DEVICE));
	cr_assert(eq(u32, find_cap(VIRTIO_PCI_CAP_NOTIFY_CFG, &len), VIRTIO_BAR_NOTIFY));
	cr_assert(ge(u32, len, NQUEUES * VIRTIO_NOTIFY_STRIDE));
	cr_assert(ne(u32, find_cap(VIRTIO_PCI_CAP_PCI_CFG, &len), UINT32_MAX));
	cr_assert(eq(u32, v.func.max_msix, NQUEUES + 1));
	cr_assert(eq(u64, driver_offer(&w),
		     VERSION_1 | FEATURE | 1ULL << VIRTIO_RING_F_EVENT_IDX |
			     1ULL << VIRTIO_RING_F_INDIRECT_DESC));
	cr_assert(eq(u64, driver_read(&w, VIRTIO_PCI_COMMON_NUMQ, 2), NQUEUES));
}

Test(virtio_pci, feature_words_beyond_the_second_are_empty)
{
	driver_write(&w, VIRTIO_PCI_COMMON_DFSELECT, 4, 2);
	cr_assert(eq(u64, driver_read(&w, VIRTIO_PCI_COMMON_DF, 4), 0));
	driver_write(&w, VIRTIO_PCI_COMMON_GFSELECT, 4, UINT32_MAX);
	driver_write(&w, VIRTIO_PCI_COMMON_GF, 4, UINT32_MAX);
	cr_assert(eq(u64, v.features, 0));
}

/* ---- negotiation ---- */

Test(virtio_pci, features_not_offered_are_refused)
{
	cr_assert(not(driver_negotiate(&w, VERSION_1 | 1ULL << 7)));
}

Test(virtio_pci, a_legacy_driver_is_refused)
{
	cr_assert(not(driver_negotiate(&w, FEATURE)));
	driver_ok(&w);
	cr_assert(eq(uint, starts, 0));
	cr_assert(has_status(VIRTIO_CONFIG_S_NEEDS_RESET));
}

Test(virtio_pci, features_are_final_once_accepted)
{
	cr_assert(driver_negotiate(&w, VERSION_1));
	driver_accept(&w, VERSION_1 | FEATURE);
	cr_assert(eq(u64, v.features, VERSION_1));
}

Test(virtio_pci, a_driver_cannot_take_status_bits_back)
{
	cr_assert(driver_negotiate(&w, VERSION_1));
	driver_set_status(&w, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	cr_assert(has_status(VIRTIO_CONFIG_S_FEATURES_OK));
	driver_set_status(&w, VIRTIO_CONFIG_S_NEEDS_RESET | VIRTIO_CONFIG_S_ACKNOWLEDGE);
	cr_assert(not(has_status(VIRTIO_CONFIG_S_NEEDS_RESET)), "this bit is ours");
}

Test(virtio_pci, access_platform_is_a_must_when_offered)
{
	struct virtio_pci other;

	cr_assert(eq(int, virtio_pci_init(&other, &type, &w.env, "test1", 8, 1, true), 0));
	w.v = &other;
	cr_assert(not(driver_negotiate(&w, VERSION_1)));
	driver_set_status(&w, 0);
	cr_assert(driver_negotiate(&w, VERSION_1 | 1ULL << VIRTIO_F_ACCESS_PLATFORM));
	cr_assert(eq(ptr, (void *)other.dma.translate, (void *)w.env.translate));
	driver_set_status(&w, 0);
	cr_assert(eq(ptr, (void *)other.dma.translate, NULL));
	virtio_pci_close(&other);
}

/* ---- queues ---- */

Test(virtio_pci, starts_and_kicks_each_enabled_queue_once)
{
	cr_assert(driver_negotiate(&w, VERSION_1));
	driver_queue(&w, 0, RING_DESC, RING_AVAIL, RING_USED);
	driver_queue(&w, 2, RING_DATA, RING_DATA + 0x8000, RING_DATA + 0xa000);
	cr_assert(eq(uint, w.nio, 0), "nothing before DRIVER_OK");
	driver_ok(&w);
	cr_assert(eq(uint, starts, 1));
	cr_assert(eq(uint, w.nio, 2));
	world_run(&w);
	cr_assert(eq(uint, kicks[0], 1));
	cr_assert(eq(uint, kicks[1], 0));
	cr_assert(eq(uint, kicks[2], 1));
}

Test(virtio_pci, registers_of_a_queue_are_frozen)
{
	driver_start(&w, 0);
	driver_write(&w, VIRTIO_PCI_COMMON_Q_SELECT, 2, 0);
	driver_write(&w, VIRTIO_PCI_COMMON_Q_SIZE, 2, 8);
	driver_write(&w, VIRTIO_PCI_COMMON_Q_DESCLO, 8, 0);
	driver_write(&w, VIRTIO_PCI_COMMON_Q_AVAILLO, 4, 0);
	driver_write(&w, VIRTIO_PCI_COMMON_Q_USEDHI, 4, 1);
	driver_write(&w, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 0);
	cr_assert(eq(u64, driver_read(&w, VIRTIO_PCI_COMMON_Q_SIZE, 2), 64));
	cr_assert(eq(u64, driver_read(&w, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 1));
	cr_assert(eq(u64, driver_read(&w, VIRTIO_PCI_COMMON_Q_DESCLO, 8), RING_DESC));
	cr_assert(eq(u16, v.queues[0].vq.size, 64));
	/* Others, too, from DRIVER_OK on. */
	driver_queue(&w, 1, RING_DATA, RING_DATA + 0x8000, RING_DATA + 0xa000);
	cr_assert(not(v.queues[1].vq.enabled));
	cr_assert(eq(u64, driver_read(&w, VIRTIO_PCI_COMMON_Q_DESCLO, 8), 0));
}

Test(virtio_pci, sizes_that_are_none_are_not_taken)
{
	static const uint16_t bad[] = { 0, 3, 65, 128, 0x8000, 0xffff };

	cr_assert(driver_negotiate(&w, VERSION_1));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		driver_write(&w, VIRTIO_PCI_COMMON_Q_SIZE, 2, bad[i]);
		cr_assert(eq(u64, driver_read(&w, VIRTIO_PCI_COMMON_Q_SIZE, 2), 64));
	}
	driver_write(&w, VIRTIO_PCI_COMMON_Q_SIZE, 2, 16);
	cr_assert(eq(u64, driver_read(&w, VIRTIO_PCI_COMMON_Q_SIZE, 2), 16));
}

Test(virtio_pci, a_queue_outside_ram_needs_a_reset)
{
	cr_assert(driver_negotiate(&w, VERSION_1));
	driver_queue(&w, 0, 1ULL << 50, RING_AVAIL, RING_USED);
	cr_assert(not(v.queues[0].vq.enabled));
	cr_assert(has_status(VIRTIO_CONFIG_S_NEEDS_RESET));
	cr_assert(eq(uint, w.nraised, 0), "no interrupt before DRIVER_OK");
}

Test(virtio_pci, queues_that_do_not_exist)
{
	driver_write(&w, VIRTIO_PCI_COMMON_Q_SELECT, 2, NQUEUES);
	driver_write(&w, VIRTIO_PCI_COMMON_Q_SIZE, 2, 8);
	driver_write(&w, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
	driver_write(&w, VIRTIO_PCI_COMMON_Q_MSIX, 2, 1);
	cr_assert(eq(u64, driver_read(&w, VIRTIO_PCI_COMMON_Q_SIZE, 2), 0));
	cr_assert(eq(u64, driver_read(&w, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0));
	cr_assert(eq(u64, driver_read(&w, VIRTIO_PCI_COMMON_Q_MSIX, 2), VIRTIO_NO_VECTOR));
}

Test(virtio_pci, notifications_of_dead_queues)
{
	for (uint64_t off = 0; off < 0x1000; off += 2)
		driver_write(&w, VIRTIO_BAR_NOTIFY + off, 2, off);
	world_run(&w);
	driver_start(&w, 0);
	memset(kicks, 0, sizeof(kicks));
	for (uint64_t off = 0; off < 0x1000; off += 2)
		driver_write(&w, VIRTIO_BAR_NOTIFY + off, 2, 0xffff);
	world_run(&w);
	cr_assert(gt(uint, kicks[0], 0));
	cr_assert(eq(uint, kicks[1] + kicks[2], 0));
}

Test(virtio_pci, not_a_bus_master_does_nothing)
{
	driver_map(&w, WORLD_BAR, PCI_COMMAND_MEMORY);
	driver_start(&w, 0);
	cr_assert(eq(uint, kicks[0], 0));
	driver_map(&w, WORLD_BAR, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	world_run(&w);
	cr_assert(eq(uint, kicks[0], 1));
}

Test(virtio_pci, ioeventfds_follow_the_bar)
{
	driver_start(&w, 0);
	cr_assert(eq(u64, w.io[0].gpa, WORLD_BAR + VIRTIO_BAR_NOTIFY));
	driver_move(&w, WORLD_BAR + 0x10000);
	cr_assert(eq(uint, w.nio, 1));
	cr_assert(eq(u64, w.io[0].gpa, WORLD_BAR + 0x10000 + VIRTIO_BAR_NOTIFY));
	driver_map(&w, WORLD_BAR, 0);
	cr_assert(eq(uint, w.nio, 0));
}

Test(virtio_pci, without_ioeventfds_stores_are_trapped)
{
	w.ioeventfd_result = -ENOSPC;
	driver_start(&w, 0);
	kicks[0] = 0;
	driver_kick(&w, 0);
	cr_assert(eq(uint, kicks[0], 1));
}

/* ---- reset ---- */

Test(virtio_pci, reset_forgets_everything)
{
	driver_start(&w, FEATURE);
	driver_set_status(&w, 0);
	cr_assert(eq(uint, stops, 1));
	cr_assert(eq(u8, driver_status(&w), 0));
	cr_assert(eq(u64, v.features, 0));
	cr_assert(eq(uint, w.nio, 0));
	cr_assert(not(v.queues[0].vq.enabled));
	cr_assert(eq(u16, v.config_vector, VIRTIO_NO_VECTOR));
	cr_assert(eq(u16, v.queues[0].vector, VIRTIO_NO_VECTOR));
	driver_start(&w, 0);
	cr_assert(eq(uint, starts, 2));
}

Test(virtio_pci, reset_waits_for_requests_in_flight)
{
	driver_start(&w, 0);
	busy = true;
	driver_set_status(&w, 0);
	cr_assert(eq(u8, driver_status(&w), LIVE_STATUS), "not yet");
	cr_assert(v.queues[0].vq.enabled);
	driver_set_status(&w, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	driver_set_status(&w, 0);
	driver_write(&w, VIRTIO_PCI_COMMON_Q_DESCLO, 8, 0);
	driver_kick(&w, 0);
	cr_assert(eq(uint, kicks[0], 1), "nothing new is taken");
	cr_assert(eq(uint, stops, 1));
	virtio_pci_stopped(&v);
	cr_assert(eq(u8, driver_status(&w), 0));
	virtio_pci_stopped(&v);
	cr_assert(eq(uint, drains, 0));
}

Test(virtio_pci, a_bus_reset_waits_at_once)
{
	driver_start(&w, 0);
	busy = true;
	pci_func_reset(&v.func);
	cr_assert(eq(uint, drains, 1));
	cr_assert(eq(u8, driver_status(&w), 0));
}

Test(virtio_pci, a_device_that_cannot_start_needs_a_reset)
{
	start_result = -EIO;
	driver_start(&w, 0);
	cr_assert(has_status(VIRTIO_CONFIG_S_NEEDS_RESET));
	cr_assert(eq(uint, kicks[0], 0));
}

Test(virtio_pci, a_broken_queue_is_told_once)
{
	struct iovec iov[2];
	struct virtq_chain c = { .iov = iov, .max_iov = 2 };

	driver_start(&w, 0);
	ring_offer(&w.ring, 0xffff);
	cr_assert(eq(int, virtio_pci_pop(&v, 0, &c), -EPROTO));
	cr_assert(has_status(VIRTIO_CONFIG_S_NEEDS_RESET));
	cr_assert(eq(uint, w.raised[0], 1), "by the configuration vector");
	cr_assert(eq(int, virtio_pci_pop(&v, 0, &c), 0));
	driver_kick(&w, 0);
	cr_assert(eq(uint, kicks[0], 1), "it does not run any more");
	driver_set_status(&w, 0);
	cr_assert(eq(u8, driver_status(&w), 0));
}

/* ---- interrupts ---- */

static void complete_one(void)
{
	struct iovec iov[1];
	struct virtq_chain c = { .iov = iov, .max_iov = 1 };

	ring_desc(&w.ring, 0, RING_DATA, 1, D_WRITE, 0);
	ring_offer(&w.ring, 0);
	cr_assert(eq(int, virtio_pci_pop(&v, 0, &c), 1));
	virtq_push(virtio_pci_vq(&v, 0), c.head, 1);
	virtio_pci_publish(&v, 0);
}

Test(virtio_pci, msix_of_the_queue)
{
	driver_start(&w, 0);
	complete_one();
	cr_assert(eq(uint, w.raised[1], 1));
	cr_assert(eq(uint, w.nraised, 1));
	cr_assert(eq(u64, driver_read(&w, VIRTIO_BAR_ISR, 1), 0));
}

Test(virtio_pci, masked_vectors_wait)
{
	driver_start(&w, 0);
	driver_mask(&w, 1, true);
	complete_one();
	complete_one();
	cr_assert(eq(uint, w.nraised, 0));
	cr_assert(eq(u64, driver_read(&w, VIRTIO_BAR_PBA, 8), 2));
	driver_mask(&w, 1, false);
	cr_assert(eq(uint, w.raised[1], 1));
	driver_msix(&w, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	complete_one();
	cr_assert(eq(uint, w.nraised, 1));
	driver_msix(&w, PCI_MSIX_FLAGS_ENABLE);
	cr_assert(eq(uint, w.raised[1], 2));
}

Test(virtio_pci, vectors_that_do_not_exist_read_back_as_none)
{
	driver_write(&w, VIRTIO_PCI_COMMON_MSIX, 2, NQUEUES + 1);
	cr_assert(eq(u64, driver_read(&w, VIRTIO_PCI_COMMON_MSIX, 2), VIRTIO_NO_VECTOR));
	driver_write(&w, VIRTIO_PCI_COMMON_Q_MSIX, 2, 0x1234);
	cr_assert(eq(u64, driver_read(&w, VIRTIO_PCI_COMMON_Q_MSIX, 2), VIRTIO_NO_VECTOR));
	driver_start(&w, 0);
	driver_write(&w, VIRTIO_PCI_COMMON_Q_MSIX, 2, VIRTIO_NO_VECTOR);
	complete_one();
	cr_assert(eq(uint, w.nraised, 0));
}

Test(virtio_pci, firmware_that_gave_no_vector)
{
	driver_start(&w, 0);
	pci_func_set_vectors(&v.func, (struct pci_vectors){ 0 });
	complete_one();
	virtio_pci_config_changed(&v);
	cr_assert(eq(uint, w.nraised, 0));
}

Test(virtio_pci, the_line_without_msix)
{
	v.func.intx_lisn = 7;
	driver_msix(&w, 0);
	driver_start(&w, 0);
	complete_one();
	cr_assert(w.line);
	virtio_pci_config_changed(&v);
	cr_assert(eq(u64, driver_read(&w, VIRTIO_BAR_ISR, 1), 3));
	cr_assert(not(w.line));
	cr_assert(eq(u64, driver_read(&w, VIRTIO_BAR_ISR, 1), 0));
	complete_one();
	pci_func_config_write(&v.func, PCI_COMMAND, 2,
			      PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE);
	cr_assert(not(w.line));
	pci_func_config_write(&v.func, PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
	cr_assert(w.line);
	driver_set_status(&w, 0);
	cr_assert(not(w.line));
}

Test(virtio_pci, config_change_counts_and_interrupts)
{
	uint64_t before = driver_read(&w, VIRTIO_PCI_COMMON_CFGGENERATION, 1);

	virtio_pci_config_changed(&v);
	cr_assert(eq(uint, w.nraised, 0), "no driver");
	driver_start(&w, 0);
	virtio_pci_config_changed(&v);
	cr_assert(eq(uint, w.raised[0], 1));
	cr_assert(eq(u64, driver_read(&w, VIRTIO_PCI_COMMON_CFGGENERATION, 1), before + 2));
}

/* ---- queues that the kernel serves ---- */

Test(virtio_pci, vhost_gets_the_descriptors_and_an_irqfd)
{
	int kick_fd = -1, call_fd = -1;
	uint64_t one = 1;

	driver_start(&w, 0);
	kicks[0] = 0;
	cr_assert(eq(int, virtio_pci_hand_over(&v, 0, &kick_fd, &call_fd), 0));
	cr_assert(eq(int, kick_fd, v.queues[0].kick_fd));
	cr_assert(eq(u32, w.irqfd_lisn, WORLD_LISN + 1));
	driver_kick(&w, 0);
	cr_assert(eq(uint, kicks[0], 0));
	/* Masked: through us, and it waits. */
	driver_mask(&w, 1, true);
	cr_assert(eq(u32, w.irqfd_lisn, 0));
	cr_assert(eq(sz, (size_t)sys_write(call_fd, &one, 8), 8));
	world_run(&w);
	cr_assert(eq(uint, w.nraised, 0));
	driver_mask(&w, 1, false);
	cr_assert(eq(uint, w.raised[1], 1));
	cr_assert(eq(u32, w.irqfd_lisn, WORLD_LISN + 1));
	driver_set_status(&w, 0);
	cr_assert(eq(u32, w.irqfd_lisn, 0));
	driver_start(&w, 0);
	cr_assert(gt(uint, kicks[0], 0), "ours again");
}

Test(virtio_pci, vhost_without_irqfd_interrupts_through_the_loop)
{
	int kick_fd, call_fd;
	uint64_t one = 1;

	w.irqfd_result = -ENOTSUP;
	driver_start(&w, 0);
	cr_assert(eq(int, virtio_pci_hand_over(&v, 0, &kick_fd, &call_fd), 0));
	cr_assert(eq(sz, (size_t)sys_write(call_fd, &one, 8), 8));
	world_run(&w);
	cr_assert(eq(uint, w.raised[1], 1));
}

/* ---- every size at every offset ---- */

static void poke_everything(void)
{
	static const uint64_t values[] = { 0, 1, 0xff, UINT64_MAX, 0x0101010101010101ULL };

	for (uint32_t i = 0; i < ARRAY_LEN(values); i++)
		for (uint64_t off = 0; off < VIRTIO_BAR_SIZE; off++)
			for (uint32_t size = 1; size <= 8; size *= 2) {
				if (off + size > VIRTIO_BAR_SIZE)
					continue;
				driver_read(&w, off, size);
				driver_write(&w, off, size, values[i]);
				driver_read(&w, off, size);
			}
	world_run(&w);
}

Test(virtio_pci, any_access_before_and_after_driver_ok)
{
	poke_everything();
	driver_set_status(&w, 0);
	driver_start(&w, FEATURE);
	poke_everything();
	driver_set_status(&w, 0);
	cr_assert(eq(u8, driver_status(&w), 0));
	driver_start(&w, 0);
}

Test(virtio_pci, reads_are_bytes_of_one_picture)
{
	uint8_t bytes[VIRTIO_COMMON_SIZE + 8] = { 0 };

	driver_start(&w, FEATURE);
	for (uint64_t off = 0; off < VIRTIO_COMMON_SIZE; off++)
		bytes[off] = (uint8_t)driver_read(&w, off, 1);
	for (uint32_t size = 2; size <= 8; size *= 2)
		for (uint64_t off = 0; off < VIRTIO_COMMON_SIZE; off++)
			for (uint32_t i = 0; i < size; i++)
				cr_assert(eq(u8, (uint8_t)(driver_read(&w, off, size) >> 8 * i),
					     bytes[off + i]));
}

Test(virtio_pci, device_configuration_has_an_end)
{
	for (uint32_t i = 0; i < v.config_len; i++)
		v.config[i] = (uint8_t)(i + 1);
	v.config[v.config_len] = 0xee;
	cr_assert(eq(u64, driver_read(&w, VIRTIO_BAR_DEVICE + 18, 4), 0x1413));
	cr_assert(eq(u64, driver_read(&w, VIRTIO_BAR_DEVICE + 20, 8), 0));
	driver_write(&w, VIRTIO_BAR_DEVICE + 17, 4, 0);
	driver_write(&w, VIRTIO_BAR_DEVICE + 0xfff, 1, 0);
	cr_assert(eq(uint, config_writes, 0), "one that is not all inside is dropped");
	driver_write(&w, VIRTIO_BAR_DEVICE + 16, 4, 0);
	cr_assert(eq(uint, config_writes, 1));
}

/* ---- the door in configuration space ---- */

static void door(uint32_t bar, uint32_t off, uint32_t len)
{
	pci_func_config_write(&v.func, v.cfg_cap + 4u, 1, bar);
	pci_func_config_write(&v.func, v.cfg_cap + 8u, 4, off);
	pci_func_config_write(&v.func, v.cfg_cap + 12u, 4, len);
}

Test(virtio_pci, the_door_leads_into_the_bar)
{
	uint32_t data = v.cfg_cap + 16u;

	door(0, VIRTIO_PCI_COMMON_NUMQ, 2);
	cr_assert(eq(u32, pci_func_config_read(&v.func, data, 4), NQUEUES));
	cr_assert(eq(u32, pci_func_config_read(&v.func, data, 2), NQUEUES));
	door(0, VIRTIO_PCI_COMMON_STATUS, 1);
	pci_func_config_write(&v.func, data, 4, 0xffffff01);
	cr_assert(eq(u8, driver_status(&w), 1));
	door(0, VIRTIO_PCI_COMMON_DFSELECT, 4);
	pci_func_config_write(&v.func, data, 4, 7);
	cr_assert(eq(u32, v.device_feature_select, 7));
}

/* Whatever was written: after a reset the device is as good as new. */
static void works_after_reset(void)
{
	world_run(&w);
	pci_func_reset(&v.func);
	driver_attach(&w, &v);
	driver_start(&w, 0);
	kicks[0] = 0;
	driver_kick(&w, 0);
	cr_assert(eq(uint, kicks[0], 1));
	cr_assert(has_status(LIVE_STATUS));
}

Test(virtio_pci, the_door_with_senseless_words)
{
	static const uint32_t words[] = { 0,      1,      2,        3,          4,      5,
					  8,      0x7ffc, 0x7ffe,   0x8000,     0x7fff, UINT32_MAX,
					  0x1000, 0x3000, 1u << 31, 0xfffffffc, 0x4001 };

	driver_start(&w, 0);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		for (size_t k = 0; k < ARRAY_LEN(words); k++)
			for (uint32_t bar = 0; bar < 8; bar++) {
				uint32_t at = v.cfg_cap + 16u;

				door(bar, words[i], words[k]);
				for (uint32_t off = at; off < at + 4; off++)
					for (uint32_t size = 1; size <= 4; size *= 2) {
						pci_func_config_read(&v.func, off, size);
						pci_func_config_write(&v.func, off, size,
								      UINT32_MAX);
					}
			}
	works_after_reset();
}

Test(virtio_pci, any_configuration_access)
{
	driver_start(&w, 0);
	for (uint32_t round = 0; round < 3; round++)
		for (uint32_t off = 0; off < 256; off++)
			for (uint32_t size = 1; size <= 4; size *= 2) {
				pci_func_config_write(&v.func, off, size,
						      round ? UINT32_MAX * (round - 1) : 0x5a5a);
				pci_func_config_read(&v.func, off, size);
			}
	works_after_reset();
}

/* ---- failures of the host ---- */

Test(virtio_pci, a_failed_start_leaves_nothing)
{
	int before = fake_open_fds();

	for (unsigned int n = 1;; n++) {
		struct virtio_pci other;
		int r;

		fake_fail_nth(n, -EMFILE);
		r = virtio_pci_init(&other, &type, &w.env, "test1", 8, 2, false);
		if (!fake_has_failed()) {
			cr_assert(eq(int, r, 0));
			virtio_pci_close(&other);
			break;
		}
		cr_assert(eq(int, r, -EMFILE));
		cr_assert(eq(int, fake_open_fds(), before));
	}
	fake_fail_nth(0, 0);
}
