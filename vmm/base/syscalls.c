/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls that every thread may make, whatever it is for. */
#include "vmm/base/callrules.h"

#include <asm/termbits.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define MAP_KIND (MAP_TYPE | MAP_ANONYMOUS)

CALL_RULES(any_syscalls) = {
	/* Threads */
	{ CALL(futex), WHY("the machine lock and other locks, conditions, the end of a thread") },
	{ CALL(clock_gettime),
	  SELDOM("time, where the host's clock is not readable without a call") },
	{ CALL(rt_sigprocmask),
	  WHY("a thread ends, or holds signals back while the terminal changes") },
	{ CALL(rt_sigreturn), WHY("back from a handler: a kick, or a report of the sandbox") },
	{ CALL(restart_syscall), SELDOM("a wait goes on after the process was stopped") },
	{ CALL(exit), WHY("a thread ends") },

	/* Memory */
	{ CALL(brk), SELDOM("malloc") },
	{ CALL(mmap), .args = { CALL_NOT_CODE(2), { 3, MAP_KIND, MAP_PRIVATE | MAP_ANONYMOUS } },
	  WHY("malloc: a large block") },
	{ CALL(mremap), SELDOM("realloc of a large block") },
	{ CALL(munmap), WHY("free of a large block") },
	{ CALL(madvise), .args = { { 2, INT_BITS, MADV_DONTNEED } },
	  WHY("a thread's stack is given back") },

	/* Messages, and the end of the program by one of our own checks */
	{ CALL(write), WHY("the log; an eventfd that wakes somebody") },
	{ CALL(writev), SELDOM("the C library's last words: an assertion, a corrupt heap") },
	{ CALL(getpid), WHY("abort()") },
	{ CALL(gettid), SELDOM("abort()") },
	{ CALL(tgkill), .args = { { 0, INT_BITS, CALL_SELF } },
	  WHY("abort(); a vCPU is kicked out of the guest") },
	{ CALL(rt_sigaction), SELDOM("abort() takes its handler away") },
	{ CALL_IOCTL(TCSETS), WHY("the terminal is restored on every way out") },
	{ CALL_IOCTL(TCSETSW), SELDOM("the same, after what was written to it") },
	{ CALL_IOCTL(TCSETSF), SELDOM("the same, without what was typed") },
	{ CALL(exit_group), WHY("the program ends") },
};
