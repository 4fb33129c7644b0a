/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timer and interprocessor interrupts, and how long a processor takes to start. The interrupt
 * controller is XICS, whose calls fit on a page; both VMMs offer it.
 */
#include "bench.h"

#define TIMES 50
#define PRIORITY 5
#define DELAY 200000 /* ticks */

static volatile uint64_t started, rounds;
static volatile uint32_t second; /* its number */

/* H_CEDE lets interrupts through: the handler masks them and returns behind the call. */
static void sleep_until_interrupt(void)
{
	call(H_CEDE, 0, 0, 0, 0);
	__asm__ volatile("mtmsrd %0, 1" : : "r"(0ul) : "memory");
}

static uint64_t take_interrupt(void)
{
	register uint64_t r3 __asm__("r3") = H_XIRR;
	register uint64_t r4 __asm__("r4") = 0;

	__asm__ volatile("sc 1"
			 : "+r"(r3), "+r"(r4)
			 :
			 : "r0", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "ctr", "xer",
			   "cr0", "cr1", "cr5", "cr6", "cr7", "memory");
	return r4;
}

static void wait_ipi(uint64_t self)
{
	uint64_t xirr;

	do {
		__asm__ volatile("mtdec %0" : : "r"(0x7ffffffful));
		sleep_until_interrupt();
		xirr = take_interrupt();
		call(H_IPI, self, 0xff, 0, 0);
		call(H_EOI, xirr, 0, 0, 0);
	} while ((xirr & 0xffffff) == 0);
}

/* @topic: what its start-cpu said */
void guest_second(uint64_t topic);
void guest_second(uint64_t topic)
{
	if (topic == SECOND_STALL)
		stall_second();
	if (topic == SECOND_RACE)
		race_second();
	if (topic == SECOND_CHURN)
		churn_second();
	started = ticks();
	call(H_CPPR, 0xff, 0, 0, 0);
	call(H_IPI, 0, PRIORITY, 0, 0);
	for (;;) {
		wait_ipi(second);
		rounds++;
		call(H_IPI, 0, PRIORITY, 0, 0);
	}
}

uint32_t find_second(void)
{
	uint32_t state, token = token_of("query-cpu-stopped-state");

	for (uint32_t i = 1; token && i < 32; i++)
		if (rtas_words(token, 1, 2, &i, &state) == 0 && state == 0)
			return i;
	return 0;
}

static void bench_ipi(void)
{
	uint32_t token = token_of("start-cpu");
	uint32_t args[] = { find_second(), (uint32_t)(uintptr_t)second_entry, SECOND_BENCH };
	uint64_t start = ticks();

	second = args[0];
	/* Under XIVE there is no XICS to speak to. */
	if (!token || !second || call(H_CPPR, 0xff, 0, 0, 0) != H_SUCCESS ||
	    rtas_words(token, 3, 1, args, NULL) != 0) {
		say("bench: no second processor, or no XICS\n");
		return;
	}
	wait_ipi(0);
	report("cpu-start", 1, started - start, 0);
	for (unsigned int i = 0; i < TIMES + 2; i++) {
		if (i == 2)
			start = ticks();
		call(H_IPI, second, PRIORITY, 0, 0);
		wait_ipi(0);
	}
	report("ipi", 2 * TIMES, ticks() - start, rounds != TIMES + 2);
}

static void bench_timer(void)
{
	uint64_t late = 0;

	for (unsigned int i = 0; i < TIMES; i++) {
		uint64_t due = ticks() + DELAY;

		__asm__ volatile("mtdec %0" : : "r"((uint64_t)DELAY));
		while (ticks() < due)
			sleep_until_interrupt();
		late += ticks() - due;
	}
	report("timer-late", TIMES, late, 0);
}

void bench_cpu(void)
{
	bench_timer();
	bench_ipi();
}
