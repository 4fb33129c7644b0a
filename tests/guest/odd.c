/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest.h"

extern char end[]; /* of our image */

static uint64_t state = 0x9e3779b97f4a7c15;

void odd_seed(uint64_t seed)
{
	state ^= seed * 0xbf58476d1ce4e5b9;
}

uint64_t odd_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Our image and what the VMM put behind it: a call that writes there would end the test. */
static bool is_ours(uint64_t v)
{
	uint32_t low = (uint32_t)v;

	return low >= 0x300000 && low < ((uint64_t)(uintptr_t)end | 0xfffff) + 0x200000;
}

static uint64_t pick(void)
{
	static const uint64_t edges[] = {
		0,
		1,
		2,
		3,
		4,
		5,
		7,
		8,
		12,
		15,
		16,
		17,
		20,
		31,
		32,
		63,
		64,
		127,
		128,
		255,
		256,
		0x7ff,
		0x800,
		0xfff,
		0x1000,
		0x1001,
		0x1200,
		0x1300,
		0x1fff,
		0x2000,
		0xffff,
		0x10000,
		0x71000000,
		0x7fffffff,
		0x80000000,
		0xffffffff,
		0x100000000,
		0xffffffffff,
		0x20000000000,
		0x200080000000,
		0x0fffffffffffffff,
		0x1000000000000000,
		0x7fffffffffffffff,
		0x8000000000000000,
		0xc000000000000000,
	};
	uint64_t r = odd_random(), near = odd_random() % 33 - 16;

	switch (r >> 32 & 15) {
	case 0:
		return odd_random();
	case 1:
		return (uint32_t)odd_random();
	case 2:
		return odd_random() & 0xff;
	case 3:
		return 1ull << (odd_random() & 63);
	case 4:
		return ~0ull - (odd_random() & 0xfff);
	case 5:
	case 6:
		return machine.ram_size + near;
	case 7:
		return machine.ram_size - 0x10000 * (1 + odd_random() % 8);
	case 8:
	case 9:
		return (uintptr_t)machine.scratch + 0x10000 * (odd_random() % 16);
	case 10:
		return (uintptr_t)machine.scratch + odd_random() % SCRATCH_SIZE;
	default:
		return edges[(uint32_t)r % ARRAY_LEN(edges)];
	}
}

uint64_t odd_value(void)
{
	uint64_t v;

	do
		v = pick();
	while (is_ours(v));
	return v;
}
