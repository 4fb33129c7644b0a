/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/virtio/balloon.h"
#include "tests/unit/devices/virtio/small_fixture.h"

#include <linux/virtio_balloon.h>

#define F(n) (1ULL << VIRTIO_BALLOON_F_##n)
#define PFNS (RING_DATA + 0x1000u)
#define PFN(i) (RING_RAM / 4096 + 0x30 + (i)) /* of pages that hold nothing else */
#define PAGE(i) ((uint8_t *)ring_at(&w.ring, PFN(i) * 4096ULL))

static struct ring deflate, report;
static struct balloon_conf conf;

static void setup(void)
{
	small_setup();
	conf = (struct balloon_conf){ .size = 512 * KiB,
				      .deflate_on_oom = true,
				      .free_page_reporting = true };
}

TestSuite(virtio_balloon, .init = setup, .fini = small_teardown);

static void create(void)
{
	cr_assert(eq(int, virtio_balloon.create(&dev, &w.env, &conf, "balloon", 0, &w.blame), 0));
	driver_attach(&w, dev->func->ctx);
}

static void start(uint64_t features, uint32_t report_queue)
{
	cr_assert(driver_negotiate(&w, features | 1ULL << VIRTIO_F_VERSION_1));
	driver_queue(&w, 0, RING_DESC, RING_AVAIL, RING_USED);
	driver_ring(&w, 1, &deflate, FAR);
	driver_ring(&w, report_queue, &report, FARTHER);
	driver_ok(&w);
	world_run(&w);
	for (unsigned int i = 0; i < 64; i++)
		*PAGE(i) = 0x55;
}

/* Name pages [@first, @first + @n) to queue @q. */
static void name_pages(struct ring *r, uint32_t q, int first, int n, int step)
{
	uint32_t id, len;

	for (int i = 0; i < n; i++)
		le32_store(ring_at(&w.ring, PFNS + 4u * (uint32_t)i),
			   (uint32_t)PFN(first + i * step));
	ring_desc(r, 0, PFNS, 4 * (uint32_t)n, 0, 0);
	ring_offer(r, 0);
	driver_kick(&w, q);
	cr_assert(ring_take(r, &id, &len));
	cr_expect(eq(u32, len, 0));
}

static void expect_gone(int from, int to)
{
	for (int i = from; i < to; i++)
		cr_expect(eq(u8, *PAGE(i), 0), "page %d is still there", i);
}

static void expect_kept(int from, int to)
{
	for (int i = from; i < to; i++)
		cr_expect(eq(u8, *PAGE(i), 0x55), "page %d is gone", i);
}

static uint32_t config(uint32_t off)
{
	return (uint32_t)driver_read(&w, VIRTIO_BAR_DEVICE + off, 4);
}

Test(virtio_balloon, asks_for_what_the_configuration_says)
{
	create();
	cr_expect(eq(u32, config(0), 512 / 4));
	cr_expect(eq(u32, config(4), 0));
	cr_expect(eq(u64, driver_offer(&w) & 0xffffff,
		     F(MUST_TELL_HOST) | F(DEFLATE_ON_OOM) | F(REPORTING) | F(PAGE_POISON)));
}

Test(virtio_balloon, offers_nothing_that_was_switched_off)
{
	conf = (struct balloon_conf){ 0 };
	create();
	cr_expect(eq(u32, config(0), 0));
	cr_expect(eq(u64, driver_offer(&w) & 0xffffff, F(MUST_TELL_HOST)));
}

Test(virtio_balloon, pages_of_a_run_go_back_at_once)
{
	create();
	start(F(MUST_TELL_HOST), 2);
	name_pages(&w.ring, 0, 0, 8, 1);
	cr_expect(eq(uint, w.ndiscards, 1));
	name_pages(&w.ring, 0, 15, 8, -1);
	cr_expect(eq(uint, w.ndiscards, 2), "downwards as well");
	name_pages(&w.ring, 0, 20, 3, 2);
	cr_expect(eq(uint, w.ndiscards, 5));
	expect_gone(0, 16);
	expect_kept(16, 20);
	expect_kept(21, 22);
}

