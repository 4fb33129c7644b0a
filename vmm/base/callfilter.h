/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_CALLFILTER_H
#define VMM_BASE_CALLFILTER_H

/*
 * Which system calls a thread may make from now on: a table that reads like prose, each row a call
 * and its reason. What no row allows is not done: the owner of the filter is told its number, and
 * the process ends.
 *
 *	static const struct call_rule rules[] = {
 *		{ CALL(poll), .why = "wait for the next frame" },
 *		{ CALL(ioctl), .args = { { 1, INT_BITS, FIONREAD } }, .why = "how long is it?" },
 *		{ CALL(openat), .serve = first_descriptor, .why = "the C library looks for ..." },
 *	};
 *	call_filter_new(&f, rules, ARRAY_LEN(rules), why, sizeof(why));    while files can be opened
 *	call_filter_load(f, refused);                                      no way back
 *
 * The kernel's seccomp does it, programmed by libseccomp, which is loaded at run time: a program
 * without a filter does not need it.
 *
 * One filter a process: a signal handler finds it.
 */

#include "vmm/base/types.h"

#include <sys/syscall.h>

#define CALL(name) .nr = SYS_##name

#define ALL_BITS UINT64_MAX
#define INT_BITS UINT32_MAX /* the kernel looks at no more of an int, so nor must a rule */

/* The value that stands for the process's own id, known when the filter is made. */
#define CALL_SELF UINT64_MAX

#define CALL_ARGS 3u

enum call_answer {
	CALL_ALLOW,
	CALL_FAIL, /* @error is returned, the call is not made; 0: it seems to succeed */
};

struct call_arg {
	uint8_t at;    /* 0 to 5 */
	uint64_t mask; /* 0: no condition */
	uint64_t value;
};

struct call_rule {
	int nr;
	struct call_arg args[CALL_ARGS]; /* all must hold; no two of one argument */
	enum call_answer answer;
	int error; /* errno, positive */
	/*
	 * In place of the answer: the call returns what this returns, whatever its arguments. Runs
	 * in a signal handler, between two instructions of the caller.
	 */
	long (*serve)(void);
	const char *why; /* completes "it may, since: " for the reader; nobody prints it */
};

/*
 * A call was refused. Comes twice from a signal handler of the thread: without the name, then with
 * it, as finding the name may not succeed in a process that is broken. The process ends afterwards.
 */
typedef void call_refused_fn(int nr, const char *name);

struct call_filter;

/**
 * call_filter_new - load libseccomp, make the filter
 * @rules: borrowed for the process's life
 * @why: out, on failure: a sentence with its remedy; empty when -errno says it all
 * Return 0 and *@out; -ENOPKG no libseccomp; else -errno.
 */
int call_filter_new(struct call_filter **out, const struct call_rule *rules, size_t n, char *why,
		    size_t why_size);

/*
 * From here on only what the rules allow, for this thread and those that it starts; privileges can
 * not be gained any more. @f stays, for the process's life. 0; or -errno: the kernel has no
 * seccomp.
 */
int call_filter_load(struct call_filter *f, call_refused_fn *refused);

#endif
