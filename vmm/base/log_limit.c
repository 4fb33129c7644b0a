/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/log_limit.h"

#include "vmm/base/sys.h"

#define MINUTE_NS (60 * 1000000000ULL)

bool log_may(struct log_limit *l)
{
	uint64_t now = sys_now_ns();

	if (now - l->since_ns >= MINUTE_NS)
		*l = (struct log_limit){ .since_ns = now };
	if (l->said == LOG_MAY_LINES)
		return false;
	l->said++;
	return true;
}
