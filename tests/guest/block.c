/* SPDX-License-Identifier: BSD-2-Clause */
/* Argument blocks of RTAS that are not where or what they should be. */
#include "guest.h"

static void put(uint64_t at, uint32_t v)
{
	volatile uint8_t *p = (volatile uint8_t *)(uintptr_t)at;

	for (unsigned int i = 0; i < 4; i++)
		if (at + i < machine.ram_size)
			p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void try(uint64_t at, uint32_t nargs, uint32_t nret)
{
	uint64_t regs[9] = { at };

	if (at < machine.ram_size) {
		put(at, rtas_token("get-time-of-day"));
		put(at + 4, nargs);
		put(at + 8, nret);
	}
	hostile_hcall(H_RTAS, regs);
}

void topic_block(void)
{
	static const uint32_t counts[] = {
		0,          1,          8,          15,         16,         17,         100,
		0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
	};
	static const uint64_t far[] = {
		1ull << 40, 1ull << 59, 1ull << 60, 1ull << 63,
		~0ull,      ~0ull - 4,  ~0ull - 12, 0x0ffffffffffffff8,
	};
	uint64_t scratch = (uintptr_t)machine.scratch;

	for (uint64_t back = 0; back <= 64; back++) /* misaligned, and cut by the end of memory */
		try(machine.ram_size - back, 0, 8);
	for (size_t i = 0; i < ARRAY_LEN(far); i++)
		try(far[i], 0, 8);
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		for (size_t j = 0; j < ARRAY_LEN(counts); j++)
			for (uint64_t odd = 0; odd < 4; odd++)
				try(scratch + odd, counts[i], counts[j]);
	for (unsigned int i = 0; i < 500; i++)
		try(odd_value(), (uint32_t)odd_value(), (uint32_t)odd_value());
}
