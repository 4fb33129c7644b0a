/* SPDX-License-Identifier: BSD-2-Clause */
/* `spapr-vmm ctl` at the API's real processes. */
#include "tests/unit/vmm/control/api_fixture.h"
#include "vmm/control/ctl.h"

#include <pthread.h>

static struct {
	const char *verb, *arg;
	enum ctl_status status;
	char *text; /* of standard output */
	size_t len;
	_Atomic bool done;
} call;

static void *run(void *arg)
{
	FILE *out = open_memstream(&call.text, &call.len);

	call.status = ctl(path, call.verb, call.arg, out);
	fclose(out);
	call.done = true;
	return arg;
}

/* The machine serves meanwhile. */
static int ctl_of(const char *verb, const char *arg)
{
	pthread_t thread;

	free(call.text);
	call.text = NULL;
	call.verb = verb;
	call.arg = arg;
	call.done = false;
	said_forget();
	pthread_create(&thread, NULL, run, NULL);
	while (!call.done)
		loop_run_once(&loop, 5);
	pthread_join(thread, NULL);
	return (int)call.status;
}

TestSuite(ctl, .init = api_setup, .timeout = 60);

Test(ctl, prints_an_answer)
{
	cr_assert(eq(int, ctl_of("vm.info", NULL), CTL_DONE), "%s", said_all());
	cr_assert(eq(str, call.text, "{\"render\":1}\n"));
	cr_assert(eq(int, ctl_of("counters", NULL), CTL_DONE)); /* the end of a path will do */
	cr_assert(eq(int, (int)last_verb, VERB_COUNTERS));
	cr_assert(eq(int, ctl_of("events", "since=7"), CTL_DONE));
	cr_assert(eq(u64, last_args.value[0], 7));
	cr_assert(eq(int, ctl_of("log-level", "{\"level\":\"warn\"}"), CTL_DONE));
	cr_assert(eq(u64, last_args.value[0], LOG_WARN));
	cr_assert(eq(str, call.text, ""));
	get_size = 200;
	cr_assert(eq(int, ctl_of("device-tree", NULL), CTL_DONE));
	cr_assert(eq(sz, call.len, 200)); /* no newline behind bytes */
	api_teardown();
}

Test(ctl, says_why_it_was_refused)
{
	change_status = 409;
	cr_assert(eq(int, ctl_of("pause", NULL), CTL_REFUSED));
	cr_assert(said("the guest: it sleeps: wake it"));
	cr_assert(eq(int, ctl_of("vm.create", NULL), CTL_REFUSED));
	cr_assert(said("vm.create: not built"));
	cr_assert(eq(int, ctl_of("resize", "{\"size\":1}"), CTL_REFUSED));
	cr_assert(said("size: no such field"));
	api_teardown();
}

Test(ctl, knows_its_verbs)
{
	cr_assert(eq(int, ctl_of("puase", NULL), CTL_USAGE));
	cr_assert(said("there is no such verb, did you mean \"pause\"?"), "%s", said_all());
	cr_assert(eq(int, ctl_of("wait", "long"), CTL_USAGE));
	cr_assert(said("take \"ready\" or \"end\""));
	api_teardown();
}

Test(ctl, waits_for_the_end)
{
	pthread_t thread;

	call.verb = "wait";
	call.arg = "end";
	call.done = false;
	pthread_create(&thread, NULL, run, NULL);
	serve(300);
	cr_assert(not(call.done));
	api_teardown();
	pthread_join(thread, NULL);
	cr_assert(eq(int, (int)call.status, CTL_DONE));
}

Test(ctl, says_that_nobody_is_there)
{
	api_teardown();
	said_forget();
	cr_assert(eq(int, (int)ctl(path, "info", NULL, stdout), CTL_NOBODY));
	cr_assert(said("No such file or directory: does the guest run, with this api.socket?"));
}
