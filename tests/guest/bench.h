/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BENCH_H
#define BENCH_H

#include "guest.h"

enum {
	H_EOI = 0x64,
	H_CPPR = 0x68,
	H_IPI = 0x6c,
	H_XIRR = 0x74,
	H_OF_NO_MEANING = 0x7f8,
};

/* bench.c */
uint64_t ticks(void); /* of the timebase */
int64_t call(uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
uint32_t token_of(const char *name); /* 0: not offered; says so */

/*
 * An RTAS call from @args, its words after the status to @rets. Returns the status. _at: in a block of
 * the caller's own, as another processor calls at the same time.
 */
int32_t rtas_words_at(uint8_t *block, uint32_t token, uint32_t nargs, uint32_t nret,
		      const uint32_t *args, uint32_t *rets);
int32_t rtas_words(uint32_t token, uint32_t nargs, uint32_t nret, const uint32_t *args,
		   uint32_t *rets);

/* One line of the result: @n times took @spent ticks; @failed of them did not succeed. */
void report(const char *what, uint64_t n, uint64_t spent, uint64_t failed);

/* bench_pci.c, bench_cpu.c */
void bench_pci(void);
void bench_cpu(void);

/* What a second processor is for: r3 of start-cpu at second_entry, which is in start.S. */
enum { SECOND_BENCH, SECOND_STALL, SECOND_RACE, SECOND_CHURN };
extern char second_entry[];
extern char cpu_entry[]; /* cpus.c: many processors, each with a stack of its own */

/* The number of a processor that is stopped: VMMs count in different steps. 0: there is none. */
uint32_t find_second(void);
void stall_second(void) __attribute__((noreturn)); /* stall.c */
void race_second(void) __attribute__((noreturn));  /* race.c */
void churn_second(void) __attribute__((noreturn)); /* churn.c */

#endif
