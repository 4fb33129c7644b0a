/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/virtio/queue.h"

#include "tests/unit/devices/virtio/ring_fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <errno.h>

#define SIZE 8u
#define MAX_IOV 6u

static struct ring ring;
static struct virtio_dma dma;
static struct virtq q;
static struct iovec iov[MAX_IOV + 1];
static struct virtq_chain c;

static void start(bool event_idx)
{
	ring_init(&ring, SIZE);
	dma = (struct virtio_dma){ .mem = &ring.mem };
	q = (struct virtq){ .dma = &dma,
			    .size = SIZE,
			    .desc = RING_DESC,
			    .avail = RING_AVAIL,
			    .used = RING_USED,
			    .event_idx = event_idx,
			    .indirect = true };
	c = (struct virtq_chain){ .iov = iov, .max_iov = MAX_IOV };
	iov[MAX_IOV] = (struct iovec){ .iov_len = 4711 }; /* must stay */
	cr_assert(eq(int, virtq_enable(&q), 0));
}

static void setup(void)
{
	start(false);
}

TestSuite(queue, .init = setup);

/* One writable buffer of @len bytes as descriptor @i. */
static void offer_one(uint16_t i, uint32_t len)
{
	ring_desc(&ring, i, RING_DATA + 0x1000u * i, len, D_WRITE, 0);
	ring_offer(&ring, i);
}

Test(queue, chain_becomes_iovecs)
{
	ring_desc(&ring, 3, RING_DATA, 16, D_NEXT, 5);
	ring_desc(&ring, 5, RING_DATA + 100, 50, D_NEXT | D_WRITE, 0);
	ring_desc(&ring, 0, RING_END - 7, 7, D_WRITE, 99);
	ring_offer(&ring, 3);
	cr_assert(eq(int, virtq_pop(&q, &c), 1));
	cr_assert(eq(u16, c.head, 3));
	cr_assert(eq(u32, c.nout, 1));
	cr_assert(eq(u32, c.nin, 2));
	cr_assert(eq(u64, c.out_len, 16));
	cr_assert(eq(u64, c.in_len, 57));
	cr_assert(eq(ptr, iov[0].iov_base, ring_at(&ring, RING_DATA)));
	cr_assert(eq(ptr, iov[2].iov_base, ring_at(&ring, RING_END - 7)));
	cr_assert(eq(int, virtq_pop(&q, &c), 0));
}

Test(queue, direct_then_indirect)
{
	ring_desc(&ring, 0, RING_DATA, 16, D_NEXT, 1);
	ring_desc(&ring, 1, RING_DATA + 0x101, 32, D_INDIRECT, 0); /* any alignment */
	ring_desc_at(&ring, RING_DATA + 0x101, 0, RING_DATA + 32, 1, D_NEXT, 1);
	ring_desc_at(&ring, RING_DATA + 0x101, 1, RING_DATA + 64, 2, D_WRITE, 0);
	ring_offer(&ring, 0);
	cr_assert(eq(int, virtq_pop(&q, &c), 1));
	cr_assert(eq(u32, c.nout, 2));
	cr_assert(eq(u32, c.nin, 1));
}

Test(queue, used_entries_come_with_publish)
{
	uint32_t id, len;

	offer_one(1, 64);
	offer_one(2, 64);
	cr_assert(eq(int, virtq_pop(&q, &c), 1));
	cr_assert(eq(int, virtq_pop(&q, &c), 1));
	virtq_push(&q, 2, 10);
	virtq_push(&q, 1, 20);
	cr_assert(not(ring_take(&ring, &id, &len)));
	cr_assert(virtq_publish(&q));
	cr_assert(ring_take(&ring, &id, &len));
	cr_assert(eq(u32, id, 2));
	cr_assert(eq(u32, len, 10));
	cr_assert(ring_take(&ring, &id, &len));
	cr_assert(eq(u32, id, 1));
	cr_assert(eq(u32, len, 20));
	cr_assert(not(virtq_publish(&q)), "nothing new");
}

