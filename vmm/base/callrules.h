/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_CALLRULES_H
#define VMM_BASE_CALLRULES_H

/*
 * Which system calls a thread or a process may make: a table that reads like prose, each row a call
 * and its reason, and a line that says which tables make a program for the kernel's seccomp.
 *
 *	CALL_RULES(slirp_calls) = {
 *		{ CALL(poll), WHY("wait for the next frame") },
 *		{ CALL(ioctl), .args = { { 1, INT_BITS, FIONREAD } }, WHY("how long is it?") },
 *		{ CALL(openat), .answer = CALL_SERVE, WHY("the C library looks for ...") },
 *	};
 *	CALL_PROGRAM(slirp_program, slirp_calls);
 *
 * Of the build alone: a file with tables is compiled for the target, as numbers of calls and ioctls
 * are the target's, but no program is linked with it. vmm/base/callgen, a program of the machine that
 * builds, takes the tables out of the object file and has libseccomp make of them what
 * vmm/base/callfilter.h loads. cmake/callgen.cmake names the files; CALL_PROGRAM may name tables of
 * any of them.
 */

#include "vmm/base/types.h"

#include <sys/syscall.h>

/* Tables are found by the names of sections. */
#define CALL_RULES_SECTION "call_rules."
#define CALL_PROGRAM_SECTION "call_program."

#define CALL_RULES(name)                                                                           \
	static const struct call_rule name[]                                                       \
		__attribute__((used, section(CALL_RULES_SECTION #name)))
#define CALL_PROGRAM(name, ...)                                                                    \
	static const char name##_lists[]                                                           \
		__attribute__((used, section(CALL_PROGRAM_SECTION #name))) = #__VA_ARGS__

#define CALL(name) .nr = SYS_##name

#define INT_BITS UINT32_MAX /* the kernel looks at no more of an int, so nor must a rule */

/* An ioctl is allowed by its request. */
#define CALL_IOCTL(request) CALL(ioctl), .args = { { 1, INT_BITS, (uint32_t)(request) } }

/* Memory that no rule lets become code: condition on the argument @prot of mmap or mprotect. */
#define CALL_NOT_CODE(prot) { prot, PROT_EXEC, 0 }

/* The value that stands for the process's own id, known when the program is loaded. */
#define CALL_SELF 0x5e1f5e1fu

/* Completes "it may, since: " for the reader. No byte of the text is in the table. */
#define WHY(text) .has_why = sizeof(text) > 1

/* WHY, of a call that no test of the lab can count on: a C library's other way to it, an end that comes
 * when something is broken. Each other rule must be used there: tests/lab/rules.sh. */
#define SELDOM(text) WHY(text), .seldom = true

#define CALL_ARGS 3u

enum call_answer {
	CALL_ALLOW,
	CALL_FAIL,  /* @error is returned, the call is not made; 0: it seems to succeed */
	CALL_SERVE, /* struct call_served: the call returns what a function of ours returns */
};

struct call_arg {
	uint8_t at;    /* 0 to 5 */
	uint32_t mask; /* 0: no condition; the argument's upper half is not looked at */
	uint32_t value;
};

/* Without a pointer, and laid out alike on the machine that builds and on the target. */
struct call_rule {
	int16_t nr;
	uint8_t answer; /* enum call_answer */
	bool has_why;
	int16_t error; /* errno, positive */
	bool first;    /* a guest waits for it: asked before those that are not */
	bool seldom;
	struct call_arg args[CALL_ARGS]; /* all must hold; no two of one argument */
};

_Static_assert(sizeof(struct call_rule) == 44, "the layout differs between machines");

#endif
