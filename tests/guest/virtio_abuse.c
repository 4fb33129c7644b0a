/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What no driver does to its virtio devices. The table is that of the unit test
 * (tests/unit/devices/virtio/test_hostile.c): after each abuse the device needs a reset or has gone
 * on, and after the reset it serves a request.
 */
#include "virtio.h"

enum { BLOCK = 2, NET = 1, CONSOLE = 3, RNG = 4, BALLOON = 5, VSOCK = 19 };

/* Queues that are read without anybody else's doing, and a request that is granted there. */
static const struct victim {
	uint32_t type, queue;
	uint8_t out[4];
	uint32_t out_len, in_len;
	bool in_kernel; /* vhost gives a queue up silently; it wants two */
} victims[] = {
	{ BLOCK, 0, { 0 }, 16, 513, false }, /* a sector is read */
	{ NET, 1, { 0 }, 100, 0, false },
	{ NET, 2, { 0, 0, 1 }, 3, 1, false }, /* promiscuous */
	{ CONSOLE, 1, "hi", 2, 0, false },
	{ RNG, 0, { 0 }, 0, 64, false },
	{ BALLOON, 0, { 0, 2 }, 4, 0, false },
	{ BALLOON, 1, { 0, 2 }, 4, 0, false },
	{ VSOCK, 1, { 0 }, 44, 0, true },
};

static uint64_t data(uint32_t off)
{
	return vdev_gpa(V_DATA + off);
}

static void desc(uint32_t i, uint64_t addr, uint32_t len, uint32_t flags, uint32_t next)
{
	vdev_desc(V_DESC, i, addr, len, flags, next);
}

static void entry(uint32_t i, uint64_t addr, uint32_t len, uint32_t flags, uint32_t next)
{
	vdev_desc(V_TABLE, i, addr, len, flags, next);
}

static uint64_t ram_end(void)
{
	return machine.ram_size;
}

/* ---- the rows that one descriptor cannot say ---- */

static void loop_of_all(void)
{
	for (uint32_t i = 0; i < V_QUEUE; i++)
		desc(i, data(0), 16, D_NEXT, (i + 1) % V_QUEUE);
}

static void huge_second(void)
{
	desc(0, data(0), 16, D_NEXT | D_WRITE, 1);
	desc(1, data(0), 0xfffffff8, D_WRITE, 0);
}

static void wrong_order(void)
{
	desc(0, data(0), 16, D_NEXT | D_WRITE, 1);
	desc(1, data(0), 16, 0, 0);
}

static void nested(void)
{
	desc(0, vdev_gpa(V_TABLE), 32, D_INDIRECT, 0);
	entry(0, vdev_gpa(V_TABLE), 32, D_INDIRECT, 0);
}

static void with_next(void)
{
	desc(0, vdev_gpa(V_TABLE), 16, D_INDIRECT | D_NEXT, 1);
	entry(0, data(0), 16, D_WRITE, 0);
	desc(1, data(0), 16, D_WRITE, 0);
}

static void uneven_table(void)
{
	desc(0, vdev_gpa(V_TABLE), 24, D_INDIRECT, 0);
	entry(0, data(0), 16, D_WRITE, 0);
}

static void long_table(void)
{
	desc(0, vdev_gpa(V_TABLE), 16 * 1025, D_INDIRECT, 0);
	entry(0, data(0), 16, D_WRITE, 0);
}

static void next_outside(void)
{
	desc(0, vdev_gpa(V_TABLE), 32, D_INDIRECT, 0);
	entry(0, data(0), 16, D_NEXT | D_WRITE, 2);
}

static void table_loops(void)
{
	desc(0, vdev_gpa(V_TABLE), 32, D_INDIRECT, 0);
	entry(0, data(0), 16, D_NEXT | D_WRITE, 1);
	entry(1, data(0), 16, D_NEXT | D_WRITE, 0);
}

static void many_segments(void)
{
	desc(0, vdev_gpa(V_TABLE), 16 * 1024, D_INDIRECT, 0);
	for (uint32_t i = 0; i < 1024; i++)
		entry(i, data(0), 1, D_WRITE | (i < 1023 ? D_NEXT : 0), i + 1);
}

static void rings_as_buffers(void)
{
	desc(0, vdev_gpa(V_USED) - 64, 256, D_WRITE, 0);
}

static void misaligned_table(void)
{
	desc(0, vdev_gpa(V_TABLE + 5), 32, D_INDIRECT, 0);
	vdev_desc(V_TABLE + 5, 0, data(3), 17, D_NEXT, 1);
	vdev_desc(V_TABLE + 5, 1, data(0x1001), 33, D_WRITE, 0);
}

static void index_jumps(struct vdev *d)
{
	d->avail = V_QUEUE;
}

static void index_goes_back(struct vdev *d)
{
	d->avail = 0xfffd;
}