Test(queue, flags_silence_both_sides)
{
	offer_one(0, 1);
	virtq_notify_off(&q);
	cr_assert(eq(u16, ring_used_flags(&ring), 1));
	ring_set_avail_flags(&ring, 1);
	cr_assert(eq(int, virtq_pop(&q, &c), 1));
	virtq_push(&q, c.head, 1);
	cr_assert(not(virtq_publish(&q)));
	cr_assert(not(virtq_notify_on(&q)));
	cr_assert(eq(u16, ring_used_flags(&ring), 0));
	offer_one(1, 1);
	cr_assert(virtq_notify_on(&q), "something came in between");
}

Test(queue, event_indices)
{
	start(true);
	cr_assert(not(virtq_notify_on(&q)));
	for (uint32_t round = 0; round < 70000; round++) { /* beyond the 16 bits */
		bool wanted = round % 3 == 0;

		offer_one((uint16_t)(round % SIZE), 1);
		ring_set_used_event(&ring, (uint16_t)(wanted ? round : round + 5));
		virtq_notify_off(&q);
		cr_assert(eq(int, virtq_pop(&q, &c), 1));
		virtq_push(&q, c.head, 1);
		cr_assert(eq(int, virtq_publish(&q), wanted));
		cr_assert(not(virtq_notify_on(&q)));
		cr_assert(eq(u16, ring_avail_event(&ring), (uint16_t)(round + 1)));
	}
	cr_assert(eq(u16, ring_used_flags(&ring), 0), "not used with event indices");
}

Test(queue, event_index_inside_a_batch_interrupts)
{
	start(true);
	for (uint16_t i = 0; i < 5; i++)
		offer_one(i, 1);
	ring_set_used_event(&ring, 3);
	for (uint16_t i = 0; i < 5; i++) {
		cr_assert(eq(int, virtq_pop(&q, &c), 1));
		virtq_push(&q, c.head, 1);
	}
	cr_assert(virtq_publish(&q));
}

Test(queue, unpop_gives_the_same_again)
{
	offer_one(4, 1);
	offer_one(5, 1);
	cr_assert(eq(int, virtq_pop(&q, &c), 1));
	cr_assert(eq(int, virtq_pop(&q, &c), 1));
	virtq_unpop(&q, 2);
	cr_assert(eq(int, virtq_pop(&q, &c), 1));
	cr_assert(eq(u16, c.head, 4));
	cr_assert(eq(u16, q.inflight, 1));
}

Test(queue, off_is_silent)
{
	virtq_reset(&q);
	offer_one(0, 1);
	cr_assert(eq(int, virtq_pop(&q, &c), 0));
	cr_assert(not(virtq_notify_on(&q)));
	cr_assert(not(virtq_publish(&q)));
	cr_assert(virtq_is_empty(&q));
	virtq_notify_off(&q);
	cr_assert(eq(u16, ring_used_flags(&ring), 0));
}

/* ---- queues that cannot be ---- */

struct place {
	uint16_t size;
	uint64_t desc, avail, used;
	int result;
};

ParameterizedTestParameters(queue, places)
{
	static struct place places[] = {
		{ 8, RING_DESC, RING_AVAIL, RING_USED, 0 },
		{ 1, RING_DESC, RING_AVAIL, RING_USED, 0 },
		{ 1024, RING_DESC, RING_AVAIL, RING_USED, 0 },
		{ 8, RING_END - 128, RING_AVAIL, RING_USED, 0 },
		{ 8, RING_DESC, RING_END - 22, RING_USED, 0 },
		{ 0, RING_DESC, RING_AVAIL, RING_USED, -EINVAL },
		{ 3, RING_DESC, RING_AVAIL, RING_USED, -EINVAL },
		{ 2048, RING_DESC, RING_AVAIL, RING_USED, -EINVAL },
		{ 8, RING_DESC + 8, RING_AVAIL, RING_USED, -EINVAL },
		{ 8, RING_DESC, RING_AVAIL + 1, RING_USED, -EINVAL },
		{ 8, RING_DESC, RING_AVAIL, RING_USED + 2, -EINVAL },
		{ 8, UINT64_MAX & ~15ULL, RING_AVAIL, RING_USED, -EINVAL },
		{ 8, RING_DESC, UINT64_MAX & ~1ULL, RING_USED, -EINVAL },
		{ 8, RING_DESC, RING_AVAIL, UINT64_MAX & ~3ULL, -EINVAL },
		{ 8, 0, RING_AVAIL, RING_USED, -EFAULT },
		{ 8, RING_END - 112, RING_AVAIL, RING_USED, -EFAULT },
		{ 8, RING_DESC, RING_END - 20, RING_USED, -EFAULT },
		{ 8, RING_DESC, RING_AVAIL, RING_END - 68, -EFAULT },
		{ 8, RING_DESC, RING_AVAIL, 1ULL << 60, -EFAULT },
	};

	return cr_make_param_array(struct place, places, sizeof(places) / sizeof(places[0]));
}

