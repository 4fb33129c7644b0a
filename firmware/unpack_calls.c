/* SPDX-License-Identifier: BSD-2-Clause */
/* What the process that unpacks a kernel needs of its own kernel. */
#include "vmm/base/callrules.h"

#include <sys/mman.h>

CALL_RULES(unpack_calls) = {
	{ CALL(write), WHY("what comes out goes into the pipe") },
	{ CALL(brk), SELDOM("memory") },
	{ CALL(mmap), .args = { CALL_NOT_CODE(2) }, WHY("memory") },
	{ CALL(munmap), SELDOM("memory that a library gives back") },
	{ CALL(mremap), SELDOM("memory") },
	{ CALL(madvise), SELDOM("memory that malloc gives back") },
	{ CALL(exit_group), WHY("the work is done, or a call was refused") },
};
CALL_PROGRAM(unpack_program, unpack_calls);
