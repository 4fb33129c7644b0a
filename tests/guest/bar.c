/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A large BAR that is memory, as a graphics card's: a pattern goes through all of it by steps of 4 KiB
 * and is read again. The first pass is the one in which KVM has to map what is touched. And the upper half
 * of RAM is written by steps of 64 KiB: no page of it was read before.
 */
#include "bench.h"

#define COMMAND 4
#define BAR0 0x10
#define NBARS 6
#define MEMORY64 4 /* type of a memory BAR of 64 bits, without "prefetchable" */
#define STEP 4096
#define TICKS_A_US 512

struct bar {
	const struct function *f;
	uint32_t reg;
	uint64_t size, at; /* for the processor */
};

/* 0: none of 64 bits begins there. */
static uint64_t size_of(const struct function *f, uint32_t reg)
{
	uint64_t mask;

	if ((bus_read(f, reg, 4) & 7) != MEMORY64)
		return 0;
	bus_write(f, reg, 4, 0xffffffff);
	bus_write(f, reg + 4, 4, 0xffffffff);
	mask = (uint64_t)bus_read(f, reg + 4, 4) << 32 | (bus_read(f, reg, 4) & ~15u);
	return ~mask + 1;
}

static struct bar largest(void)
{
	struct bar b = { .size = 0 };

	for (unsigned int i = 0; i < nfunctions; i++)
		for (uint32_t n = 0; n + 1 < NBARS; n++) {
			uint64_t size = size_of(&functions[i], BAR0 + 4 * n);

			if (size > b.size)
				b = (struct bar){ &functions[i], BAR0 + 4 * n, size, 0 };
			n += size != 0;
		}
	return b;
}

/* At the first multiple of its size in the bridge's window of 64 bits. */
static bool place(struct bar *b)
{
	uint32_t len;
	const uint8_t *r = fdt_prop(b->f->phb, "ranges", &len);
	uint64_t bus;

	for (; r && len >= 28; r += 28, len -= 28) {
		if (be32(r) >> 24 != 3)
			continue;
		bus = (be64(r + 4) + b->size - 1) & ~(b->size - 1);
		bus_write(b->f, b->reg, 4, (uint32_t)bus);
		bus_write(b->f, b->reg + 4, 4, (uint32_t)(bus >> 32));
		bus_write(b->f, COMMAND, 2, bus_read(b->f, COMMAND, 2) | 2);
		b->at = bus - be64(r + 4) + be64(r + 12);
		return true;
	}
	return false;
}

static void write_all(const struct bar *b, uint64_t seed)
{
	for (uint64_t at = b->at; at < b->at + b->size; at += STEP)
		*(volatile uint64_t *)(uintptr_t)at = at * seed;
}

static uint64_t wrong_of(const struct bar *b, uint64_t seed)
{
	uint64_t n = 0;

	for (uint64_t at = b->at; at < b->at + b->size; at += STEP)
		n += *(volatile uint64_t *)(uintptr_t)at != at * seed;
	return n;
}

void topic_bar(void)
{
	struct bar b = largest();
	uint64_t start, first, second;

	if (!b.size || !place(&b)) {
		skip("there is no BAR of 64 bits, or no place for one");
		return;
	}
	say("bar: %u MiB at 0x%x\n", b.size >> 20, b.at);
	if (machine.asks)
		wait_for_input();
	start = ticks();
	write_all(&b, 3);
	first = ticks() - start;
	check((int64_t)wrong_of(&b, 3), 0, "words that are not what was written");
	say("bar: is mapped\n");
	if (machine.asks)
		wait_for_input();
	start = ticks();
	write_all(&b, 5);
	second = ticks() - start;
	check((int64_t)wrong_of(&b, 5), 0, "words that are not what was written");
	say("bar: %u writes: first %u us, again %u us\n", b.size / STEP, first / TICKS_A_US,
	    second / TICKS_A_US);
	if (machine.asks)
		wait_for_input();
}

void topic_fill(void)
{
	for (uint64_t at = machine.ram_size / 2; at < machine.ram_size; at += 0x10000)
		*(volatile uint64_t *)(uintptr_t)at = at;
	say("fill: done\n");
	if (machine.asks)
		wait_for_input();
}