ParameterizedTest(struct place *p, queue, places)
{
	virtq_reset(&q);
	q.size = p->size;
	q.desc = p->desc;
	q.avail = p->avail;
	q.used = p->used;
	cr_assert(eq(int, virtq_enable(&q), p->result));
	cr_assert(eq(int, q.enabled, p->result == 0));
	c.iov = iov;
	cr_assert(eq(int, virtq_pop(&q, &c), 0));
}

/* ---- a guest that breaks the rules ---- */

static void number_too_large(void)
{
	ring_offer(&ring, SIZE);
}

static void number_65535(void)
{
	ring_offer(&ring, 0xffff);
}

static void next_too_large(void)
{
	ring_desc(&ring, 0, RING_DATA, 1, D_NEXT, SIZE);
	ring_offer(&ring, 0);
}

static void loop_of_one(void)
{
	ring_desc(&ring, 0, RING_DATA, 1, D_NEXT, 0);
	c.max_iov = UINT32_MAX; /* the device would take it: the loop is what ends it */
	ring_offer(&ring, 0);
}

static void loop_of_all(void)
{
	for (uint32_t i = 0; i < SIZE; i++)
		ring_desc(&ring, i, RING_DATA, 1, D_NEXT, (i + 1) % SIZE);
	ring_offer(&ring, 3);
}

static void too_many_segments(void)
{
	for (uint32_t i = 0; i < SIZE; i++)
		ring_desc(&ring, i, RING_DATA, 1, i + 1 < SIZE ? D_NEXT : 0, i + 1);
	ring_offer(&ring, 0);
}

static void outside_ram(void)
{
	ring_desc(&ring, 0, 0, 1, 0, 0);
	ring_offer(&ring, 0);
}

static void one_byte_beyond(void)
{
	ring_desc(&ring, 0, RING_END - 10, 11, D_WRITE, 0);
	ring_offer(&ring, 0);
}

static void huge_length(void)
{
	ring_desc(&ring, 0, RING_DATA, UINT32_MAX, D_WRITE, 0);
	ring_offer(&ring, 0);
}

static void wraps_around(void)
{
	ring_desc(&ring, 0, UINT64_MAX - 4, 16, 0, 0);
	ring_offer(&ring, 0);
}

static void ends_at_the_top(void)
{
	ring_desc(&ring, 0, UINT64_MAX, 1, 0, 0);
	ring_offer(&ring, 0);
}

static void no_bytes(void)
{
	ring_desc(&ring, 0, RING_DATA, 0, 0, 0);
	ring_offer(&ring, 0);
}

static void readable_behind_writable(void)
{
	ring_desc(&ring, 0, RING_DATA, 1, D_WRITE | D_NEXT, 1);
	ring_desc(&ring, 1, RING_DATA, 1, 0, 0);
	ring_offer(&ring, 0);
}

static void indirect(uint64_t addr, uint32_t len, uint32_t flags)
{
	ring_desc(&ring, 0, addr, len, D_INDIRECT | flags, 1);
	ring_offer(&ring, 0);
}

static void indirect_not_negotiated(void)
{
	q.indirect = false;
	ring_desc_at(&ring, RING_DATA, 0, RING_DATA, 1, 0, 0);
	indirect(RING_DATA, 16, 0);
}

static void indirect_in_indirect(void)
{
	ring_desc_at(&ring, RING_DATA, 0, RING_DATA + 64, 16, D_INDIRECT, 0);
	ring_desc_at(&ring, RING_DATA + 64, 0, RING_DATA, 1, 0, 0);
	indirect(RING_DATA, 16, 0);
}

