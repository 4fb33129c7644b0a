/* SPDX-License-Identifier: BSD-2-Clause */
/* The start of the control API's process, and its end. */
#define LOG_PREFIX "api"
#include "vmm/control/control_private.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/control/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_PASSED_FD 3 /* systemd(1) passes descriptors from here on */
#define START_MS 20000    /* to load libraries; emulated hosts are slow */
#define END_MS 1200       /* for clients that take their last answer */

void control_init(struct control *c)
{
	*c = (struct control){ .channel = -1, .words_fd = -1, .pid_fd = -1, .socket.fd = -1 };
}

/* ---- the socket ---- */

/* The descriptor that a service manager has passed with this name; -ENOENT. */
static int passed_fd(const char *name)
{
	const char *pid = getenv("LISTEN_PID"), *names = getenv("LISTEN_FDNAMES");

	if (!pid || !names || strtol(pid, NULL, 10) != getpid())
		return -ENOENT;
	for (int fd = FIRST_PASSED_FD;; fd++) {
		size_t len = strcspn(names, ":");

		if (strlen(name) == len && memcmp(names, name, len) == 0)
			return fd;
		if (!names[len])
			return -ENOENT;
		names += len + 1;
	}
}

static int find_passed(struct control *c, const char *name)
{
	int fd = passed_fd(name), listens = 0;
	socklen_t len = sizeof(listens);

	if (fd >= 0 && (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) < 0 || !listens))
		fd = -ENOTSOCK;
	if (fd < 0) {
		log_error("socket \"fd:%.60s\": %s: "
			  "start the program by a socket unit with FileDescriptorName=%.60s",
			  name,
			  fd == -ENOENT ? "no descriptor of this name was passed"
					: "it is no socket that listens",
			  name);
		return fd;
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	c->socket.fd = fd;
	return 0;
}

static int listen_at(struct control *c, const char *where, unsigned int mode, uint32_t gid)
{
	char why[UNIX_SOCKET_WHY];
	int r;

	if (strncmp(where, "fd:", 3) == 0)
		return find_passed(c, where + 3);
	r = unix_socket_listen(&c->socket, where, mode, gid, why);
	if (r < 0)
		log_error("socket %.200s: %s", where, why);
	return r;
}

/* ---- the process ---- */

static int start(struct control *c, const char *version)
{
	pid_t self = getpid();
	int fd[2], words[2], r;

	if (pipe2(words, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	c->words_fd = words[0];
	r = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) < 0 ? -errno : 0;
	if (r < 0) {
		close(words[1]);
		return r;
	}
	c->channel = fd[0];
	r = wire_send_fd(fd[0], "", 1, c->socket.fd, 0); /* the process lets go of all others */
	if (r == 0) {
		c->pid = fork();
		if (c->pid == 0)
			control_process(fd[1], words[1], self, version);
		r = c->pid < 0 ? -errno : 0;
	}
	close(fd[1]);
	close(words[1]);
	if (r == 0) {
		c->pid_fd = pidfd_open(c->pid, 0);
		r = c->pid_fd < 0 ? -errno : 0; /* it ends by the closed socket */
	}
	/* Who connects when the process has gone is refused, and does not wait for ever. */
	close(c->socket.fd);
	c->socket.fd = -1;
	return r;
}

int control_start(struct control *c, const char *where, unsigned int mode, uint32_t gid,
		  const char *version, enum blame *blame)
{
	int r = listen_at(c, where, mode, gid);

	if (r < 0) {
		*blame = BLAME_CONFIG;
		return r;
	}
	r = start(c, version);
	if (r < 0)
		log_error("its process cannot be started: %s", strerror(-r));
	return r;
}

static int judge(struct wire_hello *hello)
{
	hello->text[sizeof(hello->text) - 1] = '\0';
	if (hello->error) {
		log_error("%s", hello->text);
		return hello->error > 0 ? -EIO : hello->error;
	}
	if (hello->same_user)
		log_warn("its process stays user 0, as there is no other for it");
	log_debug("its process: seccomp, Landlock %d", hello->landlock);
	return 0;
}

int control_hear(struct control *c)
{
	struct pollfd p = { .fd = c->channel, .events = POLLIN };
	struct wire_hello hello;
	ssize_t n = 0;
	int r;

	do
		r = poll(&p, 1, START_MS);
	while (r < 0 && errno == EINTR);
	if (r > 0)
		n = recv(c->channel, &hello, sizeof(hello), MSG_DONTWAIT);
	if (n == sizeof(hello))
		return judge(&hello);
	log_error("its process %s: try again, or leave api.socket out",
		  r == 0 ? "does not answer" : "ended while it started");
	return r == 0 ? -ETIMEDOUT : -EIO;
}

void control_reap(struct control *c)
{
	struct pollfd p = { .fd = c->pid_fd, .events = POLLIN };

	if (c->channel >= 0)
		sys_close(c->channel);
	c->channel = -1;
	if (c->pid_fd >= 0) {
		poll(&p, 1, END_MS);
		pidfd_send_signal(c->pid_fd, SIGKILL, NULL, 0);
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			;
		close(c->pid_fd);
	}
	c->pid_fd = -1;
	if (c->words_fd >= 0)
		close(c->words_fd);
	c->words_fd = -1;
}
