/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/models.h"
#include "devices/virtio/blk.h"
#include "tests/fake/sys.h"
#include "tests/unit/devices/virtio/fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <linux/virtio_blk.h>
#include <sys/stat.h>
#include <unistd.h>

#define QUEUE 16u
#define HEADER RING_DATA
#define STATUS (RING_DATA + 32)
#define DATA (RING_DATA + 0x1000u)
#define SECTORS 2048u /* 1 MiB */
#define NO_STATUS 0x77u
#define F(n) (1ULL << VIRTIO_BLK_F_##n)

static struct world w;
static struct device *dev;
static struct blk_conf conf;
static char path[] = "/tmp/test_virtio_blk.XXXXXX";
static int file;

static void make_file(void)
{
	file = mkstemp(path);
	cr_assert(ge(int, file, 0));
	cr_assert(eq(int, ftruncate(file, SECTORS * 512), 0));
}

static void attach(uint64_t features)
{
	cr_assert(eq(int, virtio_blk.create(&dev, &w.env, &conf, "disk0", 0, &w.blame), 0));
	driver_attach(&w, (struct virtio_pci *)dev->func->ctx);
	driver_start(&w, features);
}

static void setup(void)
{
	fake_reset();
	world_init(&w, QUEUE);
	make_file();
	conf = (struct blk_conf){ .path = path };
}

static void teardown(void)
{
	if (dev)
		virtio_blk.destroy(dev);
	loop_close(&w.loop);
	close(file);
	unlink(path);
	cr_assert(eq(int, fake_open_fds(), 0));
}

TestSuite(virtio_blk, .init = setup, .fini = teardown);

static void put_header(uint32_t type, uint64_t sector)
{
	uint8_t *h = ring_at(&w.ring, HEADER);

	le32_store(h, type);
	le32_store(h + 4, 0);
	le64_store(h + 8, sector);
	*(uint8_t *)ring_at(&w.ring, STATUS) = NO_STATUS;
}

static void offer(uint32_t type, uint64_t sector, uint32_t len, bool in)
{
	put_header(type, sector);
	ring_desc(&w.ring, 0, HEADER, 16, D_NEXT, len ? 1 : 2);
	ring_desc(&w.ring, 1, DATA, len, D_NEXT | (in ? D_WRITE : 0), 2);
	ring_desc(&w.ring, 2, STATUS, 1, D_WRITE, 0);
	ring_offer(&w.ring, 0);
}

/* Until the device has used a chain. Returns the status byte, and *@len. */
static uint8_t wait_used(uint32_t *len)
{
	uint32_t id;

	for (int i = 0; i < 100; i++) {
		if (ring_take(&w.ring, &id, len))
			return *(uint8_t *)ring_at(&w.ring, STATUS);
		loop_run_once(&w.loop, 100);
	}
	cr_fatal("no answer");
}

static uint8_t request(uint32_t type, uint64_t sector, uint32_t len, bool in)
{
	uint32_t used;
	uint8_t status;

	offer(type, sector, len, in);
	driver_kick(&w, 0);
	status = wait_used(&used);
	cr_assert(eq(u32, used, status == 0 && in ? len + 1 : 1));
	return status;
}

static uint8_t *data(void)
{
	return ring_at(&w.ring, DATA);
}

static bool file_is(uint64_t off, uint8_t byte, size_t len)
{
	uint8_t buf[4096];

	cr_assert(le(sz, len, sizeof(buf)));
	cr_assert(eq(sz, (size_t)pread(file, buf, len, (off_t)off), len));
	for (size_t i = 0; i < len; i++)
		if (buf[i] != byte)
			return false;
	return true;
}

/* With io_uring (if the host of the tests has it) and with threads. */
ParameterizedTestParameters(virtio_blk, reads_and_writes)
{
	static int engines[] = { 0, 1 };

	return cr_make_param_array(int, engines, 2);
}

