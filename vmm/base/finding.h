/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_FINDING_H
#define VMM_BASE_FINDING_H

/*
 * What was found when something was looked at, in the user's words. Who judges fills in a finding and
 * says nothing; who asked logs it, lists it or sends it on. So a fault has the same words wherever it
 * is met, for example "vfio 0004:01:00.0: group 26 is not viable: bind every device of the group ...":
 * kind and object, text, remedy.
 */

#include <stdbool.h>
#include <stddef.h>

enum verdict {
	VERDICT_OK,
	VERDICT_NOTE, /* worth a line of `check` */
	VERDICT_WARN, /* the guest runs, but differently than it could */
	VERDICT_FAIL, /* the guest does not run */
};

struct finding {
	enum verdict verdict;
	bool inner;       /* of the object that the finding before was about: a list indents it */
	const char *kind; /* of the object, a literal; "": the object's name says it */
	char object[48];  /* "": the text names it */
	char text[512];
	char remedy[400]; /* what the user can do; "": nothing, or nothing is wanted */
};

#define FINDING_LINE 1024 /* bytes of the longest line, with the NUL */

/* A finding without remedy, not inner. @kind is borrowed. */
void finding_set(struct finding *f, enum verdict verdict, const char *kind, const char *object,
		 const char *text, ...) __attribute__((format(printf, 5, 6)));

#define finding_fail(f, kind, object, ...) finding_set(f, VERDICT_FAIL, kind, object, __VA_ARGS__)
#define finding_ok(f, kind, object, ...) finding_set(f, VERDICT_OK, kind, object, __VA_ARGS__)

void finding_remedy(struct finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * The remedy for a device node that open() refused: a file's permissions say EACCES, and @owner is how
 * they are changed; the list of devices of a unit or container says EPERM, and @rule is what it lacks.
 */
void finding_remedy_node(struct finding *f, int err, const char *rule, const char *owner);

/* "kind object: text: remedy", without what is empty. */
void finding_line(const struct finding *f, char line[FINDING_LINE]);

/* Logs the line as error, warning or info, by its verdict; an OK is not logged. */
void finding_log(const struct finding *f);

#endif
