/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_CALLFILTER_H
#define VMM_BASE_CALLFILTER_H

/*
 * Which system calls a thread may make from now on: a table that reads like prose, each row a call
 * and its reason. What no row allows is not done: the owner of the filter is told its number, and
 * the process ends.
 *
 *	static const struct call_rule rules[] = {
 *		{ CALL(poll), WHY("wait for the next frame") },
 *		{ CALL(ioctl), .args = { { 1, INT_BITS, FIONREAD } }, WHY("how long is it?") },
 *		{ CALL(openat), .serve = first_descriptor, WHY("the C library looks for ...") },
 *	};
 *	static const struct call_list lists[] = { CALL_LIST(rules), { 0 } };
 *	call_filter_new(&f, lists, CALL_REFUSE, why, sizeof(why));    while files can be opened
 *	call_filter_load(f, refused);                                 no way back
 *
 * The kernel's seccomp does it, programmed by libseccomp, which is loaded at run time: a program
 * without a filter does not need it.
 *
 * One filter a thread, for a signal handler finds it; many threads may load the same one.
 */

#include "vmm/base/types.h"

#include <sys/syscall.h>

#define CALL(name) .nr = SYS_##name

#define INT_BITS UINT32_MAX /* the kernel looks at no more of an int, so nor must a rule */

/* The value that stands for the process's own id, known when the filter is made. */
#define CALL_SELF UINT32_MAX

/* Completes "it may, since: " for the reader. No byte of the text is in the program. */
#define WHY(text) .has_why = sizeof(text) > 1

#define CALL_ARGS 3u

enum call_answer {
	CALL_ALLOW,
	CALL_FAIL, /* @error is returned, the call is not made; 0: it seems to succeed */
};

struct call_arg {
	uint8_t at;    /* 0 to 5 */
	uint32_t mask; /* 0: no condition; the argument's upper half is not looked at */
	uint32_t value;
};

struct call_rule {
	int16_t nr;
	uint8_t answer; /* enum call_answer */
	bool has_why;
	int16_t error;                   /* errno, positive */
	struct call_arg args[CALL_ARGS]; /* all must hold; no two of one argument */
	/*
	 * In place of the answer: the call returns what this returns, whatever its arguments. Runs
	 * in a signal handler, between two instructions of the caller.
	 */
	long (*serve)(void);
};

/* Rules of one place in the program; a filter is made of several. */
struct call_list {
	const struct call_rule *rules;
	size_t n;
};

#define CALL_LIST(table) { table, ARRAY_LEN(table) }

/* What becomes of a call that no rule allows. */
enum call_rest {
	CALL_REFUSE, /* it is told, and the process ends */
	CALL_REPORT, /* it waits until who listens has let it go on: call_filter_answer() */
};

/*
 * A call was refused. Comes twice from a signal handler of the thread: without the name, then with
 * it, as finding the name may not succeed in a process that is broken. The process ends afterwards.
 */
typedef void call_refused_fn(int nr, const char *name);

struct call_filter;

/**
 * call_filter_new - load libseccomp, make the filter
 * @lists: ends with { 0 }; what they point to is borrowed for the process's life
 * @why: out, on failure: a sentence with its remedy; empty when -errno says it all
 * Return 0 and *@out; -ENOPKG no libseccomp; else -errno.
 */
int call_filter_new(struct call_filter **out, const struct call_list *lists, enum call_rest rest,
		    char *why, size_t why_size);

/* Of a filter that no thread has loaded with CALL_REFUSE; NULL is fine. */
void call_filter_free(struct call_filter *f);

/**
 * call_filter_load - from here on only what the rules allow, for this thread and those it starts
 * @refused: for CALL_REFUSE; comes in this thread
 * Privileges cannot be gained any more. @f stays, for the process's life. Return 0; with CALL_REPORT
 * a descriptor for call_filter_answer(); or -errno: the kernel has no seccomp, or none that reports.
 */
int call_filter_load(struct call_filter *f, call_refused_fn *refused);

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

/* "openat", or "?"; the caller frees it, NULL: out of memory. */
char *call_filter_name(const struct call_filter *f, int nr);

#endif
