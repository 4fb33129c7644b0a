/* SPDX-License-Identifier: BSD-2-Clause */
/* Cases that have one right answer. Each is a line of its own, so that two VMMs can be compared. */
#include "guest.h"

void check(int64_t got, int64_t want, const char *fmt, ...)
{
	va_list ap;

	machine.cases++;
	va_start(ap, fmt);
	say("case ");
	vsay(fmt, ap);
	va_end(ap);
	say(": %d", got);
	if (got != want) {
		machine.wrong++;
		say(", expected %d", want);
	}
	say("\n");
}

void skip(const char *why)
{
	say("skipped: %s\n", why);
}

int64_t hcall(uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t *out)
{
	uint64_t args[9] = { a, b, c, d };
	int64_t r = hcall_raw(nr, args);

	machine.calls++;
	machine.succeeded += r == H_SUCCESS;
	if (out)
		*out = args[0];
	return r;
}
