/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_NEEDS_H
#define TESTS_UNIT_NEEDS_H

/* What a test needs of the system and a bare root may lack: the message names it. */

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static inline bool has_pts(void)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	char path[64];
	bool has = fd >= 0 && ptsname_r(fd, path, sizeof(path)) == 0 && access(path, R_OK) == 0;

	if (fd >= 0)
		close(fd);
	return has;
}

static inline void needs_pts(void)
{
	cr_assert(has_pts(),
		  "needs /dev/pts: mount it: mount -t devpts -o ptmxmode=0666 devpts /dev/pts");
}

#endif
