/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/landlock.h"

#include "vmm/base/types.h"

#include <errno.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The struct of Linux 6.12: the headers we are built with may be older than the kernel we meet. */
struct ruleset {
	uint64_t files, net, scoped;
};

/* By version: the rights on files that the kernel knows. */
#define FILES_1 ((1ull << 13) - 1)   /* execute to make_sym */
#define FILES_2 (FILES_1 | 1u << 13) /* refer */
#define FILES_3 (FILES_2 | 1u << 14) /* truncate */
#define FILES_5 (FILES_3 | 1u << 15) /* ioctl_dev */
#define NET_4 1u                     /* bind_tcp; not connect_tcp */
#define SCOPED_6 3u                  /* abstract UNIX sockets, signals */

static struct ruleset all_of(int version)
{
	return (struct ruleset){
		.files = version >= 5   ? FILES_5
			 : version >= 3 ? FILES_3
			 : version >= 2 ? FILES_2
					: FILES_1,
		.net = version >= 4 ? NET_4 : 0,
		.scoped = version >= 6 ? SCOPED_6 : 0,
	};
}

int landlock_close(void)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset rules;
	int fd, r = 0;

	if (version < 0) /* ENOSYS: not built in; EOPNOTSUPP: switched off at boot */
		return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -errno;
	rules = all_of((int)version);
	/* An older kernel takes the longer struct, as what it does not know is zero. */
	fd = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);
	if (fd < 0)
		return -errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		r = -errno;
	close(fd);
	return r < 0 ? r : (int)version;
}
