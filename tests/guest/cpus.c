/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All processors of the tree: each is stopped at first, comes up when it is started, with the value
 * that it was started with, and stops itself again; all of that twice.
 */
#include "bench.h"

#define ROUNDS 2
#define SLOT_SIZE 2048
#define BLOCK_SIZE 64

/* Of one processor. It has its stack below @block, and finds the slot by r3 of its start-cpu. */
struct slot {
	uint32_t starts; /* how often the processor came here */
	uint32_t server;
	uint8_t block[BLOCK_SIZE];
};

static uint32_t arrived, stop_token;

static struct slot *slot_of(uint32_t n)
{
	uint8_t *all = machine.scratch + SCRATCH_SIZE;

	return (struct slot *)(all + (n + 1ul) * SLOT_SIZE - sizeof(struct slot));
}

/* Called by cpu_entry in start.S. */
void guest_cpu(struct slot *s) __attribute__((noreturn));
void guest_cpu(struct slot *s)
{
	s->starts++;
	__atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
	for (;;)
		rtas_words_at(s->block, stop_token, 0, 1, NULL, NULL);
}

/* The servers of all cores into slots; returns how many there are. */
static uint32_t find_all(void)
{
	char path[64];
	uint32_t n = 0, len;

	for (unsigned int i = 0; fdt_child("/cpus", i, path, sizeof(path)); i++) {
		const uint8_t *p = fdt_prop(path, "ibm,ppc-interrupt-server#s", &len);

		for (uint32_t at = 0; p && at < len; at += 4, n++) {
			memset(slot_of(n), 0, sizeof(struct slot));
			slot_of(n)->server = be32(p + at);
		}
	}
	return n;
}

static bool is_stopped(uint32_t token, uint32_t server)
{
	uint32_t state = 0xff;

	return rtas_words(token, 1, 2, &server, &state) == 0 && state == 0;
}

static uint32_t start_all(uint32_t token, uint32_t n)
{
	uint32_t failed = 0;

	for (uint32_t i = 1; i < n; i++) {
		uint32_t args[] = { slot_of(i)->server, (uint32_t)(uintptr_t)cpu_entry,
				    (uint32_t)(uintptr_t)slot_of(i) };

		failed += rtas_words(token, 3, 1, args, NULL) != 0;
	}
	return failed;
}

static uint32_t running(uint32_t token, uint32_t n)
{
	uint32_t sum = 0;

	for (uint32_t i = 1; i < n; i++)
		sum += !is_stopped(token, slot_of(i)->server);
	return sum;
}

void topic_cpus(void)
{
	uint32_t start = token_of("start-cpu"), query = token_of("query-cpu-stopped-state");
	uint32_t n = find_all(), wrong = 0;
	uint64_t since;

	stop_token = token_of("stop-self");
	check(is_stopped(query, slot_of(0)->server), 0, "the first processor is stopped");
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		check(running(query, n), 0, "processors that run before round %u", (uint64_t)round);
		since = ticks();
		check(start_all(start, n), 0, "processors that could not be started");
		while (__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) < round * (n - 1))
			;
		while (running(query, n))
			;
		say("cpus: %u came and went in %u ticks\n", n - 1ul, ticks() - since);
	}
	for (uint32_t i = 1; i < n; i++)
		wrong += slot_of(i)->starts != ROUNDS;
	check(wrong, 0, "processors of %u that did not come %u times", (uint64_t)n,
	      (uint64_t)ROUNDS);
}
