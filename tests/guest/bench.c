/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest's calls cost, timed from inside. Where one instruction takes one nanosecond (lab
 * --icount), the nanoseconds printed are instructions: of VMM, kernel and guest together.
 */
#include "bench.h"

#define TIMES 200
#define WARM 8

static uint64_t frequency = 512000000;

uint64_t ticks(void)
{
	uint64_t v;

	__asm__ volatile("mftb %0" : "=r"(v) : : "memory");
	return v;
}

int64_t call(uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	register uint64_t r3 __asm__("r3") = nr;
	register uint64_t r4 __asm__("r4") = a;
	register uint64_t r5 __asm__("r5") = b;
	register uint64_t r6 __asm__("r6") = c;
	register uint64_t r7 __asm__("r7") = d;

	__asm__ volatile("sc 1"
			 : "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7)
			 :
			 : "r0", "r8", "r9", "r10", "r11", "r12", "ctr", "xer", "cr0", "cr1", "cr5",
			   "cr6", "cr7", "memory");
	return (int64_t)r3;
}

void report(const char *what, uint64_t n, uint64_t spent, uint64_t failed)
{
	say("bench %s: %u ns, %u of %u failed\n", what, spent * 1000 / (frequency / 1000000) / n,
	    failed, n);
}

uint32_t token_of(const char *name)
{
	uint32_t token = rtas_token(name);

	if (!token)
		say("bench: no %s\n", name);
	return token;
}

int32_t rtas_words_at(uint8_t *block, uint32_t token, uint32_t nargs, uint32_t nret,
		      const uint32_t *args, uint32_t *rets)
{
	be32_put(block, token);
	be32_put(block + 4, nargs);
	be32_put(block + 8, nret);
	for (uint32_t i = 0; i < nargs; i++)
		be32_put(block + 12 + 4 * i, args[i]);
	if (call(H_RTAS, (uintptr_t)block, 0, 0, 0) != H_SUCCESS)
		return -1;
	for (uint32_t i = 1; i < nret; i++)
		rets[i - 1] = be32(block + 12 + 4 * (nargs + i));
	return (int32_t)be32(block + 12 + 4 * nargs);
}

int32_t rtas_words(uint32_t token, uint32_t nargs, uint32_t nret, const uint32_t *args,
		   uint32_t *rets)
{
	return rtas_words_at(machine.scratch + SCRATCH_SIZE - 256, token, nargs, nret, args, rets);
}

static void bench_calls(void)
{
	uint32_t clock = token_of("get-time-of-day"), rets[7];
	uint64_t start = 0, failed = 0;

	for (unsigned int i = 0; i < WARM + TIMES; i++) {
		if (i == WARM)
			start = ticks();
		call(H_OF_NO_MEANING, 0, 0, 0, 0);
	}
	report("unknown-hcall", TIMES, ticks() - start, 0);
	for (unsigned int i = 0; clock && i < WARM + TIMES; i++) {
		if (i == WARM)
			start = ticks();
		failed += rtas_words(clock, 0, 8, NULL, rets) != 0;
	}
	if (clock)
		report("rtas-clock", TIMES, ticks() - start, failed);
}

void topic_bench(void)
{
	bench_calls();
	bench_cpu();
	bench_pci();
}
