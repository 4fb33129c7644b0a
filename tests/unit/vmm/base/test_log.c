/* SPDX-License-Identifier: BSD-2-Clause */
/* log.c: levels, prefixes, one printable line a message. */
#define LOG_PREFIX "test"
#include "vmm/base/log.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char lines[4096];
static int count;
static enum log_level last;

static void sink(enum log_level level, const char *line)
{
	last = level;
	count++;
	snprintf(lines + strlen(lines), sizeof(lines) - strlen(lines), "%s|", line);
}

TestSuite(log);

Test(log, each_level_has_its_look)
{
	log_set_sink(sink);
	log_set_level(LOG_DEBUG);
	log_error("a %d", 1);
	log_warn("b");
	log_info("c");
	log_debug("d");
	cr_assert(eq(str, lines, "test: a 1|warning: test: b|info: test: c|debug: test: d|"));
	cr_assert(eq(int, (int)last, LOG_DEBUG));
}

Test(log, an_empty_prefix_leaves_no_colon)
{
	log_set_sink(sink);
	log_msg(LOG_ERROR, "", "kernel x: not found");
	log_msg(LOG_WARN, "", "y");
	cr_assert(eq(str, lines, "kernel x: not found|warning: y|"));
}

static void diverted(void *ctx, enum log_level level, const char *line)
{
	(void)ctx;
	sink(level, line);
}

Test(log, warnings_and_errors_can_be_diverted_whatever_the_level)
{
	const struct log_diversion to = { diverted, NULL };

	log_set_sink(sink);
	log_set_level(LOG_ERROR);
	log_divert(&to);
	log_error("a");
	log_warn("b");
	log_info("no");
	cr_assert(eq(str, lines, "test: a|test: b|"));
	log_divert(NULL);
	log_warn("no");
	log_error("c");
	cr_assert(eq(str, lines, "test: a|test: b|test: c|"));
}

Test(log, what_is_below_the_level_is_not_said)
{
	log_set_sink(sink);
	cr_assert(eq(int, (int)log_get_level(), LOG_INFO));
	log_debug("no");
	log_set_level(LOG_ERROR);
	log_warn("no");
	log_info("no");
	log_error("yes");
	cr_assert(eq(str, lines, "test: yes|"));
	cr_assert(eq(int, (int)log_get_level(), LOG_ERROR));
}

/* A guest's text may not start a line of its own, nor move the cursor. */
Test(log, a_message_stays_one_printable_line)
{
	log_set_sink(sink);
	log_error("a\nb\tc\033[2Jd\rz\177 \xc3\xa9");
	cr_assert(eq(str, lines, "test: a b c [2Jd z  \xc3\xa9|"));
}

Test(log, a_long_message_is_cut_and_still_ends)
{
	char text[3000];
	char read_back[4096];
	int p[2];
	ssize_t n;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	cr_assert(eq(int, pipe(p), 0));
	log_set_fd(p[1]);
	log_error("%s", text);
	n = read(p[0], read_back, sizeof(read_back));
	cr_assert(all(gt(long, n, 1000), lt(long, n, 1030)));
	cr_assert(eq(chr, read_back[n - 1], '\n'));
	cr_assert(eq(chr, read_back[n - 2], 'x'));
	log_set_fd(2);
}

Test(log, the_guest_is_told_of_once_a_site)
{
	log_set_sink(sink);
	for (int i = 0; i < 10; i++)
		log_guest("odd %d", i);
	cr_assert(eq(str, lines, "warning: guest: odd 0|"));
	for (int i = 0; i < 2; i++)
		log_guest("another");
	cr_assert(eq(int, count, 2));
}

Test(log, without_a_sink_lines_go_to_the_descriptor)
{
	char text[64] = "";
	int p[2];

	cr_assert(eq(int, pipe(p), 0));
	log_set_fd(p[1]);
	log_info("to a pipe");
	cr_assert(gt(long, read(p[0], text, sizeof(text) - 1), 0));
	cr_assert(eq(str, text, "info: test: to a pipe\n"));
	close(p[0]);
	log_set_fd(-1);
	log_error("nobody is there to be told");
	log_set_fd(2);
}

Test(log, where_the_file_cannot_be_opened_anew_the_old_one_goes_on)
{
	char dir[] = "/tmp/spapr-unit-XXXXXX", path[64];

	log_set_sink(sink);
	log_rotate(); /* there is none */
	cr_assert(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/log", dir);
	cr_assert(eq(int, log_open(path), 0));
	unlink(path);
	cr_assert(eq(int, mkdir(path, 0700), 0));
	log_rotate();
	cr_assert(strstr(lines, "the log file cannot be opened anew: Is a directory: it goes on in "
				"the old one") != NULL,
		  "%s", lines);
	rmdir(path);
	log_rotate();
	cr_assert(eq(int, count, 1));
	cr_assert(eq(int, access(path, F_OK), 0));
	log_close();
	unlink(path);
	rmdir(dir);
}
