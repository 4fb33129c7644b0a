/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What no driver does, to the queues of all virtio devices: a table of abuses, each done to each
 * queue, with and without an IOMMU. After each abuse the device lives: the device says NEEDS_RESET
 * or went on, and after a reset serves a request. All abuses together are a few lines of log.
 *
 * tests/guest/virtio_abuse.c does the same from inside a guest.
 */
#include "devices/models.h"
#include "devices/virtio/balloon.h"
#include "devices/virtio/blk.h"
#include "devices/virtio/net.h"
#include "tests/fake/sys.h"
#include "tests/unit/devices/virtio/fixture.h"
#include "tests/unit/said.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define QUEUE 16u
#define BUS 0x8000000000ULL /* where RAM is behind the IOMMU: world_translate() */
#define TABLE (RING_DATA + 0x8000u)
#define MAX_LINES 40

static struct world w;
static uint64_t bias; /* 0 or BUS */

static uint64_t at(uint64_t gpa)
{
	return gpa + bias;
}

/* ---- the devices ---- */

static char disk_path[] = "/tmp/test_virtio_hostile.XXXXXX", socket_spec[64];
static int peer = -1;
static struct net_backend card_backend;
static unsigned int frames;

static struct device *make_disk(bool iommu)
{
	static struct blk_conf conf;
	struct device *dev;
	int fd = mkstemp(disk_path);

	cr_assert(eq(int, ftruncate(fd, 65536), 0));
	close(fd);
	conf = (struct blk_conf){ .path = disk_path, .queues = 1, .iommu = iommu };
	cr_assert(eq(int, virtio_blk.create(&dev, &w.env, &conf, "disk0", 0, &w.blame), 0));
	return dev;
}

static ssize_t card_send(struct net_backend *b, const struct iovec *iov, uint32_t n)
{
	(void)b;
	(void)iov;
	frames++;
	return n;
}

/* There is always another frame. */
static ssize_t card_receive(struct net_backend *b, const struct iovec *iov, uint32_t n)
{
	static const uint8_t frame[100] = { 0x52 };

	(void)b;
	return (ssize_t)iov_from_buf(iov, n, 0, frame, sizeof(frame));
}

static void card_gone(struct net_backend *b)
{
	(void)b;
}

static void card_close(struct net_backend *b)
{
	close(b->fd);
}

static const struct net_backend_ops card_ops = {
	.send = card_send,
	.receive = card_receive,
	.gone = card_gone,
	.close = card_close,
};

static struct device *make_card(bool iommu)
{
	static struct net_conf conf;
	int pair[2];
	struct device *dev;

	cr_assert(eq(int, socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0));
	cr_assert(eq(long, write(pair[1], "x", 1), 1)); /* readable for ever */
	peer = pair[1];
	net_backend_init(&card_backend, &card_ops, &w.loop, "net0");
	card_backend.fd = pair[0];
	conf = (struct net_conf){ .iommu = iommu };
	cr_assert(eq(int, net_new(&dev, &w.env, &conf, "net0", 0, &card_backend), 0));
	return dev;
}

static struct device *make_rng(bool iommu)
{
	static bool conf;
	struct device *dev;

	conf = iommu;
	cr_assert(eq(int, virtio_rng.create(&dev, &w.env, &conf, "rng", 0, &w.blame), 0));
	return dev;
}

/* Somebody types more than the guest will ever take. */
static struct device *make_console(bool iommu)
{
	static struct {
		char *backend;
		bool iommu;
	} conf = { .backend = socket_spec };
	static const uint8_t keys[65536] = { 'k' };
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct device *dev;

	conf.iommu = iommu;
	snprintf(socket_spec, sizeof(socket_spec), "unix:/tmp/test_virtio_hostile.%d", getpid());
	cr_assert(eq(int,
		     virtio_console.create(&dev, &w.env, &conf, "virtio_console0", 0, &w.blame),
		     0));
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", socket_spec + 5);
	peer = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	cr_assert(eq(int, connect(peer, (struct sockaddr *)&a, sizeof(a)), 0));
	cr_assert(gt(long, write(peer, keys, sizeof(keys)), 10000));
	world_run(&w);
	return dev;
}

static struct device *make_balloon(bool iommu)
{
	static const struct balloon_conf conf = { .size = 64 * KiB, .free_page_reporting = true };
	struct device *dev;

