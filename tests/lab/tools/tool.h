/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_LAB_TOOLS_TOOL_H
#define TESTS_LAB_TOOLS_TOOL_H

/* What programs for hosts and guests without any share. */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* @what failed, for the reason in errno. */
static inline void die(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	exit(1);
}

static inline uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

#endif