static void indirect_in_itself(void)
{
	ring_desc_at(&ring, RING_DATA, 0, RING_DATA, 16, D_INDIRECT, 0);
	indirect(RING_DATA, 16, 0);
}

static void indirect_with_next(void)
{
	ring_desc_at(&ring, RING_DATA, 0, RING_DATA, 1, 0, 0);
	indirect(RING_DATA, 16, D_NEXT);
}

static void indirect_of_no_bytes(void)
{
	indirect(RING_DATA, 0, 0);
}

static void indirect_of_a_part(void)
{
	indirect(RING_DATA, 24, 0);
}

static void indirect_too_long(void)
{
	indirect(RING_RAM, 16 * 1025, 0);
}

static void indirect_huge(void)
{
	indirect(RING_RAM, 0xfffffff0u, 0);
}

static void indirect_outside_ram(void)
{
	indirect(RING_END - 16, 32, 0);
}

static void indirect_wraps_around(void)
{
	indirect(UINT64_MAX - 15, 32, 0);
}

static void indirect_loop(void)
{
	ring_desc_at(&ring, RING_DATA, 0, RING_DATA, 1, D_NEXT, 1);
	ring_desc_at(&ring, RING_DATA, 1, RING_DATA, 1, D_NEXT, 0);
	indirect(RING_DATA, 32, 0);
}

static void indirect_next_too_large(void)
{
	ring_desc_at(&ring, RING_DATA, 0, RING_DATA, 1, D_NEXT, 2);
	indirect(RING_DATA, 32, 0);
}

static void index_jumps(void)
{
	ring_set_avail(&ring, SIZE + 1);
}

static void index_goes_back(void)
{
	ring_set_avail(&ring, 0xffff);
}

static const struct evil {
	const char *name;
	void (*make)(void);
} evils[] = {
#define EVIL(f) { #f, f }
	EVIL(number_too_large),
	EVIL(number_65535),
	EVIL(next_too_large),
	EVIL(loop_of_one),
	EVIL(loop_of_all),
	EVIL(too_many_segments),
	EVIL(outside_ram),
	EVIL(one_byte_beyond),
	EVIL(huge_length),
	EVIL(wraps_around),
	EVIL(ends_at_the_top),
	EVIL(no_bytes),
	EVIL(readable_behind_writable),
	EVIL(indirect_not_negotiated),
	EVIL(indirect_in_indirect),
	EVIL(indirect_in_itself),
	EVIL(indirect_with_next),
	EVIL(indirect_of_no_bytes),
	EVIL(indirect_of_a_part),
	EVIL(indirect_too_long),
	EVIL(indirect_huge),
	EVIL(indirect_outside_ram),
	EVIL(indirect_wraps_around),
	EVIL(indirect_loop),
	EVIL(indirect_next_too_large),
	EVIL(index_jumps),
	EVIL(index_goes_back),
#undef EVIL
};

ParameterizedTestParameters(queue, evil_chains)
{
	static size_t numbers[sizeof(evils) / sizeof(evils[0])];
	const size_t n = sizeof(evils) / sizeof(evils[0]);

	for (size_t i = 0; i < n; i++)
		numbers[i] = i;
	return cr_make_param_array(size_t, numbers, n);
}

ParameterizedTest(size_t *number, queue, evil_chains)
{
	const struct evil *e = &evils[*number];
	struct iovec many[2 * SIZE];

	c.iov = many;
	e->make();
	if (c.max_iov > 2 * SIZE)
		c.max_iov = 2 * SIZE;
	cr_assert(eq(int, virtq_pop(&q, &c), -EPROTO), "%s", e->name);
	cr_assert(q.broken != NULL, "%s", e->name);
	/* For good, and harmless. */
	ring_set_avail(&ring, 0);
	offer_one(0, 1);
	cr_assert(eq(int, virtq_pop(&q, &c), -EPROTO));
	cr_assert(eq(u16, q.inflight, 0));
	cr_assert(not(virtq_notify_on(&q)));
	cr_assert(not(virtq_publish(&q)));
	cr_assert(eq(u16, ring_used_idx(&ring), 0));
}

