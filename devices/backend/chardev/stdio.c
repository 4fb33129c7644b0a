/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Standard input and output are shared with the shell and with whoever else got them, so O_NONBLOCK
 * is never set on them: terminals and pipes are opened anew, sockets asked not to wait by call.
 */
#include "devices/backend/chardev/private.h"

#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ESCAPE 0x01 /* Ctrl-a */
#define LOOK_AGAIN_NS 300000000ULL

static const char help[] = "\r\n"
			   "Ctrl-a x  quit: power the guest off at once\r\n"
			   "Ctrl-a a  send Ctrl-a to the guest (also Ctrl-a Ctrl-a)\r\n"
			   "Ctrl-a ?  this help (also Ctrl-a h)\r\n";
static const char hint[] = "\r\n[Ctrl-a ? lists the commands]\r\n";

/* Each open of a master makes another terminal, so a master is used as it is. */
static bool is_pty_master(int fd)
{
	unsigned int n;

	return sys_ioctl(fd, TIOCGPTN, &n) == 0;
}

/* How to use @std without waiting, through which descriptor. -1: it is closed. */
static int stream_open(int std, int flags, enum chardev_io *io, bool *owned)
{
	char path[32];
	struct stat st;
	int fd;

	if (fstat(std, &st) < 0)
		return -1;
	if (S_ISSOCK(st.st_mode)) {
		*io = CHARDEV_SOCKET;
		return std;
	}
	if (!S_ISFIFO(st.st_mode) && !isatty(std)) {
		*io = CHARDEV_DIRECT;
		return std;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", std);
	fd = is_pty_master(std) ? -EBUSY : sys_open(path, flags | O_NONBLOCK | O_NOCTTY, 0);
	if (fd >= 0) {
		*io = CHARDEV_NONBLOCK;
		*owned = true;
		return fd;
	}
	/* Under `su` the terminal is another user's; a pipe's reader may be gone. */
	*io = CHARDEV_POLLED;
	return std;
}

/* ---- whose terminal ---- */

static void look_again(void *ctx)
{
	struct chardev *cd = ctx;

	if (!tty_is_ours(STDIN_FILENO)) {
		loop_timer_set(cd->loop, &cd->retry, LOOK_AGAIN_NS, look_again, cd);
		return;
	}
	if (tty_make_raw(STDIN_FILENO) == 0)
		cd->u.stdio.claimed = true;
	cd->in_held = false;
	chardev_poll(cd);
}

static bool stdio_may_read(struct chardev *cd)
{
	if (!cd->u.stdio.tty || tty_is_ours(STDIN_FILENO))
		return true;
	if (cd->u.stdio.claimed)
		tty_lend();
	cd->in_held = true;
	loop_timer_set(cd->loop, &cd->retry, LOOK_AGAIN_NS, look_again, cd);
	return false;
}

/* ---- commands typed at the terminal ---- */

static void tell(struct chardev *cd, const char *text)
{
	/* Behind what the guest wrote. A full ring has more important things to say. */
	if (cd->u.stdio.out_tty)
		chardev_write(cd, (const uint8_t *)text, strlen(text));
	else
		log_info("Ctrl-a x quits, Ctrl-a a sends Ctrl-a to the guest");
}

/* The key after Ctrl-a; true: it goes to the guest. */
static bool command(struct chardev *cd, uint8_t key)
{
	switch (key) {
	case ESCAPE:
	case 'a':
		return true;
	case 'x':
		if (cd->cb.quit)
			cd->cb.quit(cd->cb.ctx);
		return false;
	case '?':
	case 'h':
		tell(cd, help);
		return false;
	default:
		tell(cd, hint);
		return false;
	}
}

static size_t stdio_filter(struct chardev *cd, uint8_t *buf, size_t len)
{
	size_t kept = 0;

	if (!cd->u.stdio.tty)
		return len;
	for (size_t i = 0; i < len; i++) {
		if (cd->u.stdio.escape) {
			cd->u.stdio.escape = false;
			if (command(cd, buf[i]))
				buf[kept++] = ESCAPE;
		} else if (buf[i] == ESCAPE) {
			cd->u.stdio.escape = true;
		} else {
			buf[kept++] = buf[i];
		}
	}
	return kept;
}

/* ---- open and close ---- */

static int open_terminal(struct chardev *cd)
{
	int r;

	if (!cd->u.stdio.tty)
		return 0;
	if (!stdio_may_read(cd)) {
		log_info("in the background: the guest hears no key before \"fg\"");
		return 0;
	}
	r = tty_make_raw(STDIN_FILENO);
	if (r < 0) {
		log_error("stdio: cannot make the terminal raw: %s: "
			  "redirect standard input, or use pty or unix:PATH",
			  strerror(-r));
		return r;
	}
	cd->u.stdio.claimed = true;
	return 0;
}

static int stdio_open(struct chardev *cd, const char *path)
{
	int r;

	(void)path;
	cd->u.stdio.tty = isatty(STDIN_FILENO);
	cd->u.stdio.out_tty = isatty(STDOUT_FILENO);
	cd->out_piece = cd->u.stdio.out_tty ? 1 : PIPE_BUF;
	cd->in_fd = stream_open(STDIN_FILENO, O_RDONLY, &cd->in_io, &cd->in_owned);
	cd->out_fd = stream_open(STDOUT_FILENO, O_WRONLY, &cd->out_io, &cd->out_owned);
	r = open_terminal(cd);
	if (r < 0)
		return r;
	r = chardev_attach(cd);
	if (r < 0)
		log_error("stdio: cannot wait for standard input and output: %s: "
			  "redirect them, or use pty or unix:PATH",
			  strerror(-r));
	return r;
}

static void stdio_close(struct chardev *cd)
{
	if (cd->u.stdio.claimed)
		chardev_restore_terminal();
	cd->u.stdio.claimed = false;
}

const struct chardev_backend chardev_stdio = {
	.name = "stdio",
	.open = stdio_open,
	.close = stdio_close,
	.may_read = stdio_may_read,
	.filter = stdio_filter,
};
