/* SPDX-License-Identifier: BSD-2-Clause */
/* The VMM's end of a user network: starts the process, passes frames, notices its end. */
#include "devices/backend/net/backend.h"

#include "devices/backend/net/slirp.h"
#include "vmm/base/log.h"

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

#define START_MS 20000 /* to load a library and bind some ports; emulated hosts are slow */
#define END_MS 200
#define SOCKET_BUFFER (1 << 20)

struct user_net {
	struct net_backend b;
	pid_t pid;
	int pid_fd;   /* names the process even if somebody else reaps it; -1: none, or reaped */
	int words_fd; /* struct confine_words, when a system call was refused */
};

static struct user_net *user_of(struct net_backend *b)
{
	return container_of(b, struct user_net, b);
}

static ssize_t user_send(struct net_backend *b, const struct iovec *iov, uint32_t n)
{
	const struct msghdr msg = { .msg_iov = (struct iovec *)iov, .msg_iovlen = n };
	ssize_t r = sendmsg(b->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (r < 0 && (errno == EINTR || errno == ENOBUFS || errno == ENOMEM))
		return -EAGAIN;
	return r < 0 ? -errno : r;
}

static ssize_t user_receive(struct net_backend *b, const struct iovec *iov, uint32_t n)
{
	struct msghdr msg = { .msg_iov = (struct iovec *)iov, .msg_iovlen = n };
	ssize_t r = recvmsg(b->fd, &msg, MSG_DONTWAIT);

	if (r <= 0) /* the end is told by an event of its own */
		return -EAGAIN;
	return msg.msg_flags & MSG_TRUNC ? -EMSGSIZE : r;
}

/*
 * Waits for the process to end, @ms at most, in which it sends on what the guest sent last; then kills
 * it. One end of the socket is closed already.
 */
static int reap(struct user_net *u, int ms)
{
	struct pollfd p = { .fd = u->pid_fd, .events = POLLIN };
	int status = 0;

	if (u->pid_fd < 0)
		return 0;
	poll(&p, 1, ms);
	pidfd_send_signal(u->pid_fd, SIGKILL, NULL, 0); /* one that has ended keeps its status */
	while (waitpid(u->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(u->pid_fd);
	u->pid_fd = -1;
	return status;
}

/* May @s go into the log? What the process says is not to be trusted. */
static bool is_name(const char *s, size_t size)
{
	size_t n = strnlen(s, size);

	return n > 0 && n < size && strspn(s, "abcdefghijklmnopqrstuvwxyz_0123456789") == n;
}

/* True: it ended by a system call that was refused. */
static bool last_words(const struct user_net *u, struct confine_words *words)
{
	if (read(u->words_fd, words, sizeof(*words)) != sizeof(*words))
		return false;
	if (!is_name(words->name, sizeof(words->name)))
		snprintf(words->name, sizeof(words->name), "a system call");
	return true;
}

static void user_gone(struct net_backend *b)
{
	int status = reap(user_of(b), END_MS);
	struct confine_words words;

	if (last_words(user_of(b), &words))
		log_error("%s: the user network's process was ended: "
			  "it asked for %s (system call %d), which it has no use for: "
			  "the guest's link is down",
			  b->id, words.name, words.nr);
	else if (WIFSIGNALED(status))
		log_error("%s: the user network's process was ended by signal %d: "
			  "the guest's link is down",
			  b->id, WTERMSIG(status));
	else
		log_error("%s: the user network's process ended with status %d: "
			  "the guest's link is down",
			  b->id, WEXITSTATUS(status));
}

static void user_close(struct net_backend *b)
{
	struct user_net *u = user_of(b);

	reap(u, END_MS);
	if (u->words_fd >= 0)
		close(u->words_fd);
	free(u);
}

static const struct net_backend_ops user_ops = {
	.send = user_send,
	.receive = user_receive,
	.gone = user_gone,
	.close = user_close,
};

static void tell_layers(const struct user_net *u, const struct confined *c)
{
	if (c->same_user)
		log_warn("%s: the user network's process stays user 0, "
			 "as this user namespace or its parent's rights leave it no other",
			 u->b.id);
	if (c->landlock)
		log_debug("%s: the user network's process: seccomp, Landlock %d", u->b.id,
			  c->landlock);
	else
		log_info("%s: the user network's process: seccomp; this kernel has no Landlock",
			 u->b.id);
}

/* Wait until the process says how it went. */
static int hear(struct user_net *u)
{
	struct pollfd p = { .fd = u->b.fd, .events = POLLIN };
	struct slirp_hello hello;
	ssize_t n = 0;
	int r;

	do
		r = poll(&p, 1, START_MS);
	while (r < 0 && errno == EINTR);
	if (r > 0)
		n = recv(u->b.fd, &hello, sizeof(hello), MSG_DONTWAIT);
	if (n == sizeof(hello) && hello.error == 0) {
		tell_layers(u, &hello.confined);
		return 0;
	}
	if (n == sizeof(hello)) {
		hello.text[sizeof(hello.text) - 1] = '\0';
		log_error("%s: %s", u->b.id, hello.text);
		return hello.error > 0 ? -EIO : hello.error; /* the process is not to be trusted */
	}
	log_error("%s: the user network's process %s: try again, or take backend = \"tap\"",
		  u->b.id, r == 0 ? "does not answer" : "ended while it started");
	return r == 0 ? -ETIMEDOUT : -EIO;
}

static int start(struct user_net *u, const struct net_user_conf *conf)
{
	const int size = SOCKET_BUFFER;
	pid_t self = getpid(), pid;
	int fd[2], words[2];

	if (pipe2(words, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	u->words_fd = words[0];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) < 0) {
		close(words[1]);
		return -errno;
	}
	for (int i = 0; i < 2; i++) /* a hint: the kernel takes what its limit allows */
		setsockopt(fd[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	pid = fork();
	if (pid == 0)
		slirp_process(conf, fd[1], words[1], self);
	u->b.fd = fd[0];
	close(fd[1]);
	close(words[1]);
	if (pid < 0)
		return -errno;
	u->pid = pid;
	u->pid_fd = pidfd_open(pid, 0);
	return u->pid_fd < 0 ? -errno : 0; /* without one it ends by the closed socket */
}

int net_user_open(struct net_backend **out, const struct net_user_conf *conf, struct loop *loop,
		  const char *id)
{
	struct user_net *u = calloc(1, sizeof(*u));
	int r;

	if (!u) {
		log_error("%s: out of memory", id);
		return -ENOMEM;
	}
	net_backend_init(&u->b, &user_ops, loop, id);
	u->pid_fd = u->words_fd = -1;
	u->b.mtu = conf->mtu ? conf->mtu : NET_MAX_MTU;
	u->b.checked = true; /* the process made them, and frames only pass through memory */
	r = start(u, conf);
	if (r < 0)
		log_error("%s: the user network's process cannot be started: %s", id, strerror(-r));
	else
		r = hear(u);
	if (r < 0) {
		net_backend_close(&u->b);
		return r;
	}
	*out = &u->b;
	return 0;
}
