/* SPDX-License-Identifier: BSD-2-Clause */
/* callfilter.c: filters that are made and not loaded. What a loaded one does: test_callfilter.c. */
#include "vmm/base/callfilter.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

static const struct call_rule rules[] = {
	{ CALL(write), WHY("test") },
	{ CALL(write), WHY("the same once more, in another list") },
};
static const struct call_list lists[] = { { rules, 1 }, { rules + 1, 1 }, { 0 } };

Test(callfilter_new, names_the_calls_of_this_machine)
{
	struct call_filter *f = NULL;
	char why[256] = "", *name;

	cr_assert(eq(int, call_filter_new(&f, lists, CALL_REFUSE, why, sizeof(why)), 0), "%s", why);
	name = call_filter_name(f, SYS_openat);
	cr_expect(eq(str, name, "openat"));
	free(name);
	call_filter_free(f);
}

Test(callfilter_new, frees_what_is_none)
{
	call_filter_free(NULL);
}

/* A pipe carries the program. */
Test(callfilter_new, needs_descriptors_and_says_so)
{
	struct rlimit few = { 0 };
	struct call_filter *f = NULL;
	char why[256] = "";

	call_filter_new(&f, lists, CALL_REFUSE, why, sizeof(why)); /* the library is there */
	call_filter_free(f);
	getrlimit(RLIMIT_NOFILE, &few);
	few.rlim_cur = 3;
	cr_assert(eq(int, setrlimit(RLIMIT_NOFILE, &few), 0));
	cr_expect(eq(int, call_filter_new(&f, lists, CALL_REFUSE, why, sizeof(why)), -EMFILE));
	few.rlim_cur = few.rlim_max;
	setrlimit(RLIMIT_NOFILE, &few);
}