Test(queue, more_in_flight_than_descriptors)
{
	offer_one(0, 1);
	for (uint32_t i = 0; i < SIZE; i++) {
		cr_assert(eq(int, virtq_pop(&q, &c), 1));
		ring_offer(&ring, 0);
	}
	cr_assert(eq(int, virtq_pop(&q, &c), -EPROTO));
	cr_assert(eq(u16, q.inflight, SIZE));
	for (uint32_t i = 0; i < SIZE; i++)
		virtq_push(&q, 0, 1); /* what was in flight comes back all the same */
	cr_assert(eq(u16, q.inflight, 0));
}

/* Every buffer is in RAM, and a table of 1024 entries holds more of them than a chain may have. */
Test(queue, chain_of_4_gib)
{
	static struct iovec many[1024];
	static uint8_t large[8 * 1024 * 1024];
	const gpa_t base = 1ULL << 40;

	gmem_add(&ring.mem, base, sizeof(large), large);
	c.iov = many;
	c.max_iov = 1024;
	for (uint32_t i = 0; i < 512; i++)
		ring_desc_at(&ring, RING_DATA, i, base, sizeof(large), i < 511 ? D_NEXT : 0, i + 1);
	ring_desc(&ring, 0, RING_DATA, 16 * 512, D_INDIRECT, 0);
	ring_offer(&ring, 0);
	cr_assert(eq(int, virtq_pop(&q, &c), -EPROTO));
	cr_assert(eq(str, (char *)q.broken, "a chain of 4 GiB or more"));
}

/* ---- behind an IOMMU ---- */

#define IOVA 0x700000000000ULL
#define PAGE 4096u

static uint32_t nmapped = RING_RAM_SIZE / PAGE;
static bool writable = true;

/* Pages in reverse order: nothing is contiguous. */
static int translate(void *ctx, ioba_t ioba, bool write, gpa_t *gpa, uint64_t *len)
{
	uint64_t page = (ioba - IOVA) / PAGE, in_page = ioba % PAGE;

	cr_assert(eq(ptr, ctx, &nmapped));
	cr_assert(gt(u64, *len, 0));
	if (ioba < IOVA || page >= nmapped || (write && !writable))
		return -EFAULT;
	*gpa = RING_END - (page + 1) * PAGE + in_page;
	if (*len > PAGE - in_page)
		*len = PAGE - in_page;
	return 0;
}

/* Where the device sees the byte that the driver has at @gpa. */
static uint64_t bus(uint64_t gpa)
{
	uint64_t page = (RING_END - 1 - gpa) / PAGE;

	return IOVA + page * PAGE + gpa % PAGE;
}

static void start_iommu(void)
{
	dma.translate = translate;
	dma.ctx = &nmapped;
	virtq_reset(&q);
	q.size = SIZE;
	q.desc = bus(RING_DESC);
	q.avail = bus(RING_AVAIL);
	q.used = bus(RING_USED);
	q.indirect = true;
	cr_assert(eq(int, virtq_enable(&q), 0));
}

Test(queue, iommu_splits_what_is_not_contiguous)
{
	uint32_t id, len;

	start_iommu();
	ring_desc(&ring, 0, bus(RING_DATA + PAGE) + 4000, PAGE, D_WRITE, 0);
	ring_offer(&ring, 0);
	cr_assert(eq(int, virtq_pop(&q, &c), 1));
	cr_assert(eq(u32, c.nin, 2));
	cr_assert(eq(sz, iov[0].iov_len, 96));
	cr_assert(eq(ptr, iov[0].iov_base, ring_at(&ring, RING_DATA + PAGE + 4000)));
	cr_assert(eq(sz, iov[1].iov_len, 4000));
	cr_assert(eq(ptr, iov[1].iov_base, ring_at(&ring, RING_DATA)));
	virtq_push(&q, 0, 7);
	cr_assert(virtq_publish(&q));
	cr_assert(ring_take(&ring, &id, &len));
	cr_assert(eq(u32, len, 7));
}

