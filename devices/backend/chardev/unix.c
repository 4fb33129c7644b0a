/* SPDX-License-Identifier: BSD-2-Clause */
/* A socket that listens: each client is a reader of the stream (readers.c). */
#include "devices/backend/chardev/private.h"

#include "vmm/base/caretaker.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RETRY_NS 1000000000ULL

static int sock(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

/* ---- clients ---- */

static void listen_again(void *ctx)
{
	struct chardev *cd = ctx;

	loop_mod(cd->loop, cd->u.sock.listen_fd, EPOLLIN);
}

/* All places are taken by others. */
static void turn_away(int fd)
{
	static const char text[] = "[spapr-vmm: as many as can be are connected already]\r\n";

	(void)!send(fd, text, sizeof(text) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	sys_close(fd);
}

static void on_client(void *ctx, uint32_t events)
{
	struct chardev *cd = ctx;
	int fd = accept4(cd->u.sock.listen_fd, NULL, NULL, SOCK_CLOEXEC);
	int err = errno;

	(void)events;
	if (fd >= 0) {
		err = -chardev_add_reader(cd, fd, 0);
		if (err == EBUSY)
			turn_away(fd);
		else if (err)
			sys_close(fd);
		if (!err || err == EBUSY)
			return;
	}
	if (err == EAGAIN || err == EINTR || err == ECONNABORTED)
		return;
	/* No descriptors or memory: the client stays in the queue, and so would its event. */
	loop_mod(cd->loop, cd->u.sock.listen_fd, 0);
	loop_timer_set(cd->loop, &cd->retry, RETRY_NS, listen_again, cd);
}

/* ---- the socket file ---- */

static const struct sockaddr *address(const struct chardev *cd)
{
	return (const struct sockaddr *)&cd->u.sock.addr;
}

/* Removes what a dead process left behind. -EADDRINUSE: its owner lives; -EEXIST: it is no socket. */
static int remove_stale(struct chardev *cd)
{
	const char *path = cd->u.sock.addr.sun_path;
	struct stat st;
	int fd, r;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = sock();
	if (fd < 0)
		return fd;
	r = connect(fd, address(cd), sizeof(cd->u.sock.addr)) < 0 ? -errno : 0;
	sys_close(fd);
	if (r == -ECONNREFUSED)
		return unlink(path) < 0 ? -errno : 0;
	return r == 0 || r == -EAGAIN ? -EADDRINUSE : r;
}

/* Removes only the socket that we made: somebody may have put another one in its place. */
static void remove_socket(void *ctx)
{
	const struct chardev *cd = ctx;
	struct stat st;

	if (lstat(cd->u.sock.addr.sun_path, &st) == 0 && st.st_dev == cd->u.sock.dev &&
	    st.st_ino == cd->u.sock.ino)
		unlink(cd->u.sock.addr.sun_path);
}

static int listen_on(struct chardev *cd)
{
	struct stat st;
	int fd = sock();

	if (fd < 0)
		return fd;
	cd->u.sock.listen_fd = fd;
	/* The file gets its mode from the socket: never open to others, not for a moment. */
	if (fchmod(fd, 0600) < 0 || bind(fd, address(cd), sizeof(cd->u.sock.addr)) < 0)
		return -errno;
	if (lstat(cd->u.sock.addr.sun_path, &st) == 0) {
		cd->u.sock.dev = st.st_dev;
		cd->u.sock.ino = st.st_ino;
		cd->u.sock.task = caretaker_add(remove_socket, cd);
	}
	if (listen(fd, 8) < 0)
		return -errno;
	return loop_add(cd->loop, fd, EPOLLIN, on_client, cd);
}

/* ---- open and close ---- */

static int unix_open(struct chardev *cd, const char *path)
{
	size_t len = strlen(path);
	int r;

	cd->u.sock.listen_fd = -1;
	if (len >= sizeof(cd->u.sock.addr.sun_path)) {
		log_error("%s: %zu bytes, but the path of a socket has at most %zu: "
			  "choose a shorter one",
			  cd->spec, len, sizeof(cd->u.sock.addr.sun_path) - 1);
		return -ENAMETOOLONG;
	}
	cd->u.sock.addr.sun_family = AF_UNIX;
	memcpy(cd->u.sock.addr.sun_path, path, len + 1);
	r = remove_stale(cd);
	if (r == 0)
		r = listen_on(cd);
	if (r == -EADDRINUSE)
		log_error("%s: another process listens there: stop it, or choose another path",
			  cd->spec);
	else if (r == -EEXIST)
		log_error("%s: there is a file that is not a socket: "
			  "remove it, or choose another path",
			  cd->spec);
	else if (r < 0)
		log_error("%s: cannot listen: %s: choose a path in a directory that can be written",
			  cd->spec, strerror(-r));
	return r;
}

static void unix_close(struct chardev *cd)
{
	if (cd->u.sock.listen_fd >= 0) {
		loop_del(cd->loop, cd->u.sock.listen_fd);
		sys_close(cd->u.sock.listen_fd);
	}
	cd->u.sock.listen_fd = -1;
	if (cd->u.sock.ino)
		caretaker_do(cd->u.sock.task, remove_socket, cd);
	cd->u.sock.ino = 0;
}

const struct chardev_backend chardev_unix = {
	.name = "unix:",
	.open = unix_open,
	.close = unix_close,
};
