/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/backend/net/slirp_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAME_SERVERS_FD 0

int slirp_keep_name_servers(void)
{
	int fd = open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0) /* none: 0 stays /dev/null, an empty one */
		return 0;
	r = dup2(fd, NAME_SERVERS_FD) < 0 ? -errno : 0;
	close(fd);
	return r;
}

/* Copies share their position, so each reader begins at the front. */
static long open_name_servers(void)
{
	int fd;

	lseek(NAME_SERVERS_FD, 0, SEEK_SET);
	fd = fcntl(NAME_SERVERS_FD, F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

const struct call_served slirp_served[] = {
	{ SYS_openat, open_name_servers },
	{ 0 },
};