Test(queue, iommu_indirect_table_across_pages)
{
	uint64_t table = bus(RING_DATA + PAGE) + PAGE - 8;
	uint8_t raw[32];

	start_iommu();
	le64_store(raw, bus(RING_DATA + 64));
	le32_store(raw + 8, 5);
	le16_store(raw + 12, D_NEXT);
	le16_store(raw + 14, 1);
	le64_store(raw + 16, bus(RING_DATA + 128));
	le32_store(raw + 24, 6);
	le16_store(raw + 28, D_WRITE);
	memcpy(ring_at(&ring, RING_DATA + 2 * PAGE - 8), raw, 8);
	memcpy(ring_at(&ring, RING_DATA), raw + 8, 24);
	ring_desc(&ring, 0, table, 32, D_INDIRECT, 0);
	ring_offer(&ring, 0);
	cr_assert(eq(int, virtq_pop(&q, &c), 1));
	cr_assert(eq(u64, c.out_len, 5));
	cr_assert(eq(u64, c.in_len, 6));
}

Test(queue, iommu_unmapped_data_breaks)
{
	start_iommu();
	ring_desc(&ring, 0, IOVA - 1, 2, 0, 0);
	ring_offer(&ring, 0);
	cr_assert(eq(int, virtq_pop(&q, &c), -EPROTO));
}

Test(queue, iommu_read_only_page_is_not_written)
{
	start_iommu();
	writable = false;
	offer_one(0, 1);
	ring_desc(&ring, 0, bus(RING_DATA), 1, D_WRITE, 0);
	cr_assert(eq(int, virtq_pop(&q, &c), -EPROTO));
}

Test(queue, iommu_ring_that_vanishes)
{
	start_iommu();
	nmapped = 0;
	cr_assert(eq(int, virtq_pop(&q, &c), -EPROTO));
	cr_assert(q.broken != NULL);
}

Test(queue, iommu_used_ring_that_vanishes)
{
	start_iommu();
	ring_desc(&ring, 0, bus(RING_DATA), 1, 0, 0);
	ring_offer(&ring, 0);
	cr_assert(eq(int, virtq_pop(&q, &c), 1));
	nmapped = 0;
	virtq_push(&q, 0, 0);
	cr_assert(not(virtq_publish(&q)));
	cr_assert(q.broken != NULL);
}

/* ---- scattered copies ---- */

Test(queue, chain_copies_by_offset)
{
	char text[16] = "", a[] = "abc", b[] = "defgh", d[4] = "", e[8] = "";
	struct iovec v[4] = { { a, 3 }, { b, 5 }, { d, 2 }, { e, 6 } };
	struct virtq_chain ch = { .iov = v, .nout = 2, .nin = 2, .out_len = 8, .in_len = 8 };

	cr_assert(eq(sz, virtq_chain_read(&ch, 2, text, 4), 4));
	cr_assert(eq(str, text, "cdef"));
	cr_assert(eq(sz, virtq_chain_read(&ch, 6, text, 10), 2));
	cr_assert(eq(sz, virtq_chain_read(&ch, 8, text, 1), 0));
	cr_assert(eq(sz, virtq_chain_read(&ch, UINT64_MAX, text, 1), 0));
	cr_assert(eq(sz, virtq_chain_write(&ch, 1, "wxyz", 4), 4));
	cr_assert(eq(chr, d[1], 'w'));
	cr_assert(eq(str, e, "xyz"));
	cr_assert(eq(sz, virtq_chain_write(&ch, 7, "12", 2), 1));
}

Test(queue, cut_keeps_the_middle)
{
	char a[10];

	for (uint64_t skip = 0; skip <= 12; skip++) {
		for (uint64_t len = 0; len <= 12; len++) {
			struct iovec v[3] = { { a, 3 }, { a + 3, 1 }, { a + 4, 6 } }, *first;
			uint32_t n = 3;
			uint64_t left = skip >= 10 ? 0 : 10 - skip, sum = 0;

			first = iov_cut(v, &n, skip, len);
			for (uint32_t i = 0; i < n; i++) {
				cr_assert(gt(sz, first[i].iov_len, 0));
				cr_assert(eq(ptr, first[i].iov_base, a + skip + sum));
				sum += first[i].iov_len;
			}
			cr_assert(eq(u64, sum, left < len ? left : len));
		}
	}
}