	(void)iommu; /* it names guest addresses */
	cr_assert(eq(int, virtio_balloon.create(&dev, &w.env, &conf, "balloon", 0, &w.blame), 0));
	return dev;
}

/* A request that each device grants: what it reads, how much it may write, what it then says. */
static const struct victim {
	const char *name;
	struct device *(*make)(bool iommu);
	bool no_iommu;
	uint32_t queue;
	uint8_t out[16];
	uint32_t out_len, in_len, used_len; /* used_len: at least */
	int last_byte;                      /* of what it writes; -1: any */
} victims[] = {
	{ "disk", make_disk, false, 0, { VIRTIO_BLK_T_FLUSH }, 16, 1, 1, VIRTIO_BLK_S_OK },
	{ "card, receiving", make_card, false, NET_RX, { 0 }, 0, 200, 112, -1 },
	{ "card, sending", make_card, false, NET_TX, { 0 }, 100, 0, 0, -1 },
	{ "card, control",
	  make_card,
	  false,
	  NET_CTRL,
	  { VIRTIO_NET_CTRL_RX, 0, 1 },
	  3,
	  1,
	  1,
	  VIRTIO_NET_OK },
	{ "rng", make_rng, false, 0, { 0 }, 0, 64, 64, -1 },
	{ "console, input", make_console, false, 0, { 0 }, 0, 8, 8, -1 },
	{ "console, output", make_console, false, 1, { 'h', 'i' }, 2, 0, 0, -1 },
	{ "balloon, inflating", make_balloon, true, 0, { 0x20 }, 4, 0, 0, -1 },
	{ "balloon, deflating", make_balloon, true, 1, { 0x20 }, 4, 0, 0, -1 },
	{ "balloon, reporting", make_balloon, true, 2, { 0 }, 0, 4096, 0, -1 },
};

static const struct victim *v;

/* ---- the driver ---- */

static void fresh_ring(void)
{
	memset(w.ring.ram, 0, RING_RAM_SIZE);
	w.ring.avail = w.ring.used_seen = 0;
	w.ring.at = 0;
}

static uint64_t wanted_features(bool indirect)
{
	uint64_t f =
		driver_offer(&w) & (1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_F_ACCESS_PLATFORM);

	return f | (indirect ? 1ULL << VIRTIO_RING_F_INDIRECT_DESC : 0);
}

static void start(bool indirect)
{
	fresh_ring();
	cr_assert(driver_negotiate(&w, wanted_features(indirect)));
	driver_queue(&w, v->queue, at(RING_DESC), at(RING_AVAIL), at(RING_USED));
	driver_ok(&w);
	world_run(&w);
	cr_assert(eq(u8, driver_status(&w) & VIRTIO_CONFIG_S_NEEDS_RESET, 0), "%s", v->name);
}

static void reset(const char *after)
{
	driver_set_status(&w, 0);
	world_run(&w);
	cr_assert(eq(u8, driver_status(&w), 0), "%s: no reset after %s", v->name, after);
}

static void expect_service(const char *after)
{
	uint32_t n = 0, id = 0, len = 0;
	uint8_t *in;

	start(true);
	memcpy(ring_at(&w.ring, RING_DATA), v->out, sizeof(v->out));
	if (v->out_len)
		ring_desc(&w.ring, n++, at(RING_DATA), v->out_len, v->in_len ? D_NEXT : 0, 1);
	if (v->in_len)
		ring_desc(&w.ring, n++, at(RING_DATA + 0x1000), v->in_len, D_WRITE, 0);
	ring_offer(&w.ring, 0);
	driver_kick(&w, v->queue);
	for (int i = 0; i < 200 && ring_used_idx(&w.ring) == 0; i++)
		loop_run_once(&w.loop, 10); /* of io_uring */
	cr_assert(ring_take(&w.ring, &id, &len), "%s: no service after %s", v->name, after);
	cr_assert(eq(u32, id, 0), "%s", after);
	cr_assert(ge(u32, len, v->used_len), "%s: %s", v->name, after);
	in = ring_at(&w.ring, RING_DATA + 0x1000 + v->in_len - 1);
	if (v->last_byte >= 0)
		cr_assert(eq(int, *in, v->last_byte), "%s: %s", v->name, after);
	reset(after);
}

