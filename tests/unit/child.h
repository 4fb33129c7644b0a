/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_CHILD_H
#define TESTS_UNIT_CHILD_H

/* How a process that a test has forked ends: without what exit() does for the test, but counted by gcov. */

#include <unistd.h>

/* NOLINTNEXTLINE(bugprone-reserved-identifier): the name is gcov's; it is there in the preset coverage. */
extern void __gcov_dump(void) __attribute__((weak));

__attribute__((noreturn)) static inline void child_end(int status)
{
	if (__gcov_dump)
		__gcov_dump();
	_exit(status);
}

#endif