ParameterizedTest(int *no_ring, virtio_blk, reads_and_writes)
{
	if (*no_ring)
		fake_fail_all("uring_init", -ENOSYS);
	attach(F(FLUSH));
	memset(data(), 0xa5, 4096);
	cr_assert(eq(u8, request(VIRTIO_BLK_T_OUT, 8, 4096, false), VIRTIO_BLK_S_OK));
	cr_assert(file_is(4096, 0xa5, 4096));
	cr_assert(file_is(8192, 0, 512));
	memset(data(), 0, 4096);
	cr_assert(eq(u8, request(VIRTIO_BLK_T_IN, 7, 1024, true), VIRTIO_BLK_S_OK));
	cr_assert(eq(u8, data()[0], 0));
	cr_assert(eq(u8, data()[512], 0xa5));
	cr_assert(eq(u8, request(VIRTIO_BLK_T_FLUSH, 0, 0, false), VIRTIO_BLK_S_OK));
	cr_assert(gt(uint, w.raised[1], 0));
}

/* As SLOF's requests: of a device of the time before virtio 1 they would order those that were made earlier. */
Test(virtio_blk, a_bit_of_older_devices_is_passed_over)
{
	attach(0);
	memset(data(), 0xa5, 512);
	cr_assert(eq(u8, request(VIRTIO_BLK_T_OUT | VIRTIO_BLK_T_BARRIER, 8, 512, false),
		     VIRTIO_BLK_S_OK));
	cr_assert(file_is(4096, 0xa5, 512));
	memset(data(), 0, 512);
	cr_assert(eq(u8, request(VIRTIO_BLK_T_IN | VIRTIO_BLK_T_BARRIER, 8, 512, true),
		     VIRTIO_BLK_S_OK));
	cr_assert(eq(u8, data()[511], 0xa5));
}

Test(virtio_blk, any_layout_of_header_and_status)
{
	uint32_t used;

	attach(F(FLUSH));
	put_header(VIRTIO_BLK_T_IN, 1);
	(void)!pwrite(file, "0123456789", 10, 512);
	/* The header in three pieces, data in two, the second one with the status in it. */
	ring_desc(&w.ring, 0, HEADER, 1, D_NEXT, 1);
	ring_desc(&w.ring, 1, HEADER + 1, 10, D_NEXT, 2);
	ring_desc(&w.ring, 2, HEADER + 11, 5, D_NEXT, 3);
	ring_desc(&w.ring, 3, DATA, 3, D_NEXT | D_WRITE, 4);
	ring_desc(&w.ring, 4, DATA + 100, 510, D_WRITE, 0);
	ring_offer(&w.ring, 0);
	driver_kick(&w, 0);
	wait_used(&used);
	cr_assert(eq(u32, used, 513));
	cr_assert(eq(int, memcmp(data(), "012", 3), 0));
	cr_assert(eq(int, memcmp(data() + 100, "3456789", 7), 0));
	cr_assert(eq(u8, data()[100 + 509], VIRTIO_BLK_S_OK));
}

/* A guest may have written the first bytes of any format on its raw disk. */
Test(virtio_blk, raw_is_what_its_key_says)
{
	cr_assert(eq(sz, (size_t)pwrite(file, "QFI\xfb", 4, 0), 4));
	cr_assert(eq(int, virtio_blk.create(&dev, &w.env, &conf, "disk0", 0, &w.blame), -EINVAL));
	conf.format = BLK_FORMAT_RAW;
	attach(0);
}

Test(virtio_blk, identifies_itself)
{
	char serial[] = "ABC-123456789-123456789";

	conf.serial = serial;
	attach(0);
	memset(data(), 0xff, 32);
	cr_assert(eq(u8, request(VIRTIO_BLK_T_GET_ID, 0, 20, true), VIRTIO_BLK_S_OK));
	cr_assert(eq(int, memcmp(data(), "ABC-123456789-123456", 20), 0));
	cr_assert(eq(u8, data()[20], 0xff));
	cr_assert(eq(u8, request(VIRTIO_BLK_T_GET_ID, 0, 0, false), VIRTIO_BLK_S_IOERR));
}

