/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_VMM_CONTROL_EVENTS_FIXTURE_H
#define TESTS_UNIT_VMM_CONTROL_EVENTS_FIXTURE_H

/* A folder for files, and lines of events taken apart. */

#include "tests/fake/sys.h"
#include "tests/unit/said.h"
#include "vmm/control/events.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char fx_dir[64], fx_file[96];

static inline void fx_setup(void)
{
	fake_reset();
	said_catch(LOG_DEBUG);
	strcpy(fx_dir, "/tmp/spapr-unit-XXXXXX");
	if (!mkdtemp(fx_dir))
		abort();
	snprintf(fx_file, sizeof(fx_file), "%s/file", fx_dir);
}

static inline void fx_teardown(void)
{
	char command[128];

	log_set_sink(NULL);
	snprintf(command, sizeof(command), "rm -r '%s'", fx_dir);
	if (system(command) != 0)
		abort();
}

static inline struct events *fx_events(const char *path)
{
	int err;
	struct events *e = events_open(path, &err);

	cr_assert(e != NULL, "%s", said_all());
	event_listen(events_take, e);
	return e;
}

static inline void fx_close(struct events *e)
{
	event_listen(NULL, NULL);
	events_close(e);
	cr_assert(eq(int, fake_open_fds(), 0));
}

/* The number behind "key": in a line. */
static inline uint64_t fx_number(const char *line, const char *key)
{
	char what[40];
	const char *at;

	snprintf(what, sizeof(what), "\"%s\":", key);
	at = strstr(line, what);
	cr_assert(at != NULL, "%s has no %s", line, key);
	return strtoull(at + strlen(what), NULL, 10);
}

/*
 * Do the numbers of @text's lines go on from *@next without a gap, those named by vmm.lost among them?
 * *@next becomes the one after, *@lost grows. Returns the number of lines.
 */
static inline unsigned int fx_follow(char *text, uint64_t *next, uint64_t *lost)
{
	unsigned int n = 0;

	for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1, n++) {
		uint64_t seq;

		*end = '\0';
		cr_assert(line[0] == '{' && end[-1] == '}', "torn: %s", line);
		seq = fx_number(line, "seq");
		if (strstr(line, "\"event\":\"lost\"")) {
			cr_assert(eq(u64, fx_number(line, "from"), *next));
			cr_assert(eq(u64, fx_number(line, "to"), seq));
			*lost += seq - *next + 1;
		} else {
			cr_assert(eq(u64, seq, *next));
		}
		*next = seq + 1;
		*end = '\n';
	}
	return n;
}

#endif
