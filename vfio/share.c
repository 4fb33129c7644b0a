/* SPDX-License-Identifier: BSD-2-Clause */
#include "vfio/share.h"

#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define UDEV_NS 5000000000ULL /* a busy host's udev */
#define NODE_MODE 0660

static bool exists(const char *path)
{
	int fd = sys_open(path, O_PATH, 0);

	if (fd >= 0)
		sys_close(fd);
	return fd >= 0;
}

/* udev writes a device's record when it is done with the node; where no udev runs nothing is waited for. */
static void wait_for_udev(int id)
{
	const struct timespec moment = { .tv_nsec = 10000000 };
	uint64_t end = sys_now_ns() + UDEV_NS;
	char path[64], number[24];

	snprintf(path, sizeof(path), "/sys/class/vfio/%d/dev", id);
	if (!exists("/run/udev/control") || file_read_text(path, number, sizeof(number)) < 0)
		return;
	number[strcspn(number, "\n")] = '\0';
	snprintf(path, sizeof(path), "/run/udev/data/c%s", number);
	while (!exists(path) && sys_now_ns() < end)
		nanosleep(&moment, NULL);
}

int vfio_group_share(int id, uint32_t gid)
{
	char path[32];
	int r;

	wait_for_udev(id);
	snprintf(path, sizeof(path), "/dev/vfio/%d", id);
	r = sys_share(path, gid, NODE_MODE);
	if (r < 0)
		log_error("vfio: %s: giving it to group %u: %s: run as root", path, gid,
			  strerror(-r));
	return r;
}
