/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ibm,client-architecture-support, again and again: MMU and interrupt controller change under our feet,
 * and each works. Needs a machine that firmware starts.
 */
#include "guest.h"

enum {
	H_EOI = 0x64,
	H_CPPR = 0x68,
	H_IPI = 0x6c,
	H_XIRR = 0x74,
	H_INT_GET_SOURCE_INFO = 0x3a8,
	H_INT_SET_SOURCE_CONFIG = 0x3ac,
	H_INT_SET_QUEUE_CONFIG = 0x3b8,
	H_INT_RESET = 0x3d0,
};

#define OV5 200 /* where its byte 0, the length, is among our words */

/* A list that fits any processor; vectors 2 to 4 are to be ignored. */
static const uint8_t *words(uint8_t mmu, uint8_t intc)
{
	static uint8_t w[OV5 + 27];
	static const uint8_t vectors[] = { 4, 2, 0, 0xff, 0xc0, 0, 0x80, 0, 0x80, 0, 0x80 };

	memset(w, 0, sizeof(w));
	be32_put(w + OV5 - sizeof(vectors) - 4, 0xffffffff);
	memcpy(w + OV5 - sizeof(vectors), vectors, sizeof(vectors));
	w[OV5] = 25;
	w[OV5 + 2] = 0xc1;
	w[OV5 + 5] = 0x80;
	w[OV5 + 23] = intc;
	w[OV5 + 24] = mmu;
	w[OV5 + 26] = mmu;
	return w + OV5 - sizeof(vectors) - 8;
}

/* We interrupt ourselves, and are presented with that: all of it in the kernel. */
static void xics_works(void)
{
	uint64_t xirr = 0;

	check(hcall(H_CPPR, 0xff, 0, 0, 0, NULL), H_SUCCESS, "XICS: H_CPPR");
	check(hcall(H_IPI, 0, 5, 0, 0, NULL), H_SUCCESS, "XICS: H_IPI");
	check(hcall(H_XIRR, 0xff, 0, 0, 0, &xirr), H_SUCCESS, "XICS: H_XIRR");
	check((int64_t)xirr, 0xff000002, "XICS: the interrupt");
	hcall(H_IPI, 0, 0xff, 0, 0, NULL);
	check(hcall(H_EOI, xirr, 0, 0, 0, NULL), H_SUCCESS, "XICS: H_EOI");
	check(hcall(H_INT_GET_SOURCE_INFO, 0, 0, 0, 0, NULL), H_FUNCTION, "XICS: no call of XIVE");
}

static uint64_t load(uint64_t address)
{
	return *(volatile uint64_t *)(uintptr_t)address;
}

/* Our first IPI fires, and its number is in our queue: all of it in hardware. */
static void xive_works(bool reaches)
{
	uint8_t *queue = (uint8_t *)(((uintptr_t)machine.scratch + 0xffff) & ~0xffffUL);
	uint64_t args[9] = { 0 };

	check(hcall_raw(H_INT_GET_SOURCE_INFO, args), H_SUCCESS, "XIVE: H_INT_GET_SOURCE_INFO");
	check(hcall(H_CPPR, 0xff, 0, 0, 0, NULL) != H_SUCCESS, 1, "XIVE: no call of XICS");
	if (!reaches) /* real mode of a hash guest ends with its RAM */
		return;
	memset(queue, 0, 0x10000);
	check(hcall_raw(H_INT_SET_QUEUE_CONFIG, (uint64_t[9]){ 1, 0, 6, (uintptr_t)queue, 16 }),
	      H_SUCCESS, "XIVE: H_INT_SET_QUEUE_CONFIG");
	check(hcall_raw(H_INT_SET_SOURCE_CONFIG, (uint64_t[9]){ 2, 0, 0, 6, 0x1234 }), H_SUCCESS,
	      "XIVE: H_INT_SET_SOURCE_CONFIG");
	load(args[1] + 0xc00); /* management page: neither pending nor queued */
	*(volatile uint64_t *)(uintptr_t)args[2] = 0;
	for (unsigned int i = 0; i < 1000000 && be32(queue) == 0; i++)
		__asm__ volatile("" ::: "memory");
	check(be32(queue), 0x80001234, "XIVE: what is in the queue");
	check(hcall(H_INT_RESET, 0, 0, 0, 0, NULL), H_SUCCESS, "XIVE: H_INT_RESET");
}

static void become(bool radix, bool xive)
{
	const uint8_t *w = words(radix ? 0x40 : 0, xive ? 0x40 : 0);

	machine.calls++;
	check(of_cas(w), 0, "%s and %s", radix ? "radix" : "hash", xive ? "XIVE" : "XICS");
	if (xive)
		xive_works(radix);
	else
		xics_works();
}

/* What is offered, by its byte: is it the second of the two, or both? */
static bool offered(uint32_t at, uint8_t both_or)
{
	uint32_t len;
	const uint8_t *p = fdt_prop("/chosen", "ibm,arch-vec-5-platform-support", &len);

	for (uint32_t i = 0; p && i + 1 < len; i += 2)
		if (p[i] == at)
			return p[i + 1] == 0x80 || p[i + 1] == both_or;
	return false;
}

void topic_cas(void)
{
	bool radix = offered(24, 0x40), hash = offered(24, 0);
	bool xive = offered(23, 0x40), xics = offered(23, 0);

	if (!radix && !hash) {
		skip("no firmware asks what this machine shall be");
		return;
	}
	for (unsigned int i = 0; i < 10; i++) {
		if (radix && xive)
			become(true, true);
		if (radix && xics)
			become(true, false);
		if (hash && xive)
			become(false, true);
		if (hash && xics)
			become(false, false);
	}
	check(of_cas((const void *)0xfffffff0), -1, "words that are nowhere");
	check(of_cas(words(0x80, 0)), -1, "words that choose nothing");
}
