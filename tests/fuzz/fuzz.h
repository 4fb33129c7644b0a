/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

/*
 * What a fuzz target gives to its driver: ours (driver.c, a short run that is the same every time)
 * or libFuzzer, linked in driver.c's place (the preset fuzz, "scripts/test fuzz --minutes N").
 *
 * A target's run of an input does not depend on those before: what it makes it destroys.
 */

#include "vmm/base/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Use one input. Returns 0; a wrong result is an abort() or a sanitizer's report. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Optional: put seed number @index into @out and return its length, which is at most @max; 0 when
 * there are no more. Without it the driver starts from bytes of its own.
 */
size_t fuzz_seed(unsigned int index, uint8_t *out, size_t max) __attribute__((weak));

/* The bytes of an input, taken one after the other; zeroes when they are used up. */
struct input {
	const uint8_t *p, *end;
};

static inline uint8_t byte(struct input *in)
{
	return in->p < in->end ? *in->p++ : 0;
}

static inline uint32_t raw32(struct input *in)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++)
		v = v << 8 | byte(in);
	return v;
}

static inline uint64_t raw64(struct input *in)
{
	uint64_t high = raw32(in);

	return high << 32 | raw32(in);
}

/* What it should be, near it, or anything. */
static inline uint64_t word_like(struct input *in, uint64_t like)
{
	uint8_t how = byte(in);

	if (how < 0x02)
		return raw64(in);
	if (how < 0x04)
		return like + (uint64_t)(int8_t)byte(in);
	if (how < 0x06)
		return like ^ 1ULL << (byte(in) & 63);
	return like;
}

/* A long seed of any bytes, for targets whose steps do the rest; there are @n of them. */
static inline size_t any_bytes(unsigned int index, unsigned int n, uint8_t *out, size_t max)
{
	uint64_t random = (index + 1) * 0x9e3779b97f4a7c15ULL;
	size_t len = max < 3000 ? max : 3000;

	if (index >= n)
		return 0;
	for (size_t i = 0; i < len; i++) {
		random = random * 6364136223846793005ULL + 1442695040888963407ULL;
		out[i] = (uint8_t)(random >> 56);
	}
	return len;
}

/* A sink for the log: nobody reads what thousands of inputs make the program say. */
static inline void unread(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
}

/* A promise of the code under test; one that was not kept ends the run. */
#define must(promise)                                                                              \
	do {                                                                                       \
		if (!(promise))                                                                    \
			not_kept(__FILE__, __LINE__, #promise);                                    \
	} while (0)

__attribute__((noreturn)) static inline void not_kept(const char *file, int line,
						      const char *promise)
{
	fprintf(stderr, "%s:%d: not kept: %s\n", file, line, promise);
	abort();
}

#endif