Test(virtio_blk, many_requests_share_an_interrupt)
{
	uint32_t id, len;
	unsigned int before;

	attach(1ULL << 29 | F(FLUSH)); /* event indices */
	for (uint32_t i = 0; i < 5; i++) {
		uint64_t at = DATA + 0x1000ULL * i;

		le32_store(ring_at(&w.ring, at), VIRTIO_BLK_T_GET_ID);
		ring_desc(&w.ring, 2 * i, at, 16, D_NEXT, 2 * i + 1);
		ring_desc(&w.ring, 2 * i + 1, at + 64, 21, D_WRITE, 0);
		ring_offer(&w.ring, (uint16_t)(2 * i));
	}
	before = w.raised[1];
	driver_kick(&w, 0);
	for (uint32_t i = 0; i < 5; i++)
		cr_assert(ring_take(&w.ring, &id, &len));
	cr_assert(eq(uint, w.raised[1], before + 1));
}

/* ---- what it refuses ---- */

struct refusal {
	uint32_t type;
	uint64_t sector;
	uint32_t len;
	int in;
	uint8_t status;
};

ParameterizedTestParameters(virtio_blk, refusals)
{
	static struct refusal r[] = {
		{ VIRTIO_BLK_T_IN, SECTORS, 512, 1, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, SECTORS - 1, 1024, 1, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, 0, 511, 1, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, 0, 513, 1, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, 0, 0, 1, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, 0, 512, 0, VIRTIO_BLK_S_IOERR }, /* data in the wrong half */
		{ VIRTIO_BLK_T_OUT, 0, 512, 1, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_OUT, UINT64_MAX, 512, 0, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_OUT, UINT64_MAX >> 9, 512, 0, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_OUT, 1ULL << 55, 512, 0, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_OUT, (1ULL << 55) - 1, 1024, 0, VIRTIO_BLK_S_IOERR },
		{ 77, 0, 512, 1, VIRTIO_BLK_S_UNSUPP },
		{ UINT32_MAX, 0, 0, 0, VIRTIO_BLK_S_UNSUPP },
	};

	return cr_make_param_array(struct refusal, r, ARRAY_LEN(r));
}

ParameterizedTest(struct refusal *r, virtio_blk, refusals)
{
	attach(F(FLUSH));
	cr_assert(eq(u8, request(r->type, r->sector, r->len, r->in), r->status));
	cr_assert(eq(u8, request(VIRTIO_BLK_T_IN, 0, 512, true), VIRTIO_BLK_S_OK), "it lives");
}

Test(virtio_blk, chains_without_header_or_status)
{
	uint32_t len;

	attach(F(FLUSH));
	put_header(VIRTIO_BLK_T_OUT, 0);
	ring_desc(&w.ring, 0, HEADER, 15, D_NEXT, 1);
	ring_desc(&w.ring, 1, STATUS, 1, D_WRITE, 0);
	ring_offer(&w.ring, 0);
	driver_kick(&w, 0);
	cr_assert(eq(u8, wait_used(&len), VIRTIO_BLK_S_IOERR));
	ring_desc(&w.ring, 0, HEADER, 16, D_NEXT, 1);
	ring_desc(&w.ring, 1, DATA, 512, 0, 0);
	ring_offer(&w.ring, 0);
	driver_kick(&w, 0);
	wait_used(&len);
	cr_assert(file_is(0, 0, 512), "nothing is written that cannot be answered");
}

Test(virtio_blk, a_read_only_disk_is_not_written)
{
	conf.read_only = true;
	attach(0);
	cr_assert(ne(u64, driver_offer(&w) & F(RO), 0));
	cr_assert(eq(u64, driver_offer(&w) & (F(DISCARD) | F(WRITE_ZEROES)), 0));
	memset(data(), 1, 512);
	cr_assert(eq(u8, request(VIRTIO_BLK_T_OUT, 0, 512, false), VIRTIO_BLK_S_IOERR));
	cr_assert(eq(u8, request(VIRTIO_BLK_T_WRITE_ZEROES, 0, 16, false), VIRTIO_BLK_S_IOERR));
	cr_assert(file_is(0, 0, 512));
	cr_assert(eq(u8, request(VIRTIO_BLK_T_IN, 0, 512, true), VIRTIO_BLK_S_OK));
	cr_assert(eq(u8, request(VIRTIO_BLK_T_FLUSH, 0, 0, false), VIRTIO_BLK_S_OK));
}

