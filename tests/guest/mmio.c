/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads and stores where nothing is, of all sizes, and of kinds that no device knows. */
#include "guest.h"

static void touch(uint64_t at)
{
	uint64_t v = 0x1122334455667788;

	/* An instruction that fails is skipped by its handler, see start.S. */
	__asm__ volatile("lbz %0, 0(%1)" : "=r"(v) : "b"(at) : "memory");
	__asm__ volatile("lhz %0, 0(%1)" : "=r"(v) : "b"(at) : "memory");
	__asm__ volatile("lwz %0, 0(%1)" : "=r"(v) : "b"(at) : "memory");
	__asm__ volatile("ld %0, 0(%1)" : "=r"(v) : "b"(at & ~3ull) : "memory");
	__asm__ volatile("lwbrx %0, 0, %1" : "=r"(v) : "b"(at) : "memory");
	__asm__ volatile("lwzu %0, 4(%1)" : "=r"(v), "+b"(at) : : "memory");
	__asm__ volatile("stb %0, 0(%1)" : : "r"(v), "b"(at) : "memory");
	__asm__ volatile("sth %0, 0(%1)" : : "r"(v), "b"(at) : "memory");
	__asm__ volatile("stw %0, 0(%1)" : : "r"(v), "b"(at) : "memory");
	__asm__ volatile("std %0, 0(%1)" : : "r"(v), "b"(at & ~3ull) : "memory");
	__asm__ volatile("stdbrx %0, 0, %1" : : "r"(v), "b"(at) : "memory");
	__asm__ volatile("dcbt 0, %0" : : "b"(at) : "memory");
	machine.calls += 12;
}

/* What KVM cannot emulate. */
static void touch_oddly(uint64_t at)
{
	uint64_t v;

	__asm__ volatile("lwarx %0, 0, %1" : "=r"(v) : "b"(at & ~3ull) : "memory");
	__asm__ volatile("stwcx. %0, 0, %1" : : "r"(v), "b"(at & ~3ull) : "memory", "cr0");
	__asm__ volatile("dcbz 0, %0" : : "b"(at) : "memory");
	__asm__ volatile("ldarx %0, 0, %1" : "=r"(v) : "b"(at & ~7ull) : "memory");
	machine.calls += 4;
}

void topic_mmio(void)
{
	const uint64_t places[] = {
		machine.ram_size, machine.ram_size + 0xffc, 0x80000000, 0xfffffffc, 0x200080000000,
		0x200000000000,   0x6030203180000,          1ull << 46, 1ull << 50,
	};

	vectors_install();
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (places[i] >= machine.ram_size)
			for (uint64_t odd = 0; odd < 4; odd++)
				touch(places[i] + odd);
	say("mmio: plain ones done\n");
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (places[i] >= machine.ram_size)
			touch_oddly(places[i]);
}
