/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/top_words.h"

#include <inttypes.h>
#include <stdio.h>

struct top_words top_number(uint64_t n, uint64_t unit)
{
	static const char units[] = " KMGTPE";
	uint64_t whole = n, rest = 0;
	struct top_words w;
	int i = 0;

	for (; whole >= (i || unit == 1024 ? unit : 10 * unit) && units[i + 1]; i++) {
		rest = whole % unit * 10 / unit;
		whole /= unit;
	}
	if (i == 0)
		snprintf(w.text, sizeof(w.text), "%" PRIu64, whole);
	else if (whole < 100)
		snprintf(w.text, sizeof(w.text), "%" PRIu64 ".%" PRIu64 "%c", whole, rest,
			 units[i]);
	else
		snprintf(w.text, sizeof(w.text), "%" PRIu64 "%c", whole, units[i]);
	return w;
}

struct top_words top_bytes(uint64_t n)
{
	return top_number(n, 1024);
}
