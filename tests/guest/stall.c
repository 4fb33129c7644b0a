/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A processor that asks for the time, again and again, while another one resets a device, in which
 * the host sleeps for seconds: the longest it had to wait.
 */
#include "bench.h"

#define OTHER_BLOCK 512 /* before the end of scratch: of the second processor's calls */
#define TICKS_A_US 512

static volatile uint64_t asked, longest, failed;
static volatile bool over, away;

static uint32_t time_block(uint8_t *block, uint32_t token)
{
	be32_put(block, token);
	be32_put(block + 4, 0);
	be32_put(block + 8, 8);
	return call(H_RTAS, (uintptr_t)block, 0, 0, 0) == H_SUCCESS ? be32(block + 12) : NO_STATUS;
}

void stall_second(void)
{
	uint8_t *block = machine.scratch + SCRATCH_SIZE - OTHER_BLOCK;
	uint32_t token = rtas_token("get-time-of-day");
	uint64_t before = ticks(), now;

	while (!over) {
		failed += time_block(block, token) != 0;
		now = ticks();
		if (now - before > longest)
			longest = now - before;
		before = now;
		asked++;
	}
	away = true;
	for (;;)
		call(H_CEDE, 0, 0, 0, 0);
}

void topic_stall(void)
{
	const struct function *f = &functions[0];
	uint32_t second = find_second();
	uint64_t start;

	if (nfunctions == 0 || !second || !rtas_token("ibm,set-slot-reset")) {
		skip("there is no device, no second processor, or no EEH");
		return;
	}
	check(RTAS("start-cpu", 1, second, (uint32_t)(uintptr_t)second_entry, SECOND_STALL), 0,
	      "start of a second processor");
	while (asked < 100)
		;
	longest = asked = 0;
	start = ticks();
	check(RTAS("ibm,set-slot-reset", 1, f->addr, f->hi, f->lo, 1), 0, "hot reset");
	start = ticks() - start;
	over = true;
	while (!away)
		;
	say("stall: the reset took %u us; the other asked %u times and waited for at most %u us\n",
	    start / TICKS_A_US, asked, longest / TICKS_A_US);
	check((int64_t)failed, 0, "calls of the other that failed");
	check(asked > 100 && longest < start / 4, 1, "the other went on");
	check(RTAS("ibm,set-slot-reset", 1, f->addr, f->hi, f->lo, 0), 0, "release");
}
