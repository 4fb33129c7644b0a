/* SPDX-License-Identifier: BSD-2-Clause */
/* Sizes in bytes as text with a unit, and back. */
#include "vmm/conf/conf_private.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const struct {
	const char *name;
	unsigned int shift;
} units[] = {
	{ "TiB", 40 }, { "GiB", 30 }, { "MiB", 20 }, { "KiB", 10 }, { "T", 40 },
	{ "G", 30 },   { "M", 20 },   { "K", 10 },   { "", 0 },
};

struct conf_size_text conf_size_text(uint64_t bytes)
{
	struct conf_size_text t;

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (bytes && bytes % (1ULL << units[i].shift) == 0) {
			snprintf(t.text, sizeof(t.text), "%" PRIu64 "%s", bytes >> units[i].shift,
				 units[i].name);
			return t;
		}
	}
	return (struct conf_size_text){ "0" };
}

/* Decimal digits only: no sign, no 0x, no fraction, no blank. */
int conf_size_parse(const char *text, uint64_t *bytes)
{
	uint64_t n = 0;
	const char *p = text;
	int r = 0;

	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
			r = -ERANGE;
	if (p == text)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (strcmp(p, units[i].name) != 0)
			continue;
		if (n > UINT64_MAX >> units[i].shift)
			r = -ERANGE;
		*bytes = n << units[i].shift;
		return r;
	}
	return -EINVAL;
}
