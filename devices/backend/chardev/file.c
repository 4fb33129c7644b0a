/* SPDX-License-Identifier: BSD-2-Clause */
/* Output into a file, or a FIFO or terminal that is there already. */
#include "devices/backend/chardev/private.h"

#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int file_open(struct chardev *cd, const char *path)
{
	struct stat st;
	int r;

	/* O_NONBLOCK: a FIFO without a reader is an error, not a wait; files do not mind it. */
	r = sys_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOCTTY, 0644);
	if (r >= 0) {
		cd->out_fd = r;
		cd->out_owned = true;
		cd->out_io = CHARDEV_DIRECT;
		if (isatty(r) || (fstat(r, &st) == 0 && S_ISFIFO(st.st_mode)))
			cd->out_io = CHARDEV_NONBLOCK;
		r = chardev_attach(cd);
	}
	if (r == -ENXIO)
		log_error("%s: nobody reads this FIFO: start its reader first", cd->spec);
	else if (r < 0)
		log_error("%s: cannot open for writing: %s: choose a path that can be written",
			  cd->spec, strerror(-r));
	return r;
}

const struct chardev_backend chardev_file = { .name = "file:", .open = file_open };
