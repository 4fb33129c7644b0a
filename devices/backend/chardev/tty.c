/* SPDX-License-Identifier: BSD-2-Clause */
/* The terminal that a stdio stream makes raw: whose it is, and how it was found. */
#include "devices/backend/chardev/private.h"

#include <errno.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

/*
 * State outside an object, since the terminal belongs to the process: it has to be given back from
 * a signal handler or an abort, where no object is at hand.
 */
static struct {
	int fd;
	struct termios found; /* while state is not FREE */
	_Atomic int state;
} the_terminal;

enum { FREE, RAW, LENT };

/*
 * A process in the background that reads or changes its controlling terminal is stopped, and here a
 * whole guest with it; the modes are the shell's then, too. Without job control (ENOTTY, or group
 * 0: of a pty master, or in another PID namespace) there is no such danger.
 */
bool tty_is_ours(int fd)
{
	pid_t front = tcgetpgrp(fd);

	return front <= 0 || front == getpgrp();
}

/* SIGTTOU blocked: should we lose the foreground just now, this is an odd mode and not a stop. */
static int set_modes(int fd, const struct termios *t)
{
	sigset_t ttou, before;
	int r;

	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);
	pthread_sigmask(SIG_BLOCK, &ttou, &before);
	r = tcsetattr(fd, TCSANOW, t) < 0 ? -errno : 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

int tty_make_raw(int fd)
{
	struct termios raw;
	int r;

	if (the_terminal.state == RAW)
		return -EBUSY;
	if (tcgetattr(fd, &raw) < 0)
		return -errno;
	/* A shell that brings a job to the front sets the modes that the job had: raw, maybe. */
	if (the_terminal.state == FREE)
		the_terminal.found = raw;
	the_terminal.fd = fd;
	the_terminal.state = RAW; /* first: a signal in between restores what is there anyway */
	cfmakeraw(&raw);
	r = set_modes(fd, &raw);
	if (r < 0)
		the_terminal.state = FREE;
	else
		log_set_crlf(true);
	return r;
}

void tty_lend(void)
{
	int raw = RAW;

	if (atomic_compare_exchange_strong(&the_terminal.state, &raw, LENT))
		log_set_crlf(false);
}

void chardev_restore_terminal(void)
{
	int saved = errno;

	if (atomic_exchange(&the_terminal.state, FREE) != FREE) {
		if (tty_is_ours(the_terminal.fd))
			set_modes(the_terminal.fd, &the_terminal.found);
		log_set_crlf(false);
	}
	errno = saved;
}
