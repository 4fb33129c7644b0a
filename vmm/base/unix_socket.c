/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/unix_socket.h"

#include "vmm/base/caretaker.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 8

static int sock(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

static const struct sockaddr *address(const struct unix_socket *s)
{
	return (const struct sockaddr *)&s->addr;
}

/* Removes what a dead process left behind. -EADDRINUSE: its owner lives; -EEXIST: it is no socket. */
static int remove_stale(const struct unix_socket *s)
{
	const char *path = s->addr.sun_path;
	struct stat st;
	int fd, r;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = sock();
	if (fd < 0)
		return fd;
	r = connect(fd, address(s), sizeof(s->addr)) < 0 ? -errno : 0;
	sys_close(fd);
	if (r == -ECONNREFUSED)
		return unlink(path) < 0 ? -errno : 0;
	return r == 0 || r == -EAGAIN ? -EADDRINUSE : r;
}

/* Removes only the socket that we made: somebody may have put another one in its place. */
static void remove_socket(void *ctx)
{
	const struct unix_socket *s = ctx;
	struct stat st;

	if (lstat(s->addr.sun_path, &st) == 0 && st.st_dev == s->dev && st.st_ino == s->ino)
		unlink(s->addr.sun_path);
}

/* The file is the process's own group's until it is the right one's. */
static int give_to_group(const struct unix_socket *s, unsigned int mode, uint32_t gid)
{
	if (gid == UNIX_SOCKET_OWN_GROUP)
		return 0;
	if (lchown(s->addr.sun_path, (uid_t)-1, gid) < 0 || chmod(s->addr.sun_path, mode) < 0)
		return -errno;
	return 0;
}

static int listen_on(struct unix_socket *s, unsigned int mode, uint32_t gid)
{
	unsigned int first = gid == UNIX_SOCKET_OWN_GROUP ? mode : mode & 0700;
	struct stat st;
	int fd = sock(), r;

	if (fd < 0)
		return fd;
	s->fd = fd;
	/* The file gets its mode from the socket: never open to others, not for a moment. */
	if (fchmod(fd, first) < 0 || bind(fd, address(s), sizeof(s->addr)) < 0)
		return -errno;
	if (lstat(s->addr.sun_path, &st) == 0) {
		s->dev = st.st_dev;
		s->ino = st.st_ino;
		s->task = caretaker_add(remove_socket, s);
	}
	r = give_to_group(s, mode, gid);
	if (r == 0 && listen(fd, BACKLOG) < 0)
		r = -errno;
	return r;
}

static void explain(int r, const char *path, char why[UNIX_SOCKET_WHY])
{
	if (r == -ENAMETOOLONG)
		snprintf(
			why, UNIX_SOCKET_WHY,
			"%zu bytes, but the path of a socket has at most %zu: choose a shorter one",
			strlen(path), sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
	else if (r == -EADDRINUSE)
		snprintf(why, UNIX_SOCKET_WHY,
			 "another process listens there: stop it, or choose another path");
	else if (r == -EEXIST)
		snprintf(why, UNIX_SOCKET_WHY,
			 "there is a file that is not a socket: remove it, or choose another path");
	else
		snprintf(why, UNIX_SOCKET_WHY,
			 "cannot listen: %s: choose a path in a directory that can be written",
			 strerror(-r));
}

int unix_socket_listen(struct unix_socket *s, const char *path, unsigned int mode, uint32_t gid,
		       char why[UNIX_SOCKET_WHY])
{
	size_t len = strlen(path);
	int r = -ENAMETOOLONG;

	*s = (struct unix_socket){ .fd = -1, .addr.sun_family = AF_UNIX };
	if (len < sizeof(s->addr.sun_path)) {
		memcpy(s->addr.sun_path, path, len + 1);
		r = remove_stale(s);
	}
	if (r == 0)
		r = listen_on(s, mode, gid);
	if (r < 0)
		explain(r, path, why);
	return r;
}

void unix_socket_close(struct unix_socket *s)
{
	if (s->fd >= 0)
		sys_close(s->fd);
	s->fd = -1;
	if (s->ino)
		caretaker_do(s->task, remove_socket, s);
	s->ino = 0;
}
