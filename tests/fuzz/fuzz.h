/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

/*
 * What a fuzz target gives to its driver: ours (driver.c, a short run that is the same every time)
 *or libFuzzer, linked in driver.c's place:
 *
 *	clang -fsanitize=fuzzer,address tests/fuzz/fuzz_conf.c ...
 */

#include <stddef.h>
#include <stdint.h>

/* Use one input. Returns 0; a wrong result is an abort() or a sanitizer's report. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Optional: put seed number @index into @out and return its length, which is at most @max; 0 when
 * there are no more. Without it the driver starts from bytes of its own.
 */
size_t fuzz_seed(unsigned int index, uint8_t *out, size_t max) __attribute__((weak));

#endif
