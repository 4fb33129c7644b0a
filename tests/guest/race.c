/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two processors enter pages of their own at the same few addresses of the first default window, as
 * fast as they can, by all calls that there are. Who wins is nobody's business; that the host
 * counts right is, which shows when we are gone. "seconds=25" on the command line: for how long.
 */
#include "bench.h"

#define PLACES 4 /* that both want */
#define PAGES 64 /* of each */
#define PAGE 4096ull
#define TICKS_A_SECOND 512000000ull

static struct window window;
static volatile uint64_t by_second, failed, strange;
static volatile bool over, away;

/* The @i-th page of processor @cpu, behind each other at the end of RAM. */
static uint64_t page_of(unsigned int cpu, uint64_t i)
{
	return machine.ram_size - PAGE * (1 + cpu * PAGES + i % PAGES);
}

static uint64_t *list_of(unsigned int cpu)
{
	return (uint64_t *)(void *)(machine.scratch + SCRATCH_SIZE / 2 + cpu * PAGE);
}

static void fill_list(unsigned int cpu)
{
	uint8_t *p = (uint8_t *)list_of(cpu);

	for (uint64_t i = 0; i < PLACES; i++) {
		be32_put(p + 8 * i, (uint32_t)(page_of(cpu, i) >> 32));
		be32_put(p + 8 * i + 4, (uint32_t)page_of(cpu, i) | 3);
	}
}

/* What is read must have been put by one of us. */
static void look(uint64_t ioba)
{
	register uint64_t r3 __asm__("r3") = H_GET_TCE;
	register uint64_t r4 __asm__("r4") = window.liobn;
	register uint64_t r5 __asm__("r5") = ioba;
	uint64_t lowest = page_of(1, PAGES - 1);

	__asm__ volatile("sc 1"
			 : "+r"(r3), "+r"(r4), "+r"(r5)
			 :
			 : "r0", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "ctr", "xer", "cr0",
			   "cr1", "cr5", "cr6", "cr7", "memory");
	failed += r3 != H_SUCCESS;
	strange += r4 && (r4 < lowest || r4 >= machine.ram_size || (r4 & (PAGE - 1)) != 3);
}

/* Mostly single entries: they are what KVM serves. */
static void enter(unsigned int cpu, uint64_t i)
{
	uint64_t ioba = window.start + i % PLACES * PAGE;

	switch (i % 64) {
	case 13:
		failed += call(H_STUFF_TCE, window.liobn, window.start, 0, PLACES) != H_SUCCESS;
		return;
	case 29:
		failed += call(H_PUT_TCE_INDIRECT, window.liobn, window.start,
			       (uintptr_t)list_of(cpu), PLACES) != H_SUCCESS;
		return;
	case 47:
		failed += call(H_PUT_TCE, window.liobn, ioba, 0, 0) != H_SUCCESS;
		return;
	case 61:
		look(ioba);
		return;
	default:
		failed += call(H_PUT_TCE, window.liobn, ioba, page_of(cpu, i) | 3, 0) != H_SUCCESS;
	}
}

void race_second(void)
{
	while (!over)
		enter(1, by_second++);
	away = true;
	for (;;)
		call(H_CEDE, 0, 0, 0, 0);
}

void topic_race(void)
{
	uint32_t other = find_second();
	uint64_t start, by_first = 0, tce;

	if (nfunctions == 0 || !functions[0].liobn || !other) {
		skip("there is no DMA window, or no second processor");
		return;
	}
	window = window_default(&functions[0]);
	fill_list(0);
	fill_list(1);
	check(RTAS("start-cpu", 1, other, (uint32_t)(uintptr_t)second_entry, SECOND_RACE), 0,
	      "start of a second processor");
	while (by_second == 0)
		;
	say("race: begins\n");
	start = ticks();
	while (ticks() - start < machine.seconds * TICKS_A_SECOND)
		enter(0, by_first++);
	over = true;
	while (!away)
		;
	say("race: %u calls of the one, %u of the other\n", by_first, (uint64_t)by_second);
	check((int64_t)failed, 0, "calls that failed");
	check((int64_t)strange, 0, "entries that nobody put");
	check(by_first > 1000 && by_second > 1000, 1, "both had their turn");
	check(call(H_STUFF_TCE, window.liobn, window.start, 0, PLACES), H_SUCCESS, "the end of it");
	for (uint64_t i = 0; i < PLACES; i++) {
		check(hcall(H_GET_TCE, window.liobn, window.start + i * PAGE, 0, 0, &tce),
		      H_SUCCESS, "entry %u", i);
		check((int64_t)tce, 0, "its value");
	}
}
