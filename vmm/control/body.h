/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_BODY_H
#define VMM_CONTROL_BODY_H

/* What a client sends with a verb, from JSON or a query to numbers. In the helper's process. */

#include "vmm/control/http_lib.h"
#include "vmm/control/verbs.h"

#define BODY_MAX (64 * KiB)
#define BODY_WHY 160

/* A client's mistake: what is wrong, and the code that programs look at. */
struct body_fault {
	char why[BODY_WHY]; /* "object: cause: remedy" */
	const char *code;
};

/* False: @fault says what is wrong with the @len bytes at @text; none are fine. */
bool body_read(const struct http_lib *lib, const struct verb *v, const char *text, size_t len,
	       struct verb_args *args, struct body_fault *fault);

/* The same for a parameter of the query, which is all text. @value may be NULL. */
bool body_read_query(const struct verb *v, const char *name, const char *value,
		     struct verb_args *args, struct body_fault *fault);

#endif
