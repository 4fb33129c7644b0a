/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest may have done for it before others have their turn: counted by what the loop was
 * charged in one of its rounds, and by what the device took in it. No clock decides here.
 */
#include "devices/virtio/balloon.h"
#include "devices/virtio/blk.h"
#include "tests/unit/devices/virtio/small_fixture.h"

#include <linux/virtio_balloon.h>
#include <linux/virtio_blk.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BUS 0x8000000000ULL /* where RAM is behind the IOMMU: world_translate() */
#define TABLE (RING_DATA + 0x1000u)
#define BIG (512 * KiB)

static struct ring second;
static char path[64];

static void setup(void)
{
	small_setup();
	snprintf(path, sizeof(path), "/tmp/test_virtio_round.%d", getpid());
}

static void teardown(void)
{
	small_teardown();
	unlink(path);
}

TestSuite(virtio_round, .init = setup, .fini = teardown, .timeout = 60);

/* A chain in an indirect table: @n times the same @len bytes of RAM, behind a head and before a
 * tail. */
static void offer_table(uint32_t slot, uint64_t table, uint32_t n)
{
	ring_desc(&w.ring, slot, table, 16 * n, D_INDIRECT, 0);
	ring_offer(&w.ring, (uint16_t)slot);
}

static void row(uint64_t table, uint32_t i, uint64_t at, uint32_t len, uint32_t flags)
{
	ring_desc_at(&w.ring, table, i, at, len, flags, i + 1);
}

/* One round of the loop: what it was charged. */
static uint64_t one_round(void)
{
	w.loop.work = 0;
	loop_run_once(&w.loop, 0);
	return w.loop.work;
}

static void notify(uint32_t q)
{
	driver_write(&w, VIRTIO_BAR_NOTIFY + VIRTIO_NOTIFY_STRIDE * q, 2, q);
}

/* Rounds until the loop rests; none may be charged more than one turn, by one chain of @most. */
static uint32_t expect_rounds(uint64_t most)
{
	uint32_t n = 0;
	uint64_t work;

	while ((work = one_round()) > 0) {
		cr_expect(le(u64, work, VIRTIO_ROUND_WORK + most));
		n++;
	}
	return n;
}

static uint32_t count_used(struct ring *r)
{
	uint32_t id, len, n = 0;

	while (ring_take(r, &id, &len))
		n++;
	return n;
}

/* ---- the turn itself ---- */

static const bool rng_conf; /* struct rng_conf: not behind the IOMMU */

static void start_rng(uint64_t features)
{
	cr_assert(eq(int, virtio_rng.create(&dev, &w.env, &rng_conf, "rng", 0, &w.blame), 0));
	driver_attach(&w, dev->func->ctx);
	driver_start(&w, features);
}

Test(virtio_round, ends_after_so_many_chains)
{
	struct virtio_round r;
	struct iovec iov[1];
	struct virtq_chain c = { .iov = iov, .max_iov = 1 };

	start_rng(0);
	for (uint16_t i = 0; i < 4; i++) {
		ring_desc(&w.ring, i, RING_DATA, 64, D_WRITE, 0);
		ring_offer(&w.ring, i);
	}
	virtio_round_begin(&r, w.v, 0);
	cr_expect(eq(u32, r.chains, VIRTIO_ROUND_CHAINS));
	r.chains = 3;
	for (int i = 0; i < 3; i++)
		cr_expect(eq(int, virtio_round_pop(&r, &c), 1));
	cr_expect(virtio_round_is_over(&r));
	cr_expect(eq(int, virtio_round_pop(&r, &c), 0));
	cr_expect(not(virtio_round_more(&r)));
	w.loop.work = 0;
	virtio_round_end(&r);
	cr_expect(eq(u64, w.loop.work, 3 * (WORK_CHAIN + 2 * WORK_PIECE)));
	world_run(&w);
	cr_expect(eq(u32, count_used(&w.ring), 1), "another turn followed");
}