/* ---- discard and zeroes ---- */

static uint8_t range(uint32_t type, uint64_t sector, uint32_t n, uint32_t flags)
{
	le64_store(data(), sector);
	le32_store(data() + 8, n);
	le32_store(data() + 12, flags);
	return request(type, 0, 16, false);
}

static void fill(void)
{
	char ones[4096];

	memset(ones, 1, sizeof(ones));
	for (off_t off = 0; off < SECTORS * 512; off += (off_t)sizeof(ones))
		(void)!pwrite(file, ones, sizeof(ones), off);
}

ParameterizedTestParameters(virtio_blk, zeroes)
{
	static int engines[] = { 0, 1 };

	return cr_make_param_array(int, engines, 2);
}

ParameterizedTest(int *no_ring, virtio_blk, zeroes)
{
	struct stat before, after;

	if (*no_ring)
		fake_fail_all("uring_init", -ENOSYS);
	attach(F(FLUSH));
	fill();
	fstat(file, &before);
	cr_assert(eq(u8, range(VIRTIO_BLK_T_WRITE_ZEROES, 8, 8, 0), VIRTIO_BLK_S_OK));
	cr_assert(file_is(4096, 0, 4096));
	cr_assert(file_is(8192, 1, 512));
	cr_assert(eq(u8, range(VIRTIO_BLK_T_WRITE_ZEROES, 3, 1, 1), VIRTIO_BLK_S_OK));
	cr_assert(file_is(3 * 512, 0, 512));
	cr_assert(file_is(4 * 512, 1, 512));
	cr_assert(eq(u8, range(VIRTIO_BLK_T_DISCARD, 0, SECTORS, 0), VIRTIO_BLK_S_OK));
	fstat(file, &after);
	cr_assert(lt(i64, (int64_t)after.st_blocks, (int64_t)before.st_blocks));
	cr_assert(eq(i64, (int64_t)after.st_size, SECTORS * 512));
}

Test(virtio_blk, ranges_that_are_none)
{
	attach(F(FLUSH));
	fill();
	cr_assert(eq(u8, range(VIRTIO_BLK_T_DISCARD, SECTORS, 1, 0), VIRTIO_BLK_S_IOERR));
	cr_assert(eq(u8, range(VIRTIO_BLK_T_DISCARD, 1, SECTORS, 0), VIRTIO_BLK_S_IOERR));
	cr_assert(eq(u8, range(VIRTIO_BLK_T_DISCARD, 0, UINT32_MAX, 0), VIRTIO_BLK_S_IOERR));
	cr_assert(eq(u8, range(VIRTIO_BLK_T_DISCARD, UINT64_MAX, 1, 0), VIRTIO_BLK_S_IOERR));
	cr_assert(eq(u8, range(VIRTIO_BLK_T_DISCARD, 0, 0, 0), VIRTIO_BLK_S_IOERR));
	cr_assert(eq(u8, range(VIRTIO_BLK_T_DISCARD, 0, 8, 1), VIRTIO_BLK_S_UNSUPP));
	cr_assert(eq(u8, range(VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 2), VIRTIO_BLK_S_UNSUPP));
	cr_assert(eq(u8, request(VIRTIO_BLK_T_DISCARD, 0, 32, false), VIRTIO_BLK_S_IOERR));
	cr_assert(eq(u8, request(VIRTIO_BLK_T_DISCARD, 0, 15, false), VIRTIO_BLK_S_IOERR));
	cr_assert(eq(u8, request(VIRTIO_BLK_T_DISCARD, 0, 0, false), VIRTIO_BLK_S_IOERR));
	cr_assert(file_is(0, 1, 4096));
}