/* ---- abuses of descriptors and rings: each begins with a running queue, and offers something ---- */

static void desc(uint32_t i, uint64_t addr, uint32_t len, uint32_t flags, uint32_t next)
{
	ring_desc(&w.ring, i, addr, len, flags, next);
}

static void entry(uint32_t i, uint64_t addr, uint32_t len, uint32_t flags, uint32_t next)
{
	ring_desc_at(&w.ring, TABLE, i, addr, len, flags, next);
}

static void loop_of_one(void)
{
	desc(0, at(RING_DATA), 16, D_NEXT, 0);
}

static void loop_of_all(void)
{
	for (uint32_t i = 0; i < QUEUE; i++)
		desc(i, at(RING_DATA), 16, D_NEXT, (i + 1) % QUEUE);
}

static void next_outside(void)
{
	desc(0, at(RING_DATA), 16, D_NEXT, QUEUE);
}

static void below_ram(void)
{
	desc(0, at(RING_RAM) - 1, 16, D_WRITE, 0);
}

static void above_ram(void)
{
	desc(0, at(RING_END), 16, 0, 0);
}

static void across_the_end(void)
{
	desc(0, at(RING_END) - 8, 16, D_WRITE, 0);
}

static void far_away(void)
{
	desc(0, 1ULL << 63, 16, 0, 0);
}

static void wraps(void)
{
	desc(0, UINT64_MAX - 7, 16, D_WRITE, 0);
}

static void no_bytes(void)
{
	desc(0, at(RING_DATA), 0, D_WRITE, 0);
}

static void all_bytes(void)
{
	desc(0, at(RING_DATA), UINT32_MAX, D_WRITE, 0);
}

static void second_is_huge(void)
{
	desc(0, at(RING_DATA), 16, D_NEXT | D_WRITE, 1);
	desc(1, at(RING_DATA), 0xfffffff8, D_WRITE, 0);
}

static void wrong_order(void)
{
	desc(0, at(RING_DATA), 16, D_NEXT | D_WRITE, 1);
	desc(1, at(RING_DATA), 16, 0, 0);
}

static void nested(void)
{
	desc(0, at(TABLE), 32, D_INDIRECT, 0);
	entry(0, at(TABLE), 32, D_INDIRECT, 0);
}

static void indirect_with_next(void)
{
	desc(0, at(TABLE), 16, D_INDIRECT | D_NEXT, 1);
	entry(0, at(RING_DATA), 16, D_WRITE, 0);
	desc(1, at(RING_DATA), 16, D_WRITE, 0);
}

static void empty_table(void)
{
	desc(0, at(TABLE), 0, D_INDIRECT, 0);
}

static void uneven_table(void)
{
	desc(0, at(TABLE), 24, D_INDIRECT, 0);
	entry(0, at(RING_DATA), 16, D_WRITE, 0);
}

static void long_table(void)
{
	desc(0, at(TABLE), 16 * (VIRTQ_MAX_SIZE + 1), D_INDIRECT, 0);
	entry(0, at(RING_DATA), 16, D_WRITE, 0);
}

static void longest_table(void)
{
	desc(0, at(TABLE), 0xfffffff0, D_INDIRECT, 0);
}

static void table_outside(void)
{
	desc(0, at(RING_END) - 16, 32, D_INDIRECT, 0);
	ring_desc_at(&w.ring, RING_END - 16, 0, at(RING_DATA), 16, D_NEXT | D_WRITE, 1);
}

static void table_wraps(void)
{
	desc(0, UINT64_MAX - 15, 32, D_INDIRECT, 0);
}

static void table_next_outside(void)
{
	desc(0, at(TABLE), 32, D_INDIRECT, 0);
	entry(0, at(RING_DATA), 16, D_NEXT | D_WRITE, 2);
}

static void table_loops(void)
{
	desc(0, at(TABLE), 32, D_INDIRECT, 0);
	entry(0, at(RING_DATA), 16, D_NEXT | D_WRITE, 1);
	entry(1, at(RING_DATA), 16, D_NEXT | D_WRITE, 0);
}

