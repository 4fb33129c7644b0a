/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_CALLFILTER_H
#define VMM_BASE_CALLFILTER_H

/*
 * Which system calls a thread may make from now on. The rules are tables (vmm/base/callrules.h), of
 * which the build makes programs for the kernel's seccomp. What no rule allows is not done: the owner
 * of the filter is told its number, and the process ends.
 *
 *	extern const struct call_program slirp_program;     made of CALL_PROGRAM(slirp_program, ...)
 *	const struct call_filter f = { .program = &slirp_program };
 *	call_filter_load(&f, refused);                       no way back
 *
 * One filter a thread, for a signal handler finds it; many threads may load the same one.
 */

#include "vmm/base/types.h"

struct sock_filter;

/* More instructions are not made: a program is copied to the stack. */
#define CALL_PROGRAM_MAX 512u

struct call_program {
	const struct sock_filter *insns;
	uint16_t n;
};

/*
 * The call returns what @serve returns, whatever its arguments: of a rule with CALL_SERVE. Runs in a
 * signal handler, between two instructions of the caller.
 */
struct call_served {
	int nr;
	long (*serve)(void);
};

/* What becomes of a call that no rule allows. */
enum call_rest {
	CALL_REFUSE, /* it is told, and the process ends */
	CALL_REPORT, /* it waits until who listens has let it go on: call_filter_answer() */
};

struct call_filter {
	const struct call_program *program;
	const struct call_served *served; /* ends with { 0 }; NULL: none. Borrowed for good */
	enum call_rest rest;
};

/* A call was refused. In a signal handler of the thread; the process ends afterwards. */
typedef void call_refused_fn(int nr, const char *name);

/**
 * call_filter_load - from here on only what the rules allow, for this thread and those it starts
 * @refused: for CALL_REFUSE; comes in this thread
 * Privileges cannot be gained any more. Return 0; with CALL_REPORT a descriptor for
 * call_filter_answer(); or -errno: the kernel has no seccomp, or none that reports.
 */
int call_filter_load(const struct call_filter *f, call_refused_fn *refused);

/* A call that waits. */
struct call_asked {
	int nr;
	uint64_t args[6];
};

/*
 * Take the next call that waits at @fd, by a thread that no filter of this kind holds, and let it go
 * on. 0 and *@asked; -ENOENT it does not wait any more; -errno: nobody can ask any more.
 */
int call_filter_answer(int fd, struct call_asked *asked);

/* "openat", or "?" */
const char *call_filter_name(int nr);

/* Made by vmm/base/callgen: a string a call from 0 on, each with its NUL; an empty one has no name. */
extern const char call_names[];
extern const int call_names_n;

#endif