Test(virtio_round, ends_after_so_much_work)
{
	struct virtio_round r;
	struct iovec iov[1];
	struct virtq_chain c = { .iov = iov, .max_iov = 1 };

	start_rng(0);
	for (uint16_t i = 0; i < 2; i++) {
		ring_desc(&w.ring, i, RING_DATA, 64, D_WRITE, 0);
		ring_offer(&w.ring, i);
	}
	virtio_round_begin(&r, w.v, 0);
	cr_expect(eq(int, virtio_round_pop(&r, &c), 1));
	virtio_round_charge(&r, UINT64_MAX);
	cr_expect(eq(u64, r.work, 0));
	cr_expect(eq(int, virtio_round_pop(&r, &c), 0));
	w.loop.work = 0;
	virtio_round_stop(&r);
	cr_expect(eq(u64, w.loop.work, VIRTIO_ROUND_WORK));
	world_run(&w);
	cr_expect(eq(u32, count_used(&w.ring), 0), "no other turn");
}

/* ---- rng ---- */

Test(virtio_round, rng)
{
	start_rng(0);
	for (int i = 0; i < 16; i++) {
		ring_desc(&w.ring, (uint32_t)i, RING_DATA, 64 * KiB, D_WRITE, 0);
		ring_offer(&w.ring, (uint16_t)i);
	}
	for (int more = 0; more < 3; more++) { /* 48 x 64 KiB of random bytes in all */
		notify(0);
		expect_rounds(0);
		cr_expect(eq(u32, count_used(&w.ring), 16));
		for (uint16_t i = 0; i < 16; i++)
			ring_offer(&w.ring, i);
	}
}

Test(virtio_round, rng_is_charged_for_each_byte)
{
	start_rng(0);
	ring_desc(&w.ring, 0, RING_DATA, 64 * KiB, D_WRITE, 0);
	ring_offer(&w.ring, 0);
	notify(0);
	cr_expect(eq(u64, one_round(), WORK_CHAIN + 2 * WORK_PIECE + 4 * 64 * KiB));
}

/* ---- chains that are too long, for each device ---- */

static void expect_too_long(uint32_t len, uint32_t flags)
{
	uint64_t table = TABLE;
	uint32_t n = 0;

	/* As often the same half MiB as it takes. */
	for (uint64_t done = 0; done <= w.v->max_chain; done += len)
		row(table, n++, RING_DATA + 0x8000, len, flags | D_NEXT);
	row(table, n, RING_DATA, 1, D_WRITE);
	cr_assert(le(u32, n, 1023));
	offer_table(0, table, n + 1);
	notify(0);
	world_run(&w);
	cr_expect(ne(int, driver_status(&w) & VIRTIO_CONFIG_S_NEEDS_RESET, 0));
	cr_expect(ne(ptr, strstr(said_last(), "a chain of more bytes than the device takes"), NULL),
		  "%s", said_last());
}

Test(virtio_round, rng_has_a_longest_chain)
{
	start_rng(1ULL << VIRTIO_RING_F_INDIRECT_DESC);
	expect_too_long(BIG, D_WRITE);
}

Test(virtio_round, balloon_has_a_longest_chain)
{
	static struct balloon_conf conf;

	cr_assert(eq(int, virtio_balloon.create(&dev, &w.env, &conf, "balloon0", 0, &w.blame), 0));
	driver_attach(&w, dev->func->ctx);
	cr_expect(eq(u64, w.v->max_chain, 1024 * MiB));
	w.v->max_chain = 16 * MiB; /* a gibibyte takes more pieces than a table has */
	driver_start(&w, 1ULL << VIRTIO_RING_F_INDIRECT_DESC);
	expect_too_long(BIG, 0);
}

/* ---- disk ---- */

static struct blk_conf disk;

static void make_image(uint64_t size)
{
	FILE *f = fopen(path, "w");

	cr_assert(eq(int, ftruncate(fileno(f), (off_t)size), 0));
	fclose(f);
}

static struct blk *start_disk(uint64_t features)
{
	disk.path = path;
	disk.queues = 1;
	cr_assert(eq(int, virtio_blk.create(&dev, &w.env, &disk, "disk0", 0, &w.blame), 0));
	driver_attach(&w, dev->func->ctx);
	driver_start(&w,
		     features | 1ULL << VIRTIO_BLK_F_FLUSH | 1ULL << VIRTIO_RING_F_INDIRECT_DESC);
	return (struct blk *)dev;
}

