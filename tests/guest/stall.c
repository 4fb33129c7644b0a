/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A processor that asks for the time, again and again, while another one resets a device, in which
 * the host sleeps for seconds, or sends the device to sleep and wakes it. Prints the longest wait.
 */
#include "bench.h"

#define OTHER_BLOCK 512 /* before the end of scratch: of the second processor's calls */
#define TICKS_A_US 512

#define CAP_PM 0x01
#define CAP_EXPRESS 0x10
#define PM_CONTROL 4
#define DEVICE_CONTROL 8
#define FUNCTION_RESET 0x8000u

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

static void hot_reset(const struct function *f)
{
	check(RTAS("ibm,set-slot-reset", 1, f->addr, f->hi, f->lo, 1), 0, "hot reset");
}

static void function_reset(const struct function *f)
{
	uint32_t express = bus_cap(f, CAP_EXPRESS);

	for (unsigned int i = 0; express && i < 3; i++)
		bus_write(f, express + DEVICE_CONTROL, 2, FUNCTION_RESET);
}

static void sleep_and_wake(const struct function *f)
{
	uint32_t pm = bus_cap(f, CAP_PM);

	for (unsigned int i = 0; pm && i < 20; i++)
		bus_write(f, pm + PM_CONTROL, 2, i & 1 ? 0 : 3);
}

static void measure(const char *what, void (*fn)(const struct function *f))
{
	const struct function *f = &functions[0];
	uint64_t start;

	longest = asked = 0;
	start = ticks();
	fn(f);
	start = ticks() - start;
	say("stall: %s: it took %u us; the other asked %u times and waited for at most %u us\n",
	    what, start / TICKS_A_US, asked, longest / TICKS_A_US);
	check(asked > 100 && longest < start / 4, 1, "%s: the other went on", what);
}

void topic_stall(void)
{
	const struct function *f = &functions[0];
	uint32_t second = find_second();

	if (nfunctions == 0 || !second || !rtas_token("ibm,set-slot-reset")) {
		skip("there is no device, no second processor, or no EEH");
		return;
	}
	check(RTAS("start-cpu", 1, second, (uint32_t)(uintptr_t)second_entry, SECOND_STALL), 0,
	      "start of a second processor");
	while (asked < 100)
		;
	measure("three resets of the function", function_reset);
	measure("ten times asleep and awake", sleep_and_wake);
	measure("a reset of the PE", hot_reset);
	over = true;
	while (!away)
		;
	check((int64_t)failed, 0, "calls of the other that failed");
	check(RTAS("ibm,set-slot-reset", 1, f->addr, f->hi, f->lo, 0), 0, "release");
}
