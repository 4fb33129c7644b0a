/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pseudo terminal for whoever comes: screen, picocom, cat. A descriptor of ours for the slave
 * side keeps the terminal alive between visitors; without it each leave would be EIO and a hangup
 * that never ends. The price: a visitor who reads nothing looks like none, and after a second is
 * treated so.
 */
#include "devices/backend/chardev/private.h"

#include "vmm/base/sys.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

static int slave_open(int master_fd, char *path, size_t size)
{
	struct termios t;
	unsigned int n;
	int unlock = 0, fd, r;

	r = sys_ioctl(master_fd, TIOCSPTLCK, &unlock);
	if (r >= 0)
		r = sys_ioctl(master_fd, TIOCGPTN, &n);
	if (r < 0)
		return r;
	snprintf(path, size, "/dev/pts/%u", n);
	fd = sys_open(path, O_RDWR | O_NOCTTY | O_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	/* Raw: the guest echoes and edits; with echo here its output would come back as input. */
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

static int pty_open(struct chardev *cd, const char *unused)
{
	char path[32] = "";
	int r;

	(void)unused;
	cd->u.pty.slave_fd = -1;
	r = sys_open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK, 0);
	if (r >= 0) {
		cd->in_fd = cd->out_fd = r;
		cd->in_owned = true;
		r = cd->u.pty.slave_fd = slave_open(cd->in_fd, path, sizeof(path));
	}
	if (r >= 0)
		r = chardev_attach(cd);
	if (r < 0) {
		log_error("pty: cannot make a pseudo terminal: %s: is devpts mounted on /dev/pts?",
			  strerror(-r));
		return r;
	}
	log_info("%s", path);
	return 0;
}

static void pty_close(struct chardev *cd)
{
	if (cd->u.pty.slave_fd >= 0)
		sys_close(cd->u.pty.slave_fd);
	cd->u.pty.slave_fd = -1;
}

const struct chardev_backend chardev_pty = {
	.name = "pty",
	.lossy = true,
	.open = pty_open,
	.close = pty_close,
};