/* A read of @n times @len bytes in slot @slot. */
static void offer_read(uint32_t slot, uint32_t n, uint32_t len)
{
	uint64_t table = TABLE + 0x1000u * slot, header = RING_DATA + 64u * slot;

	le32_store(ring_at(&w.ring, header), VIRTIO_BLK_T_IN);
	le64_store(ring_at(&w.ring, header + 8), 0);
	row(table, 0, header, 16, D_NEXT);
	for (uint32_t i = 1; i <= n; i++)
		row(table, i, RING_DATA + 0x30000, len, D_WRITE | D_NEXT);
	row(table, n + 1, header + 32, 1, D_WRITE);
	offer_table(slot, table, n + 2);
}

static void drain_disk(struct blk *b)
{
	for (int i = 0; i < 1000 && b->block.inflight; i++)
		loop_run_once(&w.loop, 10);
	world_run(&w);
}

/* 16 x 1 MiB of a cached file: as much as is copied before the lock is let go. */
Test(virtio_round, disk)
{
	struct blk *b;

	make_image(4 * MiB);
	b = start_disk(0);
	if (!b->block.ring)
		cr_skip_test("no io_uring on this host");
	for (uint32_t i = 0; i < 16; i++)
		offer_read(i, 8, 128 * KiB);
	notify(0);
	cr_expect(ge(u64, one_round(), 3 * MiB));
	cr_expect(le(u16, virtio_pci_vq(w.v, 0)->next_avail, 5));
	expect_rounds(0);
	drain_disk(b);
	cr_expect(eq(u32, count_used(&w.ring), 16));
}

Test(virtio_round, a_large_request_of_a_disk_is_copied_by_others)
{
	struct block block = { .ring = (struct block_ring *)1 };
	struct block_req r = { .op = BLOCK_READ, .block = &block, .len = BLOCK_INLINE_MAX };

	cr_expect(eq(u64, block_work(&r), BLOCK_INLINE_MAX));
	r.len++;
	cr_expect(eq(u64, block_work(&r), 0));
	r.op = BLOCK_ZERO;
	r.len = 512;
	cr_expect(eq(u64, block_work(&r), 0));
	r.op = BLOCK_WRITE;
	cr_expect(eq(u64, block_work(&r), 512));
	block.direct = true;
	cr_expect(eq(u64, block_work(&r), 0));
	block.direct = false;
	block.ring = NULL;
	cr_expect(eq(u64, block_work(&r), 0));
}

/* No more than 64 MiB are in flight, and what waits is served in the end. Threads can be held. */
Test(virtio_round, bytes_in_flight_of_a_disk_are_bounded)
{
	uint64_t most = 0;
	struct blk *b;

	make_image(64 * MiB);
	fake_fail_all("uring_init", -ENOSYS);
	b = start_disk(0);
	for (uint32_t i = 0; i < 16; i++)
		offer_read(i, 128, 128 * KiB); /* 16 MiB each */
	notify(0);
	for (int i = 0; i < 3000 && ring_used_idx(&w.ring) < 16; i++) {
		loop_run_once(&w.loop, 10);
		if (b->block.inflight_bytes > most)
			most = b->block.inflight_bytes;
	}
	cr_expect(le(u64, most, BLOCK_MAX_INFLIGHT));
	cr_expect(ge(u64, most, 32 * MiB));
	cr_expect(eq(u32, count_used(&w.ring), 16));
	cr_expect(eq(u64, b->block.inflight_bytes, 0));
}

Test(virtio_round, disk_has_a_longest_chain)
{
	make_image(1 * MiB);
	start_disk(0);
	expect_too_long(256 * KiB, D_WRITE);
}

