/* SPDX-License-Identifier: BSD-2-Clause */
/* What the control API's two processes need of the kernel, and not a call more. */
#include "vmm/base/callrules.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define MAP_KIND (MAP_TYPE | MAP_ANONYMOUS)
#define OPTION(call, level, name)                                                                  \
	CALL(call), .args = { { 1, INT_BITS, level }, { 2, INT_BITS, name } }

CALL_RULES(api_calls) = {
	/* The loop */
	{ CALL(pselect6), WHY("it waits for clients, and for the program") },
	{ CALL(restart_syscall), SELDOM("a wait goes on after the process was stopped") },
	{ CALL(eventfd2), SELDOM("libmicrohttpd starts, where it wakes its loop by one") },
	{ CALL(read), SELDOM("libmicrohttpd 1.0, which wakes itself for each client, is awake") },
	{ CALL(clock_gettime),
	  SELDOM("time, where the host's clock is not readable without a call") },
	{ CALL(gettimeofday), SELDOM("the same") },
	{ CALL(exit_group), WHY("the program is gone, or a call was refused") },

	/* Clients */
	{ CALL(accept4), WHY("a client comes") },
	{ OPTION(getsockopt, SOL_SOCKET, SO_PEERCRED), WHY("who is it?") },
	{ OPTION(getsockopt, SOL_SOCKET, SO_TYPE),
	  SELDOM("libmicrohttpd 1.0: what socket is it?") },
	{ OPTION(getsockopt, SOL_SOCKET, SO_DOMAIN),
	  SELDOM("libmicrohttpd 1.0 asks this of the socket that it does not listen on, -1") },
	{ CALL(setsockopt), .answer = CALL_FAIL, .error = EOPNOTSUPP,
	  SELDOM("libmicrohttpd has wishes of TCP") },
	{ CALL(getsockname), SELDOM("libmicrohttpd 1.0: what socket is it?") },
#ifdef SYS_recv /* POWER's C library may use either */
	{ CALL(recv), WHY("a request; the program's answer") },
	{ CALL(send), WHY("the answer; a question to the program") },
	{ CALL(recvfrom), SELDOM("recv, by another C library") },
	{ CALL(sendto), SELDOM("send, by another C library") },
#else
	{ CALL(recvfrom), WHY("a request; the program's answer") },
	{ CALL(sendto), WHY("the answer; a question to the program") },
#endif
	{ CALL(sendmsg), WHY("an answer's head and body") },
	{ CALL(writev), SELDOM("the same, by another libmicrohttpd") },
	{ CALL(shutdown), WHY("a client takes too long, or is done") },
	{ CALL(close), WHY("and is gone") },
	{ CALL(fcntl), .args = { { 1, INT_BITS, F_GETFL } }, SELDOM("does a socket wait?") },
	{ CALL(fcntl), .args = { { 1, INT_BITS, F_SETFL } }, SELDOM("it shall not") },

	/* Memory */
	{ CALL(brk), SELDOM("malloc") },
	{ CALL(mmap), .args = { CALL_NOT_CODE(2), { 3, MAP_KIND, MAP_PRIVATE | MAP_ANONYMOUS } },
	  SELDOM("malloc, for large buffers") },
	{ CALL(mremap), SELDOM("realloc, of large buffers") },
	{ CALL(munmap), SELDOM("free") },
	{ CALL(mprotect), .args = { CALL_NOT_CODE(2) },
	  SELDOM("malloc, where brk can grow no more") },
	{ CALL(madvise), .args = { { 2, INT_BITS, MADV_DONTNEED } }, SELDOM("free, the same") },
	{ CALL(futex), SELDOM("locks of libmicrohttpd, which nobody else takes") },
	{ CALL(getrandom), SELDOM("jansson's hash, malloc's tag") },

	/* The end */
	{ CALL(write), SELDOM("last words, of a call that was refused") },
	{ CALL(rt_sigreturn), SELDOM("from the handler that says them") },
	{ CALL(rt_sigprocmask), SELDOM("fork; abort(), when memory has come to its end") },
	{ CALL(getpid), SELDOM("abort()") },
	{ CALL(gettid), SELDOM("abort()") },
	{ CALL(tgkill), .args = { { 0, INT_BITS, CALL_SELF }, { 2, INT_BITS, SIGABRT } },
	  SELDOM("abort()") },
};

CALL_RULES(api_keeper_calls) = {
	{ CALL(clone),
	  .args = { { 0, INT_BITS, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD } },
	  WHY("the next server: a process, and no thread") },
	{ CALL(wait4), WHY("it has died") },
	{ CALL(poll), SELDOM("the next one waits a moment, unless the program goes meanwhile") },
	{ CALL(ppoll), SELDOM("the same, by another C library") },
	/* Of the new process, until it has a filter of its own: no trace takes it for confined. */
	{ CALL(set_robust_list), SELDOM("fork") },
#ifdef SYS_rseq
	{ CALL(rseq), SELDOM("fork") },
#endif
	{ CALL(prctl), .args = { { 0, INT_BITS, PR_SET_NAME } }, SELDOM("its name") },
	{ CALL(prctl), .args = { { 0, INT_BITS, PR_SET_PDEATHSIG } },
	  SELDOM("it dies with its keeper") },
	{ CALL(getppid), SELDOM("and has not become an orphan before") },
	{ CALL(prctl), .args = { { 0, INT_BITS, PR_SET_NO_NEW_PRIVS } },
	  SELDOM("it loads a filter, without what stands here") },
	{ CALL(seccomp), SELDOM("that filter") },
	{ CALL(rt_sigaction), SELDOM("what happens to a call that the filter refuses") },
};

CALL_PROGRAM(api_program, api_calls);
CALL_PROGRAM(api_keeper_program, api_calls, api_keeper_calls);