/* Guest pages of 4 KiB on a host with pages of 64 KiB. */
Test(virtio_balloon, a_host_page_goes_back_with_its_last_part)
{
	w.env.ram_page = 64 * KiB;
	create();
	start(F(MUST_TELL_HOST), 2);
	name_pages(&w.ring, 0, 0, 15, 1);
	cr_expect(eq(uint, w.ndiscards, 0));
	name_pages(&deflate, 1, 3, 1, 1);
	name_pages(&w.ring, 0, 15, 1, 1);
	cr_expect(eq(uint, w.ndiscards, 0), "one is in use again");
	expect_kept(0, 16);
	name_pages(&w.ring, 0, 3, 1, 1);
	cr_expect(eq(uint, w.ndiscards, 1));
	expect_gone(0, 16);
	expect_kept(16, 32);
}

/* A driver that did not promise to tell first may use the parts again. */
Test(virtio_balloon, parts_are_not_remembered_without_must_tell_host)
{
	w.env.ram_page = 64 * KiB;
	create();
	start(0, 2);
	name_pages(&w.ring, 0, 0, 15, 1);
	name_pages(&w.ring, 0, 15, 1, 1);
	cr_expect(eq(uint, w.ndiscards, 0));
	name_pages(&w.ring, 0, 0, 16, 1);
	cr_expect(eq(uint, w.ndiscards, 1));
}

Test(virtio_balloon, a_reset_empties_it)
{
	w.env.ram_page = 64 * KiB;
	create();
	start(F(MUST_TELL_HOST), 2);
	name_pages(&w.ring, 0, 0, 15, 1);
	driver_write(&w, VIRTIO_BAR_DEVICE + 4, 4, 15);
	cr_expect(eq(u32, config(4), 15));
	driver_set_status(&w, 0);
	cr_expect(eq(u32, config(4), 0));
	memset(ring_at(&w.ring, RING_DESC), 0, RING_DATA - RING_DESC);
	w.ring.avail = w.ring.used_seen = 0;
	start(F(MUST_TELL_HOST), 2);
	name_pages(&w.ring, 0, 15, 1, 1);
	cr_expect(eq(uint, w.ndiscards, 0));
}

Test(virtio_balloon, numbers_outside_ram_are_ignored)
{
	static const uint32_t bad[] = { 0,          1,         RING_RAM / 4096 - 1, RING_END / 4096,
					UINT32_MAX, 0x80000000 };
	uint32_t id, len;

	create();
	start(F(MUST_TELL_HOST), 2);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		le32_store(ring_at(&w.ring, PFNS + 4 * i), bad[i]);
	ring_desc(&w.ring, 0, PFNS, sizeof(bad) + 3, 0, 0); /* and most of one more */
	ring_offer(&w.ring, 0);
	driver_kick(&w, 0);
	cr_expect(ring_take(&w.ring, &id, &len));
	cr_expect(eq(uint, w.ndiscards, 0));
	cr_expect(eq(int, said_lines(), 0));
}

/* Free pages: three buffers that the device writes to, so to speak. */
static void report_pages(uint32_t q)
{
	uint32_t id, len;

	ring_desc(&report, 0, PFN(0) * 4096ULL, 2 * 4096, D_WRITE | D_NEXT, 1);
	ring_desc(&report, 1, PFN(4) * 4096ULL + 1, 2 * 4096, D_WRITE | D_NEXT, 2);
	ring_desc(&report, 2, PFN(8) * 4096ULL, 4095, D_WRITE, 0);
	ring_offer(&report, 0);
	driver_kick(&w, q);
	cr_assert(ring_take(&report, &id, &len));
}

/* Drivers count the queues that are not there, or do not. */
static void expect_reporting(uint32_t queue)
{
	create();
	start(F(MUST_TELL_HOST) | F(REPORTING), queue);
	report_pages(queue);
	cr_expect(eq(uint, w.ndiscards, 2));
	expect_gone(0, 2);
	expect_kept(2, 5);
	expect_gone(5, 6);
	expect_kept(6, 16);
}

Test(virtio_balloon, free_pages_go_back_by_the_third_queue)
{
	expect_reporting(2);
}

Test(virtio_balloon, free_pages_go_back_by_the_fifth_queue)
{
	expect_reporting(4);
}

