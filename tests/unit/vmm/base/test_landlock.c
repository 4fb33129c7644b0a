/* SPDX-License-Identifier: BSD-2-Clause */
/* Landlock alone, without a filter before it: a real process, the real kernel. */
#include "vmm/base/landlock.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t parent;
static char folder[64];

/* Return what @attempt returned in a process without files; skip where the kernel has no Landlock.
 */
static int closed(int (*attempt)(int version))
{
	int status;
	pid_t pid;

	parent = getpid();
	snprintf(folder, sizeof(folder), "/tmp/landlock.%d", parent);
	cr_assert(eq(int, mkdir(folder, 0700), 0));
	pid = fork();
	if (pid == 0) {
		int version = landlock_close(LANDLOCK_NO_SIGNALS, LANDLOCK_NO_FILES);

		_exit(version > 0 ? attempt(version) : version < 0 ? 254 : 255);
	}
	cr_assert(eq(int, waitpid(pid, &status, 0), pid));
	rmdir(folder);
	cr_assert(eq(int, WTERMSIG(status), 0));
	if (WEXITSTATUS(status) == 255)
		cr_skip("this kernel has no Landlock");
	return WEXITSTATUS(status);
}

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return __LINE__ % 250 + 1;                                                 \
	} while (0)
#define REFUSED(call, error) CHECK((call) < 0 && errno == (error))

static int use_files(int version)
{
	char *argv[] = { "/bin/true", NULL };
	char path[128];

	(void)version;
	snprintf(path, sizeof(path), "%s/new", folder);
	REFUSED(open("/etc/passwd", O_RDONLY), EACCES);
	REFUSED(open("/dev/null", O_WRONLY), EACCES);
	REFUSED(open("/", O_RDONLY | O_DIRECTORY), EACCES);
	REFUSED(open(path, O_WRONLY | O_CREAT, 0600), EACCES);
	REFUSED(mkdir(path, 0700), EACCES);
	REFUSED(symlink("/etc/passwd", path), EACCES);
	REFUSED(mknod(path, S_IFIFO | 0600, 0), EACCES);
	REFUSED(rmdir(folder), EACCES);
	REFUSED(rename(folder, "/tmp/other"), EACCES);
	REFUSED(execv(argv[0], argv), EACCES);
	return 0;
}

Test(landlock, leaves_no_file)
{
	cr_expect(eq(int, closed(use_files), 0));
}

static int keep_open(int version)
{
	char c;

	(void)version;
	CHECK(fcntl(0, F_GETFD) >= 0 || errno == EBADF);
	CHECK(pipe((int[2]){ 0 }) == 0);
	CHECK(read(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), &c, 1) < 0 && errno == EAGAIN);
	return 0;
}

Test(landlock, leaves_sockets_and_pipes)
{
	cr_expect(eq(int, closed(keep_open), 0));
}

static int bind_port(int version)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (version < 4)
		return 0;
	REFUSED(bind(fd, (struct sockaddr *)&a, sizeof(a)), EACCES);
	return 0;
}

Test(landlock, leaves_no_port_to_listen_on)
{
	cr_expect(eq(int, closed(bind_port), 0));
}

static struct sockaddr_un abstract;
static socklen_t abstract_len;

static int reach_out(int version)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (version < 6)
		return 0;
	REFUSED(kill(parent, 0), EPERM);
	REFUSED(connect(fd, (struct sockaddr *)&abstract, abstract_len), EPERM);
	return 0;
}

Test(landlock, leaves_no_process_and_no_abstract_socket_outside)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	abstract.sun_family = AF_UNIX;
	abstract_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				   snprintf(abstract.sun_path + 1, sizeof(abstract.sun_path) - 1,
					    "spapr-vmm-test-%d", getpid()));
	cr_assert(eq(int, bind(fd, (struct sockaddr *)&abstract, abstract_len), 0));
	cr_assert(eq(int, listen(fd, 1), 0));
	cr_expect(eq(int, closed(reach_out), 0));
	close(fd);
}