/* What is announced is enforced: the host would work on more for hours. */
Test(virtio_blk, ranges_above_the_limit)
{
	const uint32_t max = 4u << 20;
	const uint64_t config = VIRTIO_BAR_DEVICE;

	cr_assert(eq(int, ftruncate(file, 5LL << 30), 0));
	attach(F(FLUSH));
	cr_expect(
		eq(u64,
		   driver_read(&w, config + offsetof(struct virtio_blk_config, max_discard_sectors),
			       4),
		   max));
	cr_expect(eq(
		u64,
		driver_read(&w,
			    config + offsetof(struct virtio_blk_config, max_write_zeroes_sectors),
			    4),
		max));
	cr_expect(eq(u8, range(VIRTIO_BLK_T_DISCARD, 0, max + 1, 0), VIRTIO_BLK_S_IOERR));
	cr_expect(eq(u8, range(VIRTIO_BLK_T_WRITE_ZEROES, 0, max + 1, 1), VIRTIO_BLK_S_IOERR));
	cr_expect(eq(u8, range(VIRTIO_BLK_T_DISCARD, 0, max, 0), VIRTIO_BLK_S_OK));
	cr_expect(eq(u8, range(VIRTIO_BLK_T_WRITE_ZEROES, 8, max, 1), VIRTIO_BLK_S_OK));
}

/* ---- the host fails ---- */

Test(virtio_blk, errors_of_the_host_reach_the_guest)
{
	fake_fail_all("uring_init", -ENOSYS);
	attach(F(FLUSH));
	fake_fail_all("preadv", -EIO);
	cr_assert(eq(u8, request(VIRTIO_BLK_T_IN, 0, 512, true), VIRTIO_BLK_S_IOERR));
	fake_fail_all("pwritev", -ENOSPC);
	cr_assert(eq(u8, request(VIRTIO_BLK_T_OUT, 0, 512, false), VIRTIO_BLK_S_IOERR));
	fake_fail_all("fdatasync", -EIO);
	cr_assert(eq(u8, request(VIRTIO_BLK_T_FLUSH, 0, 0, false), VIRTIO_BLK_S_IOERR));
	fake_fail_all(NULL, 0);
	cr_assert(eq(u8, request(VIRTIO_BLK_T_OUT, 0, 512, false), VIRTIO_BLK_S_OK));
}

Test(virtio_blk, hosts_without_fallocate)
{
	fake_fail_all("uring_init", -ENOSYS);
	attach(F(FLUSH));
	fill();
	fake_fail_all("fallocate", -EOPNOTSUPP);
	cr_assert(eq(u8, range(VIRTIO_BLK_T_DISCARD, 0, 8, 0), VIRTIO_BLK_S_OK), "it is a hint");
	cr_assert(file_is(0, 1, 4096));
	cr_assert(eq(u8, range(VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 1), VIRTIO_BLK_S_OK));
	cr_assert(file_is(0, 0, 4096));
	cr_assert(file_is(4096, 1, 4096));
}

ParameterizedTestParameters(virtio_blk, a_file_that_shrinks)
{
	static int engines[] = { 0, 1 };

	return cr_make_param_array(int, engines, 2);
}

ParameterizedTest(int *no_ring, virtio_blk, a_file_that_shrinks)
{
	if (*no_ring)
		fake_fail_all("uring_init", -ENOSYS);
	attach(F(FLUSH));
	cr_assert(eq(int, ftruncate(file, 1024), 0));
	cr_assert(eq(u8, request(VIRTIO_BLK_T_IN, 0, 4096, true), VIRTIO_BLK_S_IOERR));
}

/* ---- caches ---- */

Test(virtio_blk, a_driver_without_flush_gets_each_write_flushed)
{
	fake_fail_all("uring_init", -ENOSYS);
	attach(0);
	cr_assert(eq(u8, request(VIRTIO_BLK_T_OUT, 0, 512, false), VIRTIO_BLK_S_OK));
	cr_assert(eq(int, fake_count("fdatasync"), 1));
	cr_assert(eq(u8, request(VIRTIO_BLK_T_IN, 0, 512, true), VIRTIO_BLK_S_OK));
	cr_assert(eq(int, fake_count("fdatasync"), 1));
	fake_fail_all("fdatasync", -EIO);
	cr_assert(eq(u8, request(VIRTIO_BLK_T_OUT, 0, 512, false), VIRTIO_BLK_S_IOERR));
}

