/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/landlock.h"

#include "vmm/base/named_file.h"
#include "vmm/base/sys.h"

#include <errno.h>

/* By version: the rights on files that the kernel knows. */
#define FILES_1 ((1ull << 13) - 1)                /* execute to make_sym */
#define FILES_2 (FILES_1 | 1u << 13)              /* refer */
#define FILES_3 (FILES_2 | 1u << 14)              /* truncate */
#define FILES_5 (FILES_3 | 1u << 15)              /* ioctl_dev */
#define FILES_NAMED (1u << 1 | 1u << 5 | 1u << 8) /* to write, remove and make files */
#define NET_4 1u                                  /* bind_tcp; not connect_tcp */
#define SOCKETS_6 1u                              /* abstract UNIX sockets */
#define SIGNALS_6 2u

static struct landlock_ruleset_all all_of(int version, enum landlock_signals signals)
{
	return (struct landlock_ruleset_all){
		.files = version >= 5   ? FILES_5
			 : version >= 3 ? FILES_3
			 : version >= 2 ? FILES_2
					: FILES_1,
		.net = version >= 4 ? NET_4 : 0,
		.scoped = version < 6                      ? 0
			  : signals == LANDLOCK_NO_SIGNALS ? SOCKETS_6 | SIGNALS_6
							   : SOCKETS_6,
	};
}

static int keep(void *ctx, int dir_fd)
{
	return sys_landlock_keep(*(const int *)ctx, dir_fd, FILES_NAMED);
}

int landlock_close(enum landlock_signals signals, enum landlock_files files)
{
	int version = sys_landlock_version(), fd, r;
	struct landlock_ruleset_all all;

	if (version < 0) /* ENOSYS: not built in; EOPNOTSUPP: switched off at boot */
		return version == -ENOSYS || version == -EOPNOTSUPP ? 0 : version;
	all = all_of(version, signals);
	fd = sys_landlock_create(&all);
	if (fd < 0)
		return fd;
	r = files == LANDLOCK_NAMED_FILES ? named_file_dirs(keep, &fd) : 0;
	if (r == 0)
		r = sys_no_new_privs();
	if (r == 0)
		r = sys_landlock_restrict(fd);
	sys_close(fd);
	return r < 0 ? r : version;
}