Test(virtio_round, disk_behind_an_iommu_takes_what_it_announces)
{
	struct virtio_blk_config *c;

	make_image(1 * MiB);
	disk.iommu = true;
	disk.path = path;
	cr_assert(eq(int, virtio_blk.create(&dev, &w.env, &disk, "disk0", 0, &w.blame), 0));
	w.v = dev->func->ctx;
	c = (struct virtio_blk_config *)w.v->config;
	cr_expect(ge(u64, w.v->max_chain,
		     (uint64_t)le32_load(&c->seg_max) * le32_load(&c->size_max) + 17));
	cr_expect(le(u64, w.v->max_chain, 4 * MiB));
	cr_expect(eq(u32, w.v->max_desc, le32_load(&c->seg_max) + 2));
}

/* ---- chains behind an IOMMU ---- */

/* Each page that is walked is charged, although nothing is done with it. */
Test(virtio_round, pages_walked_are_charged)
{
	const bool iommu = true;

	cr_assert(eq(int, virtio_rng.create(&dev, &w.env, &iommu, "rng", 0, &w.blame), 0));
	driver_attach(&w, dev->func->ctx);
	cr_assert(driver_negotiate(&w,
				   1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_F_ACCESS_PLATFORM));
	driver_queue(&w, 0, BUS + RING_DESC, BUS + RING_AVAIL, BUS + RING_USED);
	driver_ok(&w);
	world_run(&w);
	ring_desc(&w.ring, 0, BUS + RING_DATA, 768 * KiB, 0, 0);
	ring_offer(&w.ring, 0);
	notify(0);
	cr_expect(ge(u64, one_round(), WORK_CHAIN + 192 * WORK_TCE));
	cr_expect(eq(u32, count_used(&w.ring), 1));
}

/* ---- console ---- */

static struct {
	char *backend;
	bool iommu;
} console_conf; /* struct console_conf */

static void start_console(uint64_t features)
{
	static char none[] = "none";

	console_conf.backend = none;
	cr_assert(eq(
		int,
		virtio_console.create(&dev, &w.env, &console_conf, "virtio_console0", 0, &w.blame),
		0));
	driver_attach(&w, dev->func->ctx);
	cr_assert(driver_negotiate(&w, features | 1ULL << VIRTIO_F_VERSION_1));
	driver_queue(&w, 1, RING_DESC, RING_AVAIL, RING_USED);
	driver_ok(&w);
	world_run(&w);
}

/* Nothing to send, but a chain all the same. */
Test(virtio_round, empty_chains_of_a_console_count)
{
	start_console(0);
	for (uint16_t i = 0; i < 16; i++) {
		ring_desc(&w.ring, i, RING_DATA, 64, D_WRITE, 0);
		ring_offer(&w.ring, i);
	}
	notify(1);
	cr_expect(eq(u64, one_round(), 16 * (WORK_CHAIN + 2 * WORK_PIECE)));
	cr_expect(eq(u32, count_used(&w.ring), 16));
}

Test(virtio_round, console)
{
	uint32_t n;

	start_console(0);
	ring_desc(&w.ring, 0, RING_DATA, 768 * KiB, 0, 0);
	for (int i = 0; i < 16; i++)
		ring_offer(&w.ring, 0); /* 12 MiB */
	notify(1);
	n = expect_rounds(0);
	cr_expect(ge(u32, n, 5));
	cr_expect(eq(u32, count_used(&w.ring), 16));
}

Test(virtio_round, console_has_a_longest_chain)
{
	start_console(0);
	ring_desc(&w.ring, 0, RING_DATA, 768 * KiB, D_NEXT, 1);
	ring_desc(&w.ring, 1, RING_DATA, 512 * KiB, 0, 0);
	ring_offer(&w.ring, 0);
	notify(1);
	world_run(&w);
	cr_expect(ne(int, driver_status(&w) & VIRTIO_CONFIG_S_NEEDS_RESET, 0));
}

/* ---- balloon ---- */

static const struct balloon_conf balloon_conf = { .size = 64 * KiB, .free_page_reporting = true };