Test(virtio_blk, a_driver_can_switch_the_cache_off)
{
	const uint64_t wce = VIRTIO_BAR_DEVICE + offsetof(struct virtio_blk_config, wce);

	fake_fail_all("uring_init", -ENOSYS);
	attach(F(FLUSH) | F(CONFIG_WCE));
	cr_assert(eq(u64, driver_read(&w, wce, 1), 1));
	request(VIRTIO_BLK_T_OUT, 0, 512, false);
	cr_assert(eq(int, fake_count("fdatasync"), 0));
	driver_write(&w, wce, 1, 0);
	request(VIRTIO_BLK_T_OUT, 0, 512, false);
	cr_assert(eq(int, fake_count("fdatasync"), 1));
	driver_set_status(&w, 0);
	cr_assert(eq(u64, driver_read(&w, wce, 1), 1), "as after power-on");
}

/* ---- life ---- */

ParameterizedTestParameters(virtio_blk, reset_waits_for_what_is_in_flight)
{
	static int engines[] = { 0, 1 };

	return cr_make_param_array(int, engines, 2);
}

ParameterizedTest(int *no_ring, virtio_blk, reset_waits_for_what_is_in_flight)
{
	struct blk *b;

	if (*no_ring)
		fake_fail_all("uring_init", -ENOSYS);
	attach(F(FLUSH));
	b = (struct blk *)dev;
	for (int round = 0; round < 50; round++) {
		for (uint32_t i = 0; i < 5; i++)
			offer(i & 1 ? VIRTIO_BLK_T_OUT : VIRTIO_BLK_T_FLUSH, i, i & 1 ? 4096 : 0,
			      false);
		driver_write(&w, VIRTIO_BAR_NOTIFY, 2, 0);
		if (round & 1)
			loop_run_once(&w.loop, 0);
		driver_set_status(&w, 0);
		cr_assert(eq(int, driver_status(&w) != 0, b->block.inflight != 0));
		while (driver_status(&w))
			loop_run_once(&w.loop, 100);
		cr_assert(eq(u32, b->block.inflight, 0));
		ring_init(&w.ring, QUEUE);
		driver_start(&w, F(FLUSH));
	}
}

/* Zeroes that would be written by hand, for minutes: the reset takes them back. */
Test(virtio_blk, reset_takes_back_what_has_not_begun, .timeout = 60)
{
	struct blk *b;

	cr_assert(eq(int, ftruncate(file, 3LL << 30), 0));
	fake_fail_all("uring_init", -ENOSYS);
	attach(F(FLUSH));
	b = (struct blk *)dev;
	fake_fail_all("fallocate", -EOPNOTSUPP);
	le64_store(data(), 0);
	le32_store(data() + 8, 4u << 20);
	le32_store(data() + 12, 0);
	for (uint32_t i = 0; i < 5; i++)
		offer(VIRTIO_BLK_T_WRITE_ZEROES, 0, 16, false);
	driver_kick(&w, 0);
	cr_expect(eq(u32, b->block.inflight, 4), "as many as are let in at a time");
	cr_expect(eq(u64, b->held, 1));
	while (fake_count("fallocate") == 0)
		usleep(1000);
	driver_set_status(&w, 0);
	while (driver_status(&w))
		loop_run_once(&w.loop, 100);
	fake_fail_all(NULL, 0);
	cr_expect(eq(u64, b->held, 0));
	cr_expect(lt(int, fake_count("pwrite"), 20000), "of 131072 pieces");
}

/* A read ends after bus mastering fell: nothing of the answer is written. */
Test(virtio_blk, no_answer_after_bus_mastering_fell)
{
	struct blk *b;

	fake_fail_all("uring_init", -ENOSYS);
	attach(F(FLUSH));
	b = (struct blk *)dev;
	for (uint32_t i = 0; i < 5; i++)
		offer(VIRTIO_BLK_T_FLUSH, 0, 0, false);
	driver_write(&w, VIRTIO_BAR_NOTIFY, 2, 0);
	loop_run_once(&w.loop, 0);
	driver_master(&w, false);
	*(uint8_t *)ring_at(&w.ring, STATUS) = NO_STATUS;
	w.ring.used_seen = ring_used_idx(&w.ring);
	while (b->block.inflight)
		loop_run_once(&w.loop, 100);
	cr_expect(eq(u8, *(uint8_t *)ring_at(&w.ring, STATUS), NO_STATUS));
	cr_expect(eq(u16, ring_used_idx(&w.ring), w.ring.used_seen));
	driver_set_status(&w, 0);
	cr_expect(eq(u8, driver_status(&w), 0));
}

