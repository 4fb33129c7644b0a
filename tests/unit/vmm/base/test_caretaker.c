/* SPDX-License-Identifier: BSD-2-Clause */
/* A real process, the real kernel. */
#include "vmm/base/caretaker.h"

#include "tests/unit/said.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64], paths[3][80];
static pid_t doer; /* shared with nobody: who ran a task in this process */

static void setup(void)
{
	said_catch(LOG_DEBUG);
	strcpy(dir, "/tmp/spapr-unit-XXXXXX");
	cr_assert(mkdtemp(dir) != NULL);
	for (int i = 0; i < 3; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/%d", dir, i);
		close(open(paths[i], O_CREAT | O_WRONLY, 0600));
	}
}

static void teardown(void)
{
	caretaker_stop();
	for (int i = 0; i < 3; i++)
		unlink(paths[i]);
	rmdir(dir);
}

TestSuite(caretaker, .init = setup, .fini = teardown, .timeout = 20);

static bool is_there(int i)
{
	struct stat st;

	return stat(paths[i], &st) == 0;
}

static void remove_file(void *ctx)
{
	doer = getpid();
	unlink(ctx);
}

Test(caretaker, without_its_process_the_caller_does_it)
{
	int n = caretaker_add(remove_file, paths[0]);

	caretaker_do(n, remove_file, paths[0]);
	cr_expect(not(is_there(0)));
	cr_expect(eq(int, doer, getpid()));
}

Test(caretaker, its_process_does_what_it_is_asked_and_nothing_else)
{
	int first = caretaker_add(remove_file, paths[0]),
	    second = caretaker_add(remove_file, paths[1]);

	cr_assert(eq(int, caretaker_start(), 0));
	caretaker_do(second, remove_file, paths[1]);
	cr_expect(not(is_there(1)), "done when the call returns");
	cr_expect(is_there(0));
	cr_expect(eq(int, doer, 0), "not by us");
	caretaker_do(first, remove_file, paths[0]);
	cr_expect(not(is_there(0)));
	caretaker_stop();
	cr_expect(is_there(2));
	cr_expect(lt(int, waitpid(-1, NULL, WNOHANG), 0), "no process is left");
}

/* A device that is open there cannot be given back. */
Test(caretaker, its_process_has_no_descriptor_of_ours_once_it_is_there)
{
	int ends[2];
	char c;

	cr_assert(eq(int, pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0));
	caretaker_add(remove_file, paths[0]);
	cr_assert(eq(int, caretaker_start(), 0));
	close(ends[1]);
	cr_expect(eq(int, (int)read(ends[0], &c, 1), 0), "nobody else can write");
	close(ends[0]);
}

Test(caretaker, a_task_that_came_later_is_the_callers)
{
	int n;

	caretaker_add(remove_file, paths[0]);
	cr_assert(eq(int, caretaker_start(), 0));
	n = caretaker_add(remove_file, paths[1]);
	cr_assert(lt(int, n, 0));
	caretaker_do(n, remove_file, paths[1]);
	cr_expect(not(is_there(1)));
	cr_expect(eq(int, doer, getpid()));
	caretaker_stop();
	cr_expect(is_there(0), "what nobody asked for is not done");
}

Test(caretaker, the_rest_is_done_once_the_program_has_gone)
{
	pid_t pid = fork();

	if (pid == 0) {
		int n = caretaker_add(remove_file, paths[0]);

		caretaker_add(remove_file, paths[1]);
		if (caretaker_start() < 0)
			_exit(1);
		caretaker_do(n, remove_file, paths[0]);
		close(open(paths[0], O_CREAT | O_WRONLY, 0600)); /* it is not done twice */
		caretaker_do_rest_later();
		_exit(is_there(1) ? 0 : 2);
	}
	cr_assert(eq(int, waitpid(pid, &(int){ 0 }, 0), pid));
	for (int i = 0; i < 500 && is_there(1); i++)
		usleep(10000);
	cr_expect(not(is_there(1)));
	cr_expect(is_there(0));
}

static void execute(void *ctx)
{
	execl("/bin/rm", "rm", ctx, NULL);
}

Test(caretaker, its_process_has_no_other_rights)
{
	int n = caretaker_add(execute, paths[0]);

	cr_assert(eq(int, caretaker_start(), 0));
	caretaker_do(n, execute, paths[0]);
	cr_expect(is_there(0));
	cr_expect(said("its process has ended: task 0 is not done"), "%s", said_all());
}

static void append(void *ctx, const char *part, size_t len, bool first, bool last)
{
	int fd = open(ctx, O_WRONLY | O_APPEND | (first ? O_TRUNC : 0));

	(void)!write(fd, part, len);
	if (last)
		(void)!write(fd, ".", 1);
	close(fd);
}

static size_t size_of(int i)
{
	struct stat st;

	return stat(paths[i], &st) == 0 ? (size_t)st.st_size : 0;
}

Test(caretaker, a_letter_of_many_parts_arrives_in_order)
{
	static char text[200000];
	int n = caretaker_add_letters(append, paths[0]);

	memset(text, 'x', sizeof(text));
	cr_assert(caretaker_send(n, append, paths[0], text, 10), "as there is no process yet");
	cr_expect(eq(sz, size_of(0), 11));
	cr_assert(eq(int, caretaker_start(), 0));
	for (int i = 0; i < 500 && !caretaker_send(n, append, paths[0], text, sizeof(text)); i++)
		usleep(10000); /* the next try begins anew */
	for (int i = 0; i < 500 && size_of(0) != sizeof(text) + 1; i++)
		usleep(10000);
	cr_expect(eq(sz, size_of(0), sizeof(text) + 1));
	cr_assert(caretaker_send(n, append, paths[0], "", 0));
	for (int i = 0; i < 500 && size_of(0) != 1; i++)
		usleep(10000);
	cr_expect(eq(sz, size_of(0), 1), "an empty one is one, too");
}