/* More than any device takes, and no loop. */
static void many_segments(void)
{
	desc(0, at(TABLE), 16 * VIRTQ_MAX_SIZE, D_INDIRECT, 0);
	for (uint32_t i = 0; i < VIRTQ_MAX_SIZE; i++)
		entry(i, at(RING_DATA), 1, D_WRITE | (i + 1 < VIRTQ_MAX_SIZE ? D_NEXT : 0), i + 1);
}

static void index_jumps(void)
{
	desc(0, at(RING_DATA), 16, D_WRITE, 0);
	ring_set_avail(&w.ring, QUEUE); /* one more comes */
}

static void index_goes_back(void)
{
	desc(0, at(RING_DATA), 16, D_WRITE, 0);
	ring_set_avail(&w.ring, 0xfffe);
}

/* The device sees its own answers as the next requests. */
static void rings_overlap(void)
{
	for (uint32_t i = 0; i < QUEUE; i++)
		desc(i, at(RING_DESC), 0x9000, D_WRITE, 0);
	desc(0, at(RING_USED) - 64, 256, D_WRITE, 0);
}

/* All kinds at a misaligned table; nothing forbids one. */
static void misaligned_table(void)
{
	desc(0, at(TABLE + 5), 32, D_INDIRECT, 0);
	ring_desc_at(&w.ring, TABLE + 5, 0, at(RING_DATA + 3), 17, D_NEXT, 1);
	ring_desc_at(&w.ring, TABLE + 5, 1, at(RING_DATA + 0x1001), 33, D_WRITE, 0);
}

static void one_chain_many_times(void)
{
	desc(0, at(RING_DATA), 16, D_NEXT, 1);
	desc(1, at(RING_DATA + 0x1000), 16, D_WRITE, 0);
	for (uint32_t i = 0; i + 1 < QUEUE; i++)
		ring_offer(&w.ring, 0);
}

static const struct abuse {
	const char *name;
	void (*prepare)(void);
	uint16_t head;
	bool no_indirect; /* not negotiated */
	bool may_live;    /* else: NEEDS_RESET */
} abuses[] = {
	{ "a loop of one", loop_of_one, 0, false, false },
	{ "a loop of all", loop_of_all, 0, false, false },
	{ "a next outside", next_outside, 0, false, false },
	{ "a head outside", loop_of_one, QUEUE, false, false },
	{ "the last head", loop_of_one, 0xffff, false, false },
	{ "below RAM", below_ram, 0, false, false },
	{ "above RAM", above_ram, 0, false, false },
	{ "across the end of RAM", across_the_end, 0, false, false },
	{ "far away", far_away, 0, false, false },
	{ "a buffer that wraps", wraps, 0, false, false },
	{ "no bytes", no_bytes, 0, false, false },
	{ "all bytes", all_bytes, 0, false, false },
	{ "a huge second", second_is_huge, 0, false, false },
	{ "the wrong order", wrong_order, 0, false, false },
	{ "an indirect one, not agreed on", misaligned_table, 0, true, false },
	{ "a nested table", nested, 0, false, false },
	{ "a table with a next", indirect_with_next, 0, false, false },
	{ "an empty table", empty_table, 0, false, false },
	{ "an uneven table", uneven_table, 0, false, false },
	{ "a long table", long_table, 0, false, false },
	{ "the longest table", longest_table, 0, false, false },
	{ "a table outside", table_outside, 0, false, false },
	{ "a table that wraps", table_wraps, 0, false, false },
	{ "a next outside its table", table_next_outside, 0, false, false },
	{ "a table that loops", table_loops, 0, false, false },
	{ "many segments", many_segments, 0, false, false },
	{ "an index that jumps", index_jumps, 0, false, false },
	{ "an index that goes back", index_goes_back, 0, false, false },
	{ "rings as buffers", rings_overlap, 0, false, true },
	{ "a misaligned table", misaligned_table, 0, false, true },
	{ "one chain many times", one_chain_many_times, 0, false, true },
};

static void abuse(const struct abuse *a)
{
	bool broken;

	start(!a->no_indirect);
	a->prepare();
	ring_offer(&w.ring, a->head);
	driver_kick(&w, v->queue);
	broken = driver_status(&w) & VIRTIO_CONFIG_S_NEEDS_RESET;
	cr_assert(broken || a->may_live, "%s: goes on after %s", v->name, a->name);
	/* A broken one stays so, however often it is notified. */
	for (int i = 0; i < 3; i++) {
		ring_offer(&w.ring, 0);
		driver_kick(&w, v->queue);
	}
	reset(a->name);
	expect_service(a->name);
}

