/* SPDX-License-Identifier: BSD-2-Clause */
/* Every RTAS call of the tree, and tokens of none, with right and wrong arity and odd arguments. */
#include "guest.h"

#define BLOCK_WORDS 64

static const uint8_t *rets; /* of the last call */

uint32_t rtas_token(const char *name)
{
	uint32_t len;
	const void *p = fdt_prop("/rtas", name, &len);

	return p && len == 4 ? be32(p) : 0;
}

static uint8_t *block_fill(uint32_t token, uint32_t nargs, uint32_t nret, const uint32_t *args)
{
	uint8_t *block = machine.scratch + SCRATCH_SIZE - 4 * BLOCK_WORDS;

	memset(block, 0xa5, 4 * BLOCK_WORDS);
	be32_put(block, token);
	be32_put(block + 4, nargs);
	be32_put(block + 8, nret);
	for (uint32_t i = 0; i < nargs && i < BLOCK_WORDS - 3; i++)
		be32_put(block + 12 + 4 * i, args[i]);
	rets = nargs + nret > BLOCK_WORDS - 3 ? NULL : block + 12 + 4 * nargs;
	return block;
}

uint32_t rtas_ret(unsigned int i)
{
	return be32(rets + 4 * i);
}

int32_t rtas_hostile(uint32_t token, uint32_t nargs, uint32_t nret, const uint32_t *args)
{
	uint64_t regs[9] = { (uintptr_t)block_fill(token, nargs, nret, args) };

	return hostile_hcall(H_RTAS, regs) == H_SUCCESS && rets ? (int32_t)rtas_ret(0) : NO_STATUS;
}

int32_t rtas(const char *name, uint32_t nargs, uint32_t nret, const uint32_t *args)
{
	uint64_t block = (uintptr_t)block_fill(rtas_token(name), nargs, nret, args);

	return hcall(H_RTAS, block, 0, 0, 0, NULL) == H_SUCCESS ? (int32_t)rtas_ret(0) : NO_STATUS;
}

bool rtas_ends(const char *name)
{
	static const char *const ends[] = { "power-off", "system-reboot", "stop-self",
					    "ibm,os-term" };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (strcmp(name, ends[i]) == 0)
			return true;
	return false;
}

static void odd_calls(const char *name, uint32_t token, unsigned int times)
{
	uint32_t args[BLOCK_WORDS];

	for (unsigned int n = 0; n < times; n++) {
		uint32_t nargs = (uint32_t)odd_random() % 12, nret = (uint32_t)odd_random() % 12;

		if (rtas_ends(name)) /* with the right arity */
			nargs += 3;
		for (size_t i = 0; i < ARRAY_LEN(args); i++)
			args[i] = (uint32_t)odd_value();
		rtas_hostile(token, nargs, nret, args);
	}
}

static bool is_token(const char *name, uint32_t len, uint32_t value)
{
	return len == 4 && value >= 0x2000 && value < 0x3000 && strcmp(name, "rtas-size") != 0;
}

unsigned int rtas_each(void (*nonsense)(const char *name, uint32_t token))
{
	const char *name;
	const void *value;
	uint32_t len;
	unsigned int ncalls = 0;

	for (unsigned int i = 0; fdt_prop_at("/rtas", i, &name, &value, &len); i++) {
		if (!is_token(name, len, be32(value)))
			continue;
		nonsense(name, be32(value));
		ncalls++;
	}
	return ncalls;
}

static void nonsense_for(const char *name, uint32_t token)
{
	odd_calls(name, token, 300);
}

void topic_rtas(void)
{
	const uint32_t beyond[] = { 0xfffffff0 };
	unsigned int ncalls = rtas_each(nonsense_for);

	for (uint32_t token = 0x1ff0; token < 0x2100; token++)
		if (token < 0x2000 || token > 0x2080)
			odd_calls("", token, 2);
	for (unsigned int i = 0; i < 100; i++)
		odd_calls("", 0x80000000u | (uint32_t)odd_random(), 1);
	say("rtas: %u tokens in the tree\n", (uint64_t)ncalls);
	say("rtas: os-term of text outside memory: %d\n",
	    (int64_t)rtas("ibm,os-term", 1, 1, beyond));
}
