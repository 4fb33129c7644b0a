/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls of the caretaker's process (caretaker.h). */
#include "vmm/base/callrules.h"

CALL_RULES(caretaker_syscalls) = {
	{ CALL(read), WHY("the next task; a file of sysfs: does the function answer?") },
	{ CALL(openat), WHY("a file of sysfs, the note of a driver") },
	{ CALL(close), WHY("and closed") },
	{ CALL(readlink), WHY("which driver has it?") },
	{ CALL(readlinkat), SELDOM("the same, by another C library") },
	{ CALL(newfstatat), WHY("is it still the socket that was made?") },
	{ CALL(unlink), WHY("that socket goes, and the note of a driver") },
	{ CALL(unlinkat), SELDOM("the same, by another C library") },
#ifdef SYS_rename
	{ CALL(rename), WHY("new metrics take the place of the last") },
#endif
	{ CALL(renameat), SELDOM("the same, by another C library") },
	{ CALL(renameat2), SELDOM("the same, by another C library") },
};

CALL_PROGRAM(caretaker_program, any_syscalls, caretaker_syscalls);
