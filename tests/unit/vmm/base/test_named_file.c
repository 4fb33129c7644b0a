/* SPDX-License-Identifier: BSD-2-Clause */
/* named_file.c, and what Landlock leaves of files for it on the real kernel. */
#include "vmm/base/named_file.h"

#include "tests/fake/sys.h"
#include "vmm/base/landlock.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64], path[80], aside[80];
static struct named_file f;

static void setup(void)
{
	strcpy(dir, "/tmp/spapr-named-XXXXXX");
	cr_assert(ne(ptr, mkdtemp(dir), NULL));
	snprintf(path, sizeof(path), "%s/log", dir);
	snprintf(aside, sizeof(aside), "%s/log.1", dir);
}

static void teardown(void)
{
	named_file_close(&f);
	named_file_close(&f); /* fine */
	unlink(path);
	unlink(aside);
	rmdir(dir);
}

TestSuite(named_file, .init = setup, .fini = teardown, .timeout = 20);

static void say(const char *s)
{
	cr_assert(eq(long, write(f.fd, s, strlen(s)), (long)strlen(s)));
}

#define EXPECT(file, text)                                                                         \
	do {                                                                                       \
		char buf_[64] = "";                                                                \
		int fd_ = open(file, O_RDONLY | O_CLOEXEC);                                        \
                                                                                                   \
		cr_assert(ge(long, read(fd_, buf_, sizeof(buf_) - 1), 0), "%s", file);             \
		close(fd_);                                                                        \
		cr_assert(eq(str, buf_, (char *)(text)));                                          \
	} while (0)

Test(named_file, its_number_stays_when_it_is_opened_anew)
{
	struct stat st;
	int fd;

	cr_assert(eq(int, named_file_open(&f, path, O_NOFOLLOW, 0600), 0));
	fd = f.fd;
	say("one");
	cr_assert(eq(int, rename(path, aside), 0));
	say("two");
	cr_assert(eq(int, named_file_reopen(&f), 0));
	cr_assert(eq(int, f.fd, fd));
	say("three");
	EXPECT(aside, "onetwo");
	EXPECT(path, "three");
	cr_assert(eq(int, stat(path, &st), 0));
	cr_assert(eq(uint, st.st_mode & 07777, 0600));
	cr_assert(eq(int, fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC));
}

Test(named_file, it_can_be_set_aside)
{
	cr_assert(eq(int, named_file_open(&f, path, 0, 0600), 0));
	say("one");
	cr_assert(eq(int, named_file_set_aside(&f), 0));
	say("two");
	cr_assert(eq(int, named_file_set_aside(&f), 0));
	say("three");
	EXPECT(aside, "two");
	EXPECT(path, "three");
}

Test(named_file, what_is_no_regular_file_stays_as_it_is)
{
	cr_assert(eq(int, named_file_open(&f, "/dev/null", 0, 0600), 0));
	cr_assert(eq(int, f.dir_fd, -1));
	cr_assert(eq(int, named_file_reopen(&f), 0));
	cr_assert(eq(int, named_file_set_aside(&f), -EINVAL));
	say("away");
}

Test(named_file, a_name_is_found_where_the_program_was_started)
{
	cr_assert(eq(int, chdir(dir), 0));
	cr_assert(eq(int, named_file_open(&f, "log", 0, 0600), 0));
	cr_assert(eq(int, chdir("/"), 0));
	cr_assert(eq(int, unlink(path), 0));
	cr_assert(eq(int, named_file_reopen(&f), 0));
	cr_assert(eq(int, access(path, F_OK), 0));
}

Test(named_file, a_failure_leaves_the_old_one)
{
	cr_assert(eq(int, named_file_open(&f, "/nowhere/log", 0, 0600), -ENOENT));
	cr_assert(eq(int, named_file_open(&f, path, 0, 0600), 0));
	fake_fail_all("openat", -EMFILE);
	cr_assert(eq(int, named_file_reopen(&f), -EMFILE));
	fake_fail_all(NULL, 0);
	fake_fail_all("dup", -EINTR);
	cr_assert(eq(int, named_file_reopen(&f), -EINTR));
	fake_fail_all(NULL, 0);
	say("here");
	EXPECT(path, "here");
}

/* In a process of its own: 0, or the line that failed. */
static int confined(void)
{
#define CHECK(condition)                                                                           \
	if (!(condition))                                                                          \
	return __LINE__ % 250 + 1

	if (named_file_open(&f, path, O_NOFOLLOW, 0600) < 0)
		return 254;
	if (landlock_close(LANDLOCK_OWN_SIGNALS, LANDLOCK_NAMED_FILES) <= 0)
		return 255;
	CHECK(rename(path, aside) == 0);
	CHECK(named_file_reopen(&f) == 0);
	CHECK(named_file_set_aside(&f) == 0);
	CHECK(write(f.fd, "x", 1) == 1);
	CHECK(open(path, O_RDONLY) < 0 && errno == EACCES);
	CHECK(open("/tmp", O_RDONLY) < 0 && errno == EACCES);
	CHECK(open("/tmp/spapr-named-other", O_WRONLY | O_CREAT, 0600) < 0 && errno == EACCES);
	CHECK(rename(path, "/tmp/spapr-named-other") < 0);
	CHECK(symlink("/etc/passwd", aside) < 0);
	return 0;
}

Test(named_file, landlock_leaves_its_folder_and_no_other)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(confined());
	cr_assert(eq(int, waitpid(pid, &status, 0), pid));
	if (WEXITSTATUS(status) == 255)
		cr_skip("this kernel has no Landlock");
	cr_assert(eq(int, status, 0), "line %d", WEXITSTATUS(status) - 1);
	EXPECT(path, "x");
}

Test(named_file, each_of_several_can_be_closed_first)
{
	struct named_file other, last;
	char second[120];

	snprintf(second, sizeof(second), "%s/second", dir);
	cr_assert(eq(int, named_file_open(&f, path, 0, 0600), 0));
	cr_assert(eq(int, named_file_open(&other, second, 0, 0600), 0));
	cr_assert(eq(int, named_file_open(&last, second, 0, 0600), 0));
	named_file_close(&f);
	named_file_close(&last);
	cr_assert(eq(int, named_file_reopen(&other), 0));
	named_file_close(&other);
	unlink(second);
}