static void start_balloon(void)
{
	cr_assert(eq(int,
		     virtio_balloon.create(&dev, &w.env, &balloon_conf, "balloon", 0, &w.blame),
		     0));
	driver_attach(&w, dev->func->ctx);
	cr_assert(driver_negotiate(&w, 1ULL << VIRTIO_F_VERSION_1 |
					       1ULL << VIRTIO_BALLOON_F_MUST_TELL_HOST |
					       1ULL << VIRTIO_RING_F_INDIRECT_DESC));
	driver_queue(&w, 0, RING_DESC, RING_AVAIL, RING_USED);
	driver_ring(&w, 2, &second, FAR);
	driver_ok(&w);
	world_run(&w);
}

/* A thousand pages, none beside the next, many times: a call of the host for each. */
Test(virtio_round, balloon_that_inflates)
{
	uint64_t list = RING_DATA + 0x10000;

	start_balloon();
	for (uint32_t i = 0; i < 1024; i++)
		le32_store(ring_at(&w.ring, list + 4 * i), RING_RAM / 4096 + 0x40 + i % 64 * 2);
	ring_desc(&w.ring, 0, list, 4096, 0, 0);
	for (int i = 0; i < 16; i++)
		ring_offer(&w.ring, 0);
	notify(0);
	cr_expect(ge(u32, expect_rounds(0), 8));
	cr_expect(eq(uint, w.ndiscards, 16 * 1024));
	cr_expect(eq(u32, count_used(&w.ring), 16));
}

/* A report of much memory is given back in pieces, and is answered when all of it was. */
Test(virtio_round, balloon_that_reports)
{
	const uint32_t n = 120;
	uint64_t table = RING_DATA + FAR;
	uint32_t rounds;

	start_balloon();
	for (uint32_t i = 0; i < n; i++)
		ring_desc_at(&w.ring, table, i, RING_DATA + 0x20000, 256 * KiB,
			     D_WRITE | (i + 1 < n ? D_NEXT : 0), i + 1);
	ring_desc(&second, 0, table, 16 * n, D_INDIRECT, 0);
	for (int i = 0; i < 16; i++)
		ring_offer(&second, 0); /* 30 MiB each */
	notify(2);
	cr_expect(gt(u64, one_round(), VIRTIO_ROUND_WORK / 2));
	cr_expect(lt(u16, ring_used_idx(&second), 16));
	rounds = expect_rounds(0);
	cr_expect(ge(u32, rounds, 3));
	cr_expect(eq(u32, count_used(&second), 16));
	cr_expect(eq(uint, w.ndiscards, 16 * n));
}

/* A piece ends where a multiple of 16 MiB is in the host's addresses, wherever RAM begins there. */
Test(virtio_round, balloon_gives_back_a_report_in_pieces_of_whole_pages)
{
	uint8_t *area = aligned_alloc(16 * MiB, 32 * MiB);

	cr_assert(ne(ptr, area, NULL));
	w.ring.ram = area + 16 * MiB - (RING_DATA + 128 * KiB - RING_RAM) - 64 * KiB;
	memset(w.ring.ram, 0, RING_RAM_SIZE);
	w.ring.mem.nbanks = 0;
	cr_assert(eq(int, gmem_add(&w.ring.mem, RING_RAM, RING_RAM_SIZE, w.ring.ram), 0));
	start_balloon();
	ring_desc(&second, 0, RING_DATA + 128 * KiB, 256 * KiB, D_WRITE, 0);
	ring_offer(&second, 0);
	notify(2);
	expect_rounds(0);
	cr_expect(eq(u32, count_used(&second), 1));
	cr_expect(eq(uint, w.ndiscards, 2), "64 KiB before 16 MiB, 192 KiB behind");
	cr_expect(eq(u64, w.discarded, 256 * KiB));
	dev->model->destroy(dev);
	dev = NULL;
	free(area);
}

/* What is held when the driver resets the device is forgotten. */
Test(virtio_round, balloon_that_is_reset_in_a_report)
{
	struct balloon *b;

	start_balloon();
	b = (struct balloon *)dev;
	b->holds = true; /* as if a turn had ended there */
	b->report_queue = 2;
	driver_set_status(&w, 0);
	cr_expect(eq(int, b->holds, false));
}