/* ---- abuses of registers ---- */

static void expect_frozen(uint64_t off, uint32_t size)
{
	uint64_t before = driver_read(&w, off, size);

	driver_write(&w, off, size, before ^ 0x7ff0);
	cr_assert(eq(u64, driver_read(&w, off, size), before), "%s: register 0x%x", v->name,
		  (unsigned int)off);
}

/* The queue that is served stays what and where it is. */
static void registers_while_live(void)
{
	static const struct {
		uint16_t off;
		uint8_t size;
	} regs[] = {
		{ VIRTIO_PCI_COMMON_Q_SIZE, 2 },    { VIRTIO_PCI_COMMON_Q_DESCLO, 4 },
		{ VIRTIO_PCI_COMMON_Q_DESCHI, 4 },  { VIRTIO_PCI_COMMON_Q_DESCLO, 8 },
		{ VIRTIO_PCI_COMMON_Q_AVAILLO, 4 }, { VIRTIO_PCI_COMMON_Q_AVAILHI, 4 },
		{ VIRTIO_PCI_COMMON_Q_USEDLO, 4 },  { VIRTIO_PCI_COMMON_Q_USEDHI, 4 },
		{ VIRTIO_PCI_COMMON_Q_USEDLO, 8 },  { VIRTIO_PCI_COMMON_Q_ENABLE, 2 },
		{ VIRTIO_PCI_COMMON_Q_NOFF, 2 },    { VIRTIO_PCI_COMMON_NUMQ, 2 },
	};

	start(true);
	for (uint32_t q = 0; q < w.v->nqueues; q++) {
		driver_write(&w, VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
		for (size_t i = 0; i < ARRAY_LEN(regs); i++)
			expect_frozen(regs[i].off, regs[i].size);
		driver_write(&w, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
		cr_assert(eq(u64, driver_read(&w, VIRTIO_PCI_COMMON_Q_ENABLE, 2), q == v->queue));
	}
	reset("frozen registers");
}

/* Where no queue can be. */
static void bad_places(void)
{
	const struct {
		uint64_t desc, avail, used;
	} places[] = {
		{ at(RING_END), at(RING_AVAIL), at(RING_USED) },
		{ at(RING_END) - 16, at(RING_AVAIL), at(RING_USED) },
		{ at(RING_DESC), UINT64_MAX & ~1ULL, at(RING_USED) },
		{ at(RING_DESC), at(RING_AVAIL), UINT64_MAX & ~3ULL },
		{ at(RING_DESC) + 8, at(RING_AVAIL), at(RING_USED) },
		{ at(RING_DESC), at(RING_AVAIL) + 1, at(RING_USED) },
		{ at(RING_DESC), at(RING_AVAIL), at(RING_USED) + 2 },
		{ 0, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		fresh_ring();
		cr_assert(driver_negotiate(&w, wanted_features(true)));
		driver_queue(&w, v->queue, places[i].desc, places[i].avail, places[i].used);
		driver_ok(&w);
		ring_offer(&w.ring, 0);
		driver_kick(&w, v->queue);
		cr_assert(ne(int, driver_status(&w) & VIRTIO_CONFIG_S_NEEDS_RESET, 0),
			  "%s: place %zu", v->name, i);
		reset("a bad place");
	}
	expect_service("bad places");
}

static void dead_queues(void)
{
	for (int state = 0; state < 3; state++) {
		if (state == 1)
			cr_assert(driver_negotiate(&w, wanted_features(true)));
		if (state == 2)
			driver_ok(&w);
		for (uint64_t off = VIRTIO_BAR_NOTIFY; off < VIRTIO_BAR_MSIX; off++)
			for (uint32_t size = 1; size <= 8 && off + size <= VIRTIO_BAR_MSIX;
			     size *= 2)
				driver_write(&w, off, size, off);
		world_run(&w);
	}
	reset("notifications of dead queues");
	expect_service("notifications of dead queues");
}

/* Every byte of the BAR, in each size, in each state, with values that mean something sometimes. */
static void every_register(void)
{
	static const uint64_t values[] = { 0, 1, 0xff, 0x8000000000000001, UINT64_MAX };

	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		if (i % 2)
			start(true);
		for (uint64_t off = 0; off < VIRTIO_BAR_SIZE; off += off & 0xf00 ? 61 : 1) {
			for (uint32_t size = 1; size <= 8 && off + size <= VIRTIO_BAR_SIZE;
			     size *= 2) {
				driver_write(&w, off, size, values[i]);
				driver_read(&w, off, size);
			}
		}
		world_run(&w);
		reset("writes to every register");
	}
	for (uint32_t i = 0; i < w.v->msix.n; i++)
		driver_mask(&w, i, false);
	expect_service("writes to every register");
}

/* Some sum of all that guest memory holds. */
static uint64_t ring_picture(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < RING_RAM_SIZE; i += 8)
		sum = sum * 31 + le64_load(w.ring.ram + i);
	return sum;
}

static void not_a_bus_master(void)
{
	uint64_t before;

	start(true);
	driver_master(&w, false);
	one_chain_many_times();
	before = ring_picture();
	for (int i = 0; i < 2; i++) {
		driver_kick(&w, v->queue);
		loop_run_once(&w.loop, 5); /* a disk's, a timer's */
		cr_assert(eq(u64, ring_picture(), before), "%s touches memory", v->name);
		cr_assert(ne(int, driver_status(&w) & VIRTIO_CONFIG_S_NEEDS_RESET, 0));
		driver_master(&w, true); /* not a reset, so nothing changes */
	}
	reset("bus mastering");
	expect_service("bus mastering");
}

static void resets_with_requests_waiting(void)
{
	for (int i = 0; i < 3; i++) {
		start(true);
		one_chain_many_times();
		driver_write(&w, VIRTIO_BAR_NOTIFY + VIRTIO_NOTIFY_STRIDE * v->queue, 2, v->queue);
		if (i)
			loop_run_once(&w.loop, 0);
		driver_set_status(&w, 0);
		driver_set_status(&w, 0);
		if (i == 2)
			pci_func_reset(&w.v->func);
		driver_map(&w, WORLD_BAR, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
		reset("requests");
	}
	pci_func_set_vectors(&w.v->func, (struct pci_vectors){ PCI_MSIX, WORLD_LISN, w.v->msix.n });
	expect_service("resets");
}

/* ---- all of it ---- */

static void open_world(bool iommu)
{
	struct device *dev;

	fake_reset();
	world_init(&w, QUEUE);
	bias = iommu ? BUS : 0;
	said_catch(LOG_DEBUG);
	dev = v->make(iommu);
	driver_attach(&w, dev->func->ctx);
	w.v->func.ctx = w.v;
}

static void close_world(struct device *dev)
{
	dev->model->destroy(dev);
	if (peer >= 0)
		close(peer);
	peer = -1;
	loop_close(&w.loop);
	unlink(disk_path);
	strcpy(strrchr(disk_path, '.'), ".XXXXXX");
	cr_assert(eq(int, fake_open_fds(), 0));
	cr_assert(eq(uint, w.nio, 0));
}

static struct device *device_of(void)
{
	/* Each device begins with its common part and its transport. */
	return (struct device *)((char *)w.v - sizeof(struct device));
}

struct run {
	uint32_t victim;
	bool iommu;
};

ParameterizedTestParameters(virtio_hostile, every_abuse_is_survived)
{
	static struct run runs[2 * ARRAY_LEN(victims)];
	size_t n = 0;

	for (uint32_t i = 0; i < ARRAY_LEN(victims); i++) {
		runs[n++] = (struct run){ i, false };
		if (!victims[i].no_iommu)
			runs[n++] = (struct run){ i, true };
	}
	return cr_make_param_array(struct run, runs, n);
}

ParameterizedTest(struct run *run, virtio_hostile, every_abuse_is_survived, .timeout = 60)
{
	v = &victims[run->victim];
	open_world(run->iommu);
	expect_service("nothing");
	for (int times = 0; times < 3; times++)
		for (size_t i = 0; i < ARRAY_LEN(abuses); i++)
			abuse(&abuses[i]);
	registers_while_live();
	bad_places();
	dead_queues();
	every_register();
	not_a_bus_master();
	resets_with_requests_waiting();
	cr_assert(le(int, said_lines(), MAX_LINES), "%s", said_all());
	close_world(device_of());
}
