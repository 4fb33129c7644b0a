/* SPDX-License-Identifier: BSD-2-Clause */
/* What the processes of test_callfilter.c may call. */
#include "vmm/base/callrules.h"

#include <errno.h>
#include <fcntl.h>

CALL_RULES(callfilter_calls) = {
	{ CALL(write), WHY("test") },
	{ CALL(exit_group), WHY("test") },
	{ CALL(rt_sigreturn), WHY("test") },
	{ CALL(getpid), WHY("test") },
	{ CALL(getppid), WHY("test") },
	{ CALL(fcntl), .args = { { 0, INT_BITS, 207 }, { 1, 0xf, F_GETFD } }, WHY("test") },
	{ CALL(fcntl), .args = { { 0, INT_BITS, 208 } }, WHY("test") },
	{ CALL(getuid), .answer = CALL_FAIL, .error = 0, WHY("test") },
	{ CALL(dup), .answer = CALL_FAIL, .error = EXDEV, WHY("test") },
	{ CALL(getpgid), .args = { { 0, INT_BITS, CALL_SELF } }, WHY("test") },
	{ CALL(openat), .answer = CALL_SERVE, WHY("test") },
	{ CALL(fchdir), .answer = CALL_SERVE, WHY("test") },
};

CALL_PROGRAM(callfilter_program, callfilter_calls);