Test(virtio_balloon, free_pages_with_poison_in_them_stay)
{
	create();
	start(F(MUST_TELL_HOST) | F(REPORTING) | F(PAGE_POISON), 2);
	driver_write(&w, VIRTIO_BAR_DEVICE + 12, 4, 0xaaaaaaaa);
	report_pages(2);
	expect_kept(0, 16);
	driver_write(&w, VIRTIO_BAR_DEVICE + 12, 4, 0);
	report_pages(2);
	expect_gone(0, 2);
}

Test(virtio_balloon, takes_nothing_where_ram_is_pinned)
{
	w.env.dma_pinned = true;
	create();
	cr_expect(eq(int, said_lines(), 1));
	cr_expect(ne(ptr,
		     strstr(said_last(), "balloon: it takes no memory: passed-through devices"),
		     NULL),
		  "%s", said_last());
	cr_expect(eq(u32, config(0), 0));
	cr_expect(eq(u64, driver_offer(&w) & (F(REPORTING) | F(PAGE_POISON)), 0));
	start(F(MUST_TELL_HOST), 2);
	name_pages(&w.ring, 0, 0, 16, 1); /* though nobody asked; world_discard() would abort */
	report_pages(2);
	expect_kept(0, 16);
	cr_expect(eq(int, said_lines(), 1));
}

Test(virtio_balloon, a_host_that_refuses_is_reported_once)
{
	w.discard_result = -EINVAL;
	create();
	start(F(MUST_TELL_HOST), 2);
	name_pages(&w.ring, 0, 0, 16, 2);
	name_pages(&w.ring, 0, 0, 16, 1);
	cr_expect(eq(int, said_lines(), 1));
	expect_kept(0, 16);
}

static int count_discard(void *ctx, void *host, uint64_t len)
{
	(void)host;
	*(uint64_t *)ctx += len;
	return 0;
}

/* More parts than a word has bits. */
Test(virtio_balloon, a_huge_page_goes_back_with_its_last_part)
{
	uint64_t inside[5] = { 0 }, gone = 0;
	struct gmem mem = { 0 };
	struct device_env env = {
		.mem = &mem, .ram_page = 512 * KiB, .discard = count_discard, .ctx = &gone
	};
	struct balloon b = { .v.env = &env, .npages = 256, .inside = inside };
	void *ram = aligned_alloc(512 * KiB, MiB);

	cr_assert(eq(int, gmem_add(&mem, 0, MiB, ram), 0));
	for (uint32_t pfn = 255; pfn > 128; pfn--)
		balloon_page(&b, pfn, true);
	balloon_flush(&b);
	cr_expect(eq(u64, gone, 0));
	balloon_page(&b, 128, true);
	balloon_flush(&b);
	cr_expect(eq(u64, gone, 512 * KiB));
	free(ram);
}

/* What the guest may write is what the driver's fields are, whole. */
Test(virtio_balloon, other_fields_are_read_only)
{
	create();
	start(F(MUST_TELL_HOST), 2);
	for (uint32_t off = 0; off < 24; off++)
		for (uint32_t size = 1; size <= 8; size *= 2)
			driver_write(&w, VIRTIO_BAR_DEVICE + off, size, 0x1122334455667788);
	cr_expect(eq(u32, config(0), 512 / 4));
	cr_expect(eq(u32, config(4), 0x55667788));
	cr_expect(eq(u32, config(8), 0));
	cr_expect(eq(u32, config(12), 0x55667788));
}

Test(virtio_balloon, has_a_new_size_from_the_control_api)
{
	create();
	driver_write(&w, VIRTIO_BAR_DEVICE + 4, 4, 3); /* pages that it has given */
	cr_expect(eq(u64, balloon_bytes(dev), 12 * KiB));
	driver_write(&w, VIRTIO_BAR_DEVICE + 4, 4, UINT32_MAX);
	cr_expect(le(u64, balloon_bytes(dev), 64 * MiB), "not more than there is");
	cr_expect(eq(int, balloon_resize(dev, 64 * KiB), 0));
	cr_expect(eq(u32, config(0), 16));
	cr_expect(eq(int, balloon_resize(dev, 0), 0));
	cr_expect(eq(u32, config(0), 0));
	cr_expect(eq(int, balloon_resize(dev, UINT64_MAX), -EINVAL));
	w.env.dma_pinned = true;
	cr_expect(eq(int, balloon_resize(dev, 4 * KiB), -EBUSY));
	cr_expect(eq(u32, config(0), 0));
}