static const struct abuse {
	const char *name;
	void (*prepare)(void); /* NULL: descriptor 0 is what follows */
	uint64_t (*addr)(void);
	int64_t offset;
	uint32_t len, flags, next;
	uint16_t head;
	bool may_live, no_indirect;
	void (*twist)(struct vdev *d);
} abuses[] = {
	{ "a loop of one", .len = 16, .flags = D_NEXT },
	{ "a loop of all", .prepare = loop_of_all },
	{ "a next outside", .len = 16, .flags = D_NEXT, .next = V_QUEUE },
	{ "a head outside", .len = 16, .head = V_QUEUE },
	{ "the last head", .len = 16, .head = 0xffff },
	{ "above RAM", .addr = ram_end, .len = 16 },
	{ "across the end of RAM", .addr = ram_end, .offset = -8, .len = 16, .flags = D_WRITE },
	{ "far away", .addr = ram_end, .offset = INT64_MAX / 2, .len = 16 },
	{ "where the device is", .addr = ram_end, .offset = 0x200000000000, .len = 16 },
	{ "a buffer that wraps", .addr = ram_end, .offset = -1, .len = 0xffffffff,
	  .flags = D_WRITE },
	{ "no bytes", .flags = D_WRITE },
	{ "all bytes", .len = 0xffffffff, .flags = D_WRITE },
	{ "a huge second", .prepare = huge_second },
	{ "the wrong order", .prepare = wrong_order },
	{ "an indirect one, not agreed on", .prepare = misaligned_table, .no_indirect = true },
	{ "a nested table", .prepare = nested },
	{ "a table with a next", .prepare = with_next },
	{ "an empty table", .flags = D_INDIRECT },
	{ "an uneven table", .prepare = uneven_table },
	{ "a long table", .prepare = long_table },
	{ "the longest table", .len = 0xfffffff0, .flags = D_INDIRECT },
	{ "a table outside", .addr = ram_end, .offset = -16, .len = 32, .flags = D_INDIRECT },
	{ "a next outside its table", .prepare = next_outside },
	{ "a table that loops", .prepare = table_loops },
	{ "many segments", .prepare = many_segments },
	{ "an index that jumps", .len = 16, .twist = index_jumps },
	{ "an index that goes back", .len = 16, .twist = index_goes_back },
	{ "rings as buffers", .prepare = rings_as_buffers, .may_live = true },
	{ "a misaligned table", .prepare = misaligned_table, .may_live = true },
};

/* A request that it grants. */
static void ask(struct vdev *d, const struct victim *v)
{
	uint32_t n = 0;

	memcpy(machine.scratch + V_DATA, v->out, sizeof(v->out));
	if (v->out_len)
		desc(n++, data(0), v->out_len, v->in_len ? D_NEXT : 0, 1);
	if (v->in_len)
		desc(n++, data(0x1000), v->in_len, D_WRITE, 0);
	vdev_offer(d, 0);
	vdev_notify(d, v->queue);
}

/* 1: it serves; 0: it does not; -1: it is broken. */
static int serves(struct vdev *d, const struct victim *v)
{
	int r;

	if (!vdev_start(d, v->queue, true))
		return 0;
	ask(d, v);
	r = vdev_wait(d, 0, true);
	return vdev_reset(d) ? r : 0;
}

/* As Linux at kexec: bus mastering falls, and rises before the reset. Nothing is looked at meanwhile. */
static void without_master(struct vdev *d, const struct victim *v)
{
	uint64_t served = 0;

	if (!(v->in_kernel ? vdev_start_two(d, v->queue, 0) : vdev_start(d, v->queue, true)))
		return;
	vdev_set_master(d, false);
	ask(d, v);
	vdev_set_master(d, true);
	for (uint32_t i = 0; i < 2000; i++) {
		if (i % 1000 == 0)
			vdev_notify(d, v->queue);
		served += vdev_is_broken(d) ? vdev_used() : 1;
	}
	check((int64_t)served, 0, "virtio %u.%u, served after bus mastering fell",
	      (uint64_t)v->type, (uint64_t)v->queue);
	check(vdev_reset(d), 1, "virtio %u.%u, reset after bus mastering fell", (uint64_t)v->type,
	      (uint64_t)v->queue);
}

/* Offer it, twice: what is broken stays so. As vdev_wait(). */
static int offer(struct vdev *d, const struct victim *v, const struct abuse *a)
{
	uint64_t addr = (a->addr ? a->addr() : data(0)) + (uint64_t)a->offset;
	int r = 0;

	if (a->prepare)
		a->prepare();
	else
		desc(0, addr, a->len, a->flags, a->next);
	if (a->twist)
		a->twist(d);
	for (unsigned int i = 0; i < 2; i++) {
		vdev_offer(d, a->head);
		vdev_notify(d, v->queue);
		if (!v->in_kernel)
			r = vdev_wait(d, 0, !a->may_live);
	}
	return r;
}