Test(virtio_blk, destroyed_with_requests_in_flight)
{
	fake_fail_all("uring_init", -ENOSYS);
	attach(F(FLUSH));
	for (uint32_t i = 0; i < 5; i++)
		offer(VIRTIO_BLK_T_FLUSH, 0, 0, false);
	driver_write(&w, VIRTIO_BAR_NOTIFY, 2, 0);
	loop_run_once(&w.loop, 0);
}

Test(virtio_blk, growth_is_seen_by_the_guest)
{
	attach(F(FLUSH));
	cr_assert(eq(u64, driver_read(&w, VIRTIO_BAR_DEVICE, 8), SECTORS));
	cr_assert(eq(int, ftruncate(file, 2 * SECTORS * 512 + 100), 0));
	for (int i = 0; i < 30 && w.raised[0] == 0; i++)
		loop_run_once(&w.loop, 100);
	cr_assert(eq(uint, w.raised[0], 1));
	cr_assert(eq(u64, driver_read(&w, VIRTIO_BAR_DEVICE, 8), 2 * SECTORS));
	cr_assert(eq(u8, request(VIRTIO_BLK_T_IN, 2 * SECTORS - 1, 512, true), VIRTIO_BLK_S_OK));
}

Test(virtio_blk, behind_an_iommu)
{
	const uint64_t bus = 0x8000000000ULL;
	uint32_t used;

	conf.iommu = true;
	cr_assert(eq(int, virtio_blk.create(&dev, &w.env, &conf, "disk0", 0, &w.blame), 0));
	cr_assert(dev->iommu);
	driver_attach(&w, (struct virtio_pci *)dev->func->ctx);
	cr_assert(driver_negotiate(&w, 1ULL << VIRTIO_F_VERSION_1 |
					       1ULL << VIRTIO_F_ACCESS_PLATFORM | F(FLUSH)));
	driver_queue(&w, 0, bus + RING_DESC, bus + RING_AVAIL, bus + RING_USED);
	driver_ok(&w);
	memset(data(), 0x3c, 512);
	put_header(VIRTIO_BLK_T_OUT, 2);
	ring_desc(&w.ring, 0, bus + HEADER, 16, D_NEXT, 1);
	ring_desc(&w.ring, 1, bus + DATA, 512, D_NEXT, 2);
	ring_desc(&w.ring, 2, bus + STATUS, 1, D_WRITE, 0);
	ring_offer(&w.ring, 0);
	driver_kick(&w, 0);
	cr_assert(eq(u8, wait_used(&used), VIRTIO_BLK_S_OK));
	cr_assert(file_is(1024, 0x3c, 512));
}

Test(virtio_blk, queues_follow_the_vcpus)
{
	attach(0);
	cr_assert(eq(u64, driver_read(&w, VIRTIO_PCI_COMMON_NUMQ, 2), 2));
	virtio_blk.destroy(dev);
	w.env.nvcpus = 64;
	attach(0);
	cr_assert(eq(u64, driver_read(&w, VIRTIO_PCI_COMMON_NUMQ, 2), 4));
	virtio_blk.destroy(dev);
	conf.queues = 16;
	attach(0);
	cr_assert(eq(u64, driver_read(&w, VIRTIO_PCI_COMMON_NUMQ, 2), 16));
}

Test(virtio_blk, a_failed_start_leaves_nothing)
{
	int before = fake_open_fds();

	for (unsigned int n = 1; n < 60; n++) {
		fake_fail_nth(n, -ENOMEM);
		if (virtio_blk.create(&dev, &w.env, &conf, "disk0", 0, &w.blame) == 0) {
			virtio_blk.destroy(dev);
			dev = NULL;
		}
		cr_assert(eq(int, fake_open_fds(), before), "call %u: %s", n, fake_failed_call());
	}
	fake_fail_nth(0, 0);
}
