/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that nearly make sense: arguments are drawn from what the tree tells of (devices, bridges,
 * windows) and from nonsense. Only the machine's health shows whether they were borne.
 */
#include "guest.h"

static uint32_t pick32(void)
{
	const struct function *f = &functions[nfunctions ? (uint32_t)odd_random() % nfunctions : 0];

	switch (odd_random() >> 40 & 15) {
	case 0:
	case 1:
	case 2:
		return f->addr;
	case 3:
	case 4:
		return f->hi;
	case 5:
	case 6:
		return f->lo;
	case 7:
		return f->liobn + ((uint32_t)odd_random() & 3);
	case 8:
		return f->addr | ((uint32_t)odd_random() & 0xf00000ff);
	case 9:
	case 10:
		return (uint32_t)odd_random() % 8;
	case 11:
		return 12 + (uint32_t)odd_random() % 24;
	default:
		return (uint32_t)odd_value();
	}
}

/* The first three words mostly name a function: address, BUID. */
static void near_sense(const char *name, uint32_t token)
{
	/* One that resets takes the host seconds. */
	unsigned int times = strcmp(name, "ibm,set-slot-reset") == 0 ? 20 : 300;
	uint32_t args[16];

	for (unsigned int n = 0; n < times; n++) {
		const struct function *f =
			&functions[nfunctions ? (uint32_t)odd_random() % nfunctions : 0];
		uint32_t nargs = 1 + (uint32_t)odd_random() % 8,
			 nret = 1 + (uint32_t)odd_random() % 7;

		for (unsigned int i = 0; i < ARRAY_LEN(args); i++)
			args[i] = pick32();
		if (nargs >= 3 && odd_random() & 3) {
			args[0] = f->addr;
			args[1] = f->hi;
			args[2] = f->lo;
		}
		if (rtas_ends(name))
			nargs += 3;
		rtas_hostile(token, nargs, nret, args);
	}
}

static uint64_t pick64(void)
{
	const struct function *f = &functions[nfunctions ? (uint32_t)odd_random() % nfunctions : 0];

	switch (odd_random() >> 40 & 7) {
	case 0:
		return f->liobn + (odd_random() & 1);
	case 1:
		return f->start + (odd_random() % (f->size + 1) & ~0xfffull);
	case 2:
		return ((uintptr_t)machine.scratch & ~0xfffull) | (odd_random() & 3);
	case 3:
		return odd_random() % 600;
	default:
		return odd_value();
	}
}

static void hypercalls(unsigned int times)
{
	static const uint32_t tce[] = { H_GET_TCE, H_PUT_TCE, H_STUFF_TCE, H_PUT_TCE_INDIRECT };
	uint64_t args[9];
	uint32_t nr;

	for (unsigned int n = 0; n < times; n++) {
		for (unsigned int i = 0; i < ARRAY_LEN(args); i++)
			args[i] = pick64();
		nr = (uint32_t)odd_random() % 0x140 * 4;
		if (n & 1) {
			nr = tce[odd_random() & 3];
			if (nfunctions)
				args[0] = functions[(uint32_t)odd_random() % nfunctions].liobn +
					  (n >> 1 & 1);
		}
		if (machine.bulk_in_kernel && nr == H_STUFF_TCE)
			args[3] = 1;
		if (machine.bulk_in_kernel && nr == H_PUT_TCE_INDIRECT)
			continue; /* see tce.c */
		hostile_hcall(nr, args);
	}
}

static void config(unsigned int times)
{
	for (unsigned int n = 0; n < times && nfunctions; n++) {
		const struct function *f = &functions[(uint32_t)odd_random() % nfunctions];
		uint32_t reg = (uint32_t)odd_random() % (n & 1 ? 4096 : 256),
			 size = (uint32_t)odd_random() % 5;

		if (n & 2)
			bus_write(f, reg, size, (uint32_t)odd_value());
		else
			bus_read(f, reg, size);
	}
}

void topic_random(void)
{
	unsigned int tokens = rtas_each(near_sense);

	say("random: %u RTAS calls done\n", (uint64_t)tokens);
	hypercalls(5000);
	say("random: hypercalls done\n");
	config(3000);
	for (unsigned int i = 0; i < nfunctions; i++)
		bus_write(&functions[i], 0x04, 2, 0);
	say("random: configuration accesses done\n");
}