static void abuse(struct vdev *d, const struct victim *v, const struct abuse *a)
{
	bool started = v->in_kernel ? vdev_start_two(d, v->queue, 0)
				    : vdev_start(d, v->queue, !a->no_indirect);
	int r;

	check(started && !vdev_is_broken(d), 1, "virtio %u.%u, start before %s", (uint64_t)v->type,
	      (uint64_t)v->queue, a->name);
	r = offer(d, v, a);
	if (!v->in_kernel && !a->may_live)
		check(r, -1, "virtio %u.%u, %s", (uint64_t)v->type, (uint64_t)v->queue, a->name);
	check(vdev_reset(d), 1, "virtio %u.%u, reset after %s", (uint64_t)v->type,
	      (uint64_t)v->queue, a->name);
}

/* ---- registers ---- */

/* A queue stays what and where it is while the device lives. */
static void frozen(struct vdev *d, const struct victim *v)
{
	static const uint8_t regs[] = { R_QDESC,      R_QDESC + 4, R_QAVAIL,
					R_QAVAIL + 4, R_QUSED,     R_QUSED + 4 };
	uint64_t wrong = 0;

	vdev_start(d, v->queue, true);
	for (size_t i = 0; i < ARRAY_LEN(regs); i++) {
		uint64_t before = vdev_read(d, d->common + regs[i], 4);

		vdev_write(d, d->common + regs[i], 4, before ^ 0xff0);
		wrong += vdev_read(d, d->common + regs[i], 4) != before;
	}
	vdev_write(d, d->common + R_QSIZE, 2, V_QUEUE / 2);
	wrong += vdev_read(d, d->common + R_QSIZE, 2) != V_QUEUE;
	vdev_write(d, d->common + R_QENABLE, 2, 0);
	wrong += vdev_read(d, d->common + R_QENABLE, 2) != 1;
	check((int64_t)wrong, 0, "virtio %u: registers of a live queue that changed",
	      (uint64_t)v->type);
	check(vdev_reset(d), 1, "virtio %u, reset after its registers", (uint64_t)v->type);
}

/* Each byte of the two structures, in each size, once with sense and once without. */
static void every_register(struct vdev *d, const struct victim *v)
{
	const uint64_t places[] = { d->common, d->config ? d->config : d->isr, d->isr };

	for (uint32_t round = 0; round < 2; round++) {
		vdev_start(d, v->queue, true);
		for (size_t i = 0; i < ARRAY_LEN(places); i++)
			for (uint32_t off = 0; off < 72; off++)
				for (uint32_t size = 1; size <= 8; size *= 2)
					vdev_write(d, places[i] + off, size,
						   round ? odd_random() : odd_random() & 3);
		vdev_reset(d);
	}
	check(vdev_reset(d), 1, "virtio %u, reset after writes of every size", (uint64_t)v->type);
}

/* Queues that are not there, or not enabled, before the device lives and after. */
static void dead_queues(struct vdev *d, const struct victim *v)
{
	for (uint32_t live = 0; live < 2; live++) {
		if (live)
			vdev_start(d, v->queue, true);
		for (uint32_t q = 0; q < 70; q++)
			if (q != v->queue)
				vdev_notify(d, q);
		for (uint32_t size = 1; size <= 8; size *= 2)
			vdev_write(d, d->notify + v->queue * d->notify_step + (size > 4 ? 8 : 0),
				   size, ~0ull);
	}
	check(vdev_reset(d), 1, "virtio %u, reset after notifying dead queues", (uint64_t)v->type);
}

static void torment(struct vdev *d, const struct victim *v)
{
	bool first = v == victims || v[-1].type != v->type;

	if (!v->in_kernel)
		check(serves(d, v), 1, "virtio %u.%u serves", (uint64_t)v->type,
		      (uint64_t)v->queue);
	for (size_t i = 0; i < ARRAY_LEN(abuses); i++)
		abuse(d, v, &abuses[i]);
	without_master(d, v);
	if (first) {
		frozen(d, v);
		every_register(d, v);
		dead_queues(d, v);
	}
	if (!v->in_kernel)
		check(serves(d, v), 1, "virtio %u.%u serves after all of that", (uint64_t)v->type,
		      (uint64_t)v->queue);
}

static void each(void (*fn)(struct vdev *d, const struct victim *v))
{
	unsigned int found = 0;
	struct vdev d;

	vectors_install();
	for (unsigned int i = 0; i < nfunctions; i++) {
		if (!vdev_open(&d, i))
			continue;
		for (size_t k = 0; k < ARRAY_LEN(victims); k++)
			if (victims[k].type == d.type)
				fn(&d, &victims[k]);
		found++;
	}
	if (!found)
		skip("there is no virtio device");
}

void topic_virtio(void)
{
	each(torment);
}

/* What any driver does, in our byte order. */
static void serve(struct vdev *d, const struct victim *v)
{
	if (v->in_kernel)
		return;
	check(serves(d, v), 1, "virtio %u.%u serves", (uint64_t)v->type, (uint64_t)v->queue);
	every_register(d, v);
	check(serves(d, v), 1, "virtio %u.%u serves again", (uint64_t)v->type, (uint64_t)v->queue);
}

void topic_serve(void)
{
	each(serve);
}
