/* SPDX-License-Identifier: BSD-2-Clause */
/* check_out.c: rows on a terminal, of any width, and as JSON. Each in a process whose output is the test's. */
#include "vmm/machine/check_out.h"

#include "tests/unit/child.h"
#include "tests/unit/said.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

TestSuite(check_out, .timeout = 20);

static const struct finding rows[] = {
	{ .verdict = VERDICT_OK, .kind = "vfio", .object = "0004:01:00.0", .text = "is free" },
	{ .verdict = VERDICT_FAIL,
	  .kind = "a-kind-of-a-long-name",
	  .object = "a-long-object",
	  .text = "words that do not fit into a line of a narrow terminal, and "
		  "one-word-that-is-longer-than-any-line-of-a-narrow-terminal-could-ever-be",
	  .remedy = "say \"less\"\x01\xc3" },
};

static char text[4096];

/* What the rows are on a terminal of @columns. */
static char *on_terminal(unsigned short columns, bool json, const char *no_color)
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };
	struct check_out o;
	size_t n = 0;
	ssize_t r = 1;
	int fd;

	setenv("NO_COLOR", no_color, 1);
	if (forkpty(&fd, NULL, NULL, &size) == 0) {
		check_out_begin(&o, json);
		for (size_t i = 0; i < ARRAY_LEN(rows); i++)
			check_out_row(&o, &rows[i]);
		check_out_end(&o);
		fflush(stdout);
		child_end(0);
	}
	while (r > 0 && n < sizeof(text) - 1) { /* the end of a terminal is an error */
		r = read(fd, text + n, sizeof(text) - 1 - n);
		n += r > 0 ? (size_t)r : 0;
	}
	text[n] = '\0';
	wait(NULL);
	close(fd);
	return text;
}

static bool has(const char *part)
{
	return strstr(text, part) != NULL;
}

Test(check_out, a_terminal_has_a_table)
{
	on_terminal(80, false, "");
	cr_assert(has("STATE OBJECT                 CAUSE, AND -> REMEDY\r\n"), "%s", text);
	cr_assert(has("\033[32mok   \033[0m vfio 0004:01:00.0      is free\r\n"), "%s", text);
	cr_assert(
		has("\033[1;31mFAIL \033[0m a-kind-of-a-long-name a-long-object\r\n"
		    "                             words that do not fit into a line of a narrow\r\n"),
		"%s", text);
	cr_assert(has("                          -> say "), "%s", text);
	on_terminal(0, false, "1");
	cr_assert(has("ok    vfio 0004:01:00.0      is free\r\n"), "80 columns: %s", text);
	cr_assert(not(has("\033")));
}

Test(check_out, no_line_is_wider_than_a_narrow_terminal)
{
	on_terminal(60, false, "1");
	for (char *line = strtok(text, "\r\n"); line; line = strtok(NULL, "\r\n"))
		cr_assert(le(sz, strlen(line), 60), "%s", line);
	on_terminal(10, false, "1");
	cr_assert(has(" one-word-that-is-longer-than-a\r\n"), "30 columns, however narrow: %s",
		  text);
}

Test(check_out, json_is_ascii)
{
	on_terminal(80, true, "");
	cr_assert(has("\"remedy\": \"say \\\"less\\\"\\u0001\\u00c3\" }"), "%s", text);
}
